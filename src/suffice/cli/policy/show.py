"""`suffice policy show`: what a policy holds."""

from __future__ import annotations

import time
from pathlib import Path

import click
import msgspec
from rich.console import Console

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.cli._policies import find
from suffice.report.policies import as_json, certificates_table


@click.command(
    epilog="""\b
Examples:
  suffice policy show
  suffice policy show draft --json
"""
)
@config_option
@click.argument("policy", default="current")
@click.option(
    "--json", "json_", is_flag=True, help="Print JSON: the artifact, and the state of each certificate."
)
def command(config: Path | None, policy: str, json_: bool) -> None:
    """Show the certificates of a policy, which of them hold, and what was voided.

    POLICY is `current`, `draft`, `none`, a fingerprint or its beginning, or a file.
    """
    found = find(settings_from(config), policy)
    now_ns = time.time_ns()
    if json_:
        click.echo(msgspec.json.format(msgspec.json.encode(as_json(found.published, now_ns)), indent=2))
        return
    console = Console()
    scheme = f", bucket scheme {found.published.scheme}" if found.published.scheme else ""
    console.print(f"{found.name}{scheme}", highlight=False, markup=False)
    if found.published.certificates or found.published.voided:
        console.print(certificates_table(found.published, now_ns))
    else:
        console.print("It holds no certificate: every baseline serves where the settings ask for one.")

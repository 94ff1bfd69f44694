"""`suffice policy diff`: what differs between two policies."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich.console import Console

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.cli._policies import find
from suffice.report.policies import changes, changes_table


@click.command(
    epilog="""\b
Examples:
  suffice policy diff                       # the draft against the policy in use
  suffice policy diff current new.json
  suffice policy diff 3f2a 9c01 --json

Exit code 0: no difference. 1: there are some.
"""
)
@config_option
@click.argument("old", default="current")
@click.argument("new", default="draft")
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def command(config: Path | None, old: str, new: str, json_: bool) -> None:
    """Show what differs from policy OLD to policy NEW.

    Each is `current`, `draft`, `none`, a fingerprint or its beginning, or a file. Without them: from the policy in
    use to the draft.
    """
    settings = settings_from(config)
    one, other = find(settings, old), find(settings, new)
    found = changes(one.published, other.published)
    if json_:
        told = {"old": one.published.fingerprint, "new": other.published.fingerprint, "changes": found}
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
    else:
        console = Console()
        console.print(f"from {one.name} to {other.name}", highlight=False, markup=False)
        if found:
            console.print(changes_table(found))
        else:
            console.print("no difference")
    raise SystemExit(1 if found else 0)

"""`suffice policy publish`: puts a draft to use."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console

from suffice.app import policies_from, settings_from
from suffice.cli._options import config_option
from suffice.cli._policies import by_option, find, grounds_of, note_option, who
from suffice.evidence.publish import Deed, in_use, put
from suffice.policy.published import Published
from suffice.report.policies import changes, changes_table


@click.command(
    epilog="""\b
Examples:
  suffice policy publish --note "ticket triage certified"
  suffice policy publish policy.json --by release-job
"""
)
@config_option
@click.argument("draft", default="draft")
@note_option
@by_option
def command(config: Path | None, draft: str, note: str, by: str | None) -> None:
    """Put a policy to use: DRAFT is a file; without it what `suffice certify` wrote last.

    Every running proxy of this configuration takes it within a second, without dropping a request.
    """
    settings = settings_from(config)
    policies = policies_from(settings)
    found = find(settings, draft)
    _, before = in_use(policies)
    grounds = grounds_of(settings, time.time_ns())
    fingerprint = put(policies, found.published, grounds, Deed(act="publish", who=who(by), note=note))
    console = Console()
    console.print(changes_table(changes(before or Published(), found.published)))
    console.print(f"Published {fingerprint}: the proxy takes it within a second.", highlight=False)

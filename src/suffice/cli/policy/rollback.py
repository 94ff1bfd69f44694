"""`suffice policy rollback`: goes back to an earlier policy."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console

from suffice.app import policies_from, settings_from
from suffice.cli._options import config_option
from suffice.cli._policies import by_option, find, grounds_of, note_option, who
from suffice.errors import PolicyError
from suffice.evidence.publish import Deed, in_use, put
from suffice.policy.published import Published
from suffice.report.policies import changes, changes_table


@click.command(
    epilog="""\b
Examples:
  suffice policy rollback --note "complaints about summaries"
  suffice policy rollback 3f2a
  suffice policy rollback none              # no certificate counts: every baseline serves
"""
)
@config_option
@click.argument("to", required=False)
@note_option
@by_option
def command(config: Path | None, to: str | None, note: str, by: str | None) -> None:
    """Go back to the policy that was in use before, or to TO: a fingerprint, or `none`.

    What has expired since stays expired; a policy with a certificate that was voided since is refused.
    """
    settings = settings_from(config)
    policies = policies_from(settings)
    target = to or policies.before()
    if target is None:
        raise PolicyError(
            "there is no policy before this one: `suffice policy rollback none` takes all certificates away",
            code="no_policy",
        )
    found = find(settings, target)
    _, before = in_use(policies)
    grounds = grounds_of(settings, time.time_ns())
    fingerprint = put(policies, found.published, grounds, Deed(act="rollback", who=who(by), note=note))
    console = Console()
    console.print(changes_table(changes(before or Published(), found.published)))
    console.print(f"Back to {fingerprint}: the proxy takes it within a second.", highlight=False)

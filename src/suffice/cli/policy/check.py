"""`suffice policy check`: do the certificates in use still hold?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from suffice.app import policies_from, settings_from, watch_from
from suffice.cli._options import config_option
from suffice.cli._policies import by_option, who
from suffice.evidence.drift import Finding
from suffice.evidence.publish import in_use
from suffice.evidence.watch import Checked, take_away
from suffice.report.summary import shown

_WORDS = {True: "drifted", False: "as at issue", None: "cannot be said"}
_STYLES = {True: "red", False: None, None: "dim"}


@click.command(
    epilog="""\b
Examples:
  suffice policy check
  suffice policy check --void --by nightly-job

Exit code 0: every certificate holds. 1: one is void or has expired.
"""
)
@config_option
@click.option("--void", is_flag=True, help="Publish the policy without what is void; the note says why.")
@by_option
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
def command(config: Path | None, void: bool, by: str | None, json_: bool) -> None:
    """Look whether the traffic is still what the certificates in use were issued on.

    Compares prompts of newer logged calls, and lengths and model versions of newer answers in the ledger, with
    the reference of each certificate. docs/policy.md says how, and how often it is wrong.
    """
    settings = settings_from(config)
    policies = policies_from(settings)
    fingerprint, published = in_use(policies)
    now_ns = time.time_ns()
    checked: list[Checked] = []
    if published is not None:
        with (
            Progress(console=Console(stderr=True), transient=True) as progress,
            watch_from(settings) as watch,
        ):
            bar = progress.add_task("Looking at certificates")
            checked = watch.check(
                published,
                now_ns=now_ns,
                told=lambda done, of: progress.update(bar, completed=done, total=of),
            )
        policies.note_look(now_ns)
    left = None
    if void and published is not None:
        left = take_away(policies, (fingerprint, published), checked, now_ns=now_ns, who=who(by))
    if json_:
        told = {"policy": fingerprint, "published": left, "certificates": [_told(one) for one in checked]}
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
    else:
        _print(Console(), checked, fingerprint, left)
    raise SystemExit(1 if any(one.void_because or one.state != "valid" for one in checked) else 0)


def _told(one: Checked) -> dict[str, Any]:
    return {
        "bucket": one.certificate.bucket,
        "baseline": one.certificate.baseline,
        "candidate": one.certificate.candidate,
        "state": one.state,
        "void": one.void_because,
        "findings": one.findings,
    }


def _print(console: Console, checked: Sequence[Checked], fingerprint: str | None, left: str | None) -> None:
    if not checked:
        console.print("No certificate is in use.")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("use case", "candidates", "condition", "finding", ""):
        table.add_column(name, overflow="fold")
    alike: dict[tuple[str, str, tuple[Finding, ...]], list[str]] = {}
    for one in checked:
        key = (one.certificate.bucket, one.state, one.findings)
        alike.setdefault(key, []).append(one.certificate.candidate)
    for (bucket, state, findings), candidates in alike.items():
        cells = [escape(shown(bucket)), ", ".join(candidates)]
        if state != "valid":
            table.add_row(*cells, "", state.replace("_", " "), "", style="yellow")
        for finding in findings:
            said, style = _WORDS[finding.drifted], _STYLES[finding.drifted]
            detail = escape(shown(finding.detail))
            table.add_row(*cells, finding.condition.replace("_", " "), said, detail, style=style)
            cells = ["", ""]
    console.print(table)
    gone = sum(one.void_because is not None for one in checked)
    if left is not None:
        console.print(
            f"{gone} void: {fingerprint} -> {left}, the proxy takes it within a second.", highlight=False
        )
    elif gone:
        console.print(
            f"{gone} void: `suffice policy check --void` takes them out of the policy.", highlight=False
        )

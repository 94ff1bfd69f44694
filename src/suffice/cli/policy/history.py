"""`suffice policy history`: who put which policy to use, when and why."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suffice.app import policies_from, settings_from
from suffice.cli._options import config_option
from suffice.report.summary import shown


@click.command(
    epilog="""\b
Example:
  suffice policy history
  suffice policy history --json | jq '.[-1]'
"""
)
@config_option
@click.option("--json", "json_", is_flag=True, help="Print JSON, the oldest first.")
def command(config: Path | None, json_: bool) -> None:
    """Show who put which policy to use, when and why; the newest first."""
    policies = policies_from(settings_from(config))
    events, current = policies.history(), policies.current()
    if json_:
        click.echo(msgspec.json.format(msgspec.json.encode(events), indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("when", "what", "policy", "who", "note"):
        table.add_column(name, overflow="fold")
    for place, event in enumerate(reversed(events)):
        used = " (in use)" if place == 0 and event.policy == current else ""
        row = (f"{event.at:%Y-%m-%d %H:%M:%S} UTC", event.act, event.policy + used, event.who, event.note)
        table.add_row(*(escape(shown(cell)) for cell in row))
    console = Console()
    if not events:
        console.print(
            "Nothing has been published yet: `suffice certify` makes a draft, `suffice policy publish` uses it."
        )
        return
    console.print(table)
    if events[-1].policy != current:
        console.print(f"In use is {current}: the last change was not finished.", style="yellow")

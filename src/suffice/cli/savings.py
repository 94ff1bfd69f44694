"""`suffice savings`: what routing saved, as three figures that are never mixed."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.cli._savings import Month, figures, forecast_of, held_of, ledger_option, period_of, store_of
from suffice.cli._writing import write
from suffice.cli.report import Moment
from suffice.ledger.sessions import Period
from suffice.report.savings import SavingsReport, as_json
from suffice.report.savings_page import render
from suffice.report.savings_terminal import print_savings


@click.command(
    epilog="""\b
Examples:
  suffice savings --period 2026-11
  suffice savings --since 2026-11-01 --until 2026-11-15 --html savings.html
  suffice savings --json | jq .verified
"""
)
@config_option
@ledger_option
@click.option("--period", type=Month(), help="A month in UTC, such as 2026-11.")
@click.option("--since", type=Moment(), help="Only calls from this time on.")
@click.option("--until", type=Moment(), help="Only calls before this time.")
@click.option("--json", "json_", is_flag=True, help="Print JSON: money in nano-dollars and as text.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write one HTML page with a plot."
)
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    ledger: Path | None,
    period: Period | None,
    since: int | None,
    until: int | None,
    json_: bool,
    html: Path | None,
) -> None:
    """Show what routing saved: modelled, measured against the holdout, and verified.

    \b
    modelled  the same tokens at the price of the model that was asked for
    measured  what routed sessions cost less than the holdout's, net of overhead
    verified  the lower end of the measured interval, certified use cases alone

    A fee is taken of the verified figure alone. Without a period it is all of the ledger. See docs/savings.md.
    """  # noqa: D301 -- \b tells click to keep the lines of a paragraph
    asked = period_of(period, since, until)
    settings = settings_from(config)
    store = store_of(settings, ledger)
    now_ns, head = time.time_ns(), store.head()
    certificates = held_of(settings, now_ns)
    found = figures(settings, store, asked, certificates)
    report = SavingsReport(
        savings=found,
        period=asked,
        head=str(head),
        now_ns=now_ns,
        forecast=forecast_of(settings, store, found, now_ns=now_ns),
        certificates=certificates.within(asked),
    )
    store.close()
    if html is not None:
        write(html, render(report).encode())
    if json_:
        click.echo(as_json(report))
        return
    console = Console()
    print_savings(report, console)
    if html is not None:
        console.print(f"\nThe page is at {html}", highlight=False)

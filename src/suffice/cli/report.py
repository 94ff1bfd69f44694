"""`suffice report`: what routing would have saved."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from suffice.app import LEDGER, settings_from
from suffice.cli._options import config_option
from suffice.cli._projecting import projection_of
from suffice.cli._writing import write
from suffice.config import Settings
from suffice.ledger.sessions import Period
from suffice.report.page import render
from suffice.report.summary import Report, as_json
from suffice.report.terminal import print_report
from suffice.store.sqlite import SqliteStore


class Moment(click.ParamType[int]):
    """A day or a time in ISO form; without a zone it is UTC. Hands on Unix nanoseconds."""

    name = "iso-time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns Unix nanoseconds."""
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no ISO time, such as 2026-03-09 or 2026-03-09T14:00:00Z", param, ctx)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        unix_ns = int(moment.timestamp()) * 1_000_000_000
        if abs(unix_ns) >= 2**63:
            self.fail(f"{value!r} is beyond what the ledger can hold", param, ctx)
        return unix_ns


@click.command(
    epilog="""\b
Examples:
  suffice report
  suffice report --html report.html
  suffice report --json --since 2026-03-09 | jq .projection
"""
)
@config_option
@click.option(
    "--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Read this ledger.db instead."
)
@click.option("--since", type=Moment(), help="Only requests from this time on.")
@click.option("--until", type=Moment(), help="Only requests before this time.")
@click.option(
    "--observed-days",
    type=click.FloatRange(min=0, min_open=True),
    help="Take this traffic as so many days, to scale a replayed week to a month.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON: money in nano-dollars and as text.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write one HTML page with plots."
)
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    ledger: Path | None,
    since: int | None,
    until: int | None,
    observed_days: float | None,
    json_: bool,
    html: Path | None,
) -> None:
    """Show what was spent, what would route, and what that would have saved.

    For traffic that was only observed: costs are the ledger's, savings are modelled. What routing did save is shown by
    `suffice savings`.
    """
    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since must be before --until")
    settings = settings_from(config)
    store = SqliteStore(ledger or settings.data.directory / LEDGER, read_only=True)
    report = _report(settings, store, since, until, observed_days)
    store.close()
    if html is not None:
        write(html, render(report).encode())
    if json_:
        click.echo(as_json(report))
        return
    console = Console()
    print_report(report, console)
    if html is not None:
        console.print(f"\nThe page is at {html}", highlight=False)


def _report(
    settings: Settings, store: SqliteStore, since: int | None, until: int | None, observed_days: float | None
) -> Report:
    now_ns = time.time_ns()
    hours = store.grouped(["hour"], since_ns=since, until_ns=until)
    return Report(
        projection=projection_of(settings, store, Period(since_ns=since, until_ns=until), now_ns=now_ns),
        span=store.span(since_ns=since, until_ns=until),
        hours=sorted((row["hour"], row["requests"]) for row in hours),
        now_ns=now_ns,
        days=settings.observation.days,
        observed_days=observed_days,
        serving_evidence=settings.policy.evidence,
        part=since is not None or until is not None,
    )

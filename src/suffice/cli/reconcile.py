"""`suffice reconcile`: a provider's own export of usage and cost beside the ledger, differences by cause."""

from __future__ import annotations

import time
from datetime import tzinfo
from pathlib import Path

import click
from rich.console import Console

from suffice.app import LEDGER, price_book_from, settings_from
from suffice.catalog import Catalog
from suffice.cli._options import config_option
from suffice.cli._writing import write
from suffice.cli.report import Moment
from suffice.errors import ConfigError
from suffice.evidence.exports import read_exports, zone_of
from suffice.evidence.reconciling import Asked, Both
from suffice.report.reconciliation import Report, as_json
from suffice.report.reconciliation_page import render
from suffice.report.reconciliation_terminal import print_reconciliation
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TRIALS, TrialStore


class Zone(click.ParamType[tzinfo]):
    """A zone of time: its name, or its offset from UTC."""

    name = "zone"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tzinfo:
        """Returns the zone."""
        if isinstance(value, tzinfo):
            return value
        found = zone_of(str(value))
        if found is None:
            self.fail(f"{value!r} is no zone, such as UTC, -08:00 or America/Los_Angeles", param, ctx)
        return found


@click.command(
    epilog="""\b
Examples:
  suffice reconcile --provider openai --export usage.json --export costs.json
  suffice reconcile --provider anthropic --export usage_report.json --html r.html
  suffice reconcile --provider openai --export spend.csv --zone -08:00 --json
"""
)
@config_option
@click.option(
    "--ledger", type=click.Path(path_type=Path, dir_okay=False), help="Read this ledger.db instead."
)
@click.option("--provider", required=True, help="Whose calls, by its name in [providers]: openai.")
@click.option(
    "--export",
    "exports",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    required=True,
    help="The provider's export. Several times: usage has tokens, costs have dollars.",
)
@click.option(
    "--format", "format_", help="Of the files; without it, that is found out. See docs/reconcile.md."
)
@click.option("--since", type=Moment(), help="Only days that begin at this time or later.")
@click.option("--until", type=Moment(), help="Only days that have ended by this time.")
@click.option(
    "--zone",
    type=Zone(),
    help="The zone of days that the export only names. Without it: UTC, if that fits.",
)
@click.option("--json", "json_", is_flag=True, help="Print JSON: money in nano-dollars and as text.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Also write one HTML page.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    ledger: Path | None,
    provider: str,
    exports: tuple[Path, ...],
    format_: str | None,
    since: int | None,
    until: int | None,
    zone: tzinfo | None,
    json_: bool,
    html: Path | None,
) -> None:
    """Compare a provider's own export of usage and cost with the ledger: differences by cause.

    Causes add up to the difference exactly; what none of them accounts for is shown as unexplained. The ledger is
    read, never changed. Where each provider hands its export out: docs/reconcile.md.
    """
    settings = settings_from(config)
    known = settings.providers.get(provider)
    if known is None:
        names = ", ".join(sorted(settings.providers))
        raise ConfigError(f"there is no provider {provider}; there are: {names}", code="unknown_provider")
    now_ns = time.time_ns()
    export = read_exports(exports, provider=known.prices or provider, format_=format_)
    path = ledger or settings.data.directory / LEDGER
    store = SqliteStore(path, read_only=True)
    journal = path.parent / TRIALS
    trials = TrialStore(journal, read_only=True) if journal.is_file() else None
    asked = Asked(provider=provider, since_ns=since, until_ns=until, zone=zone)
    both = Both(store, Catalog.load(at_ns=now_ns), price_book_from(settings), asked, trials=trials)
    report = Report(result=both.reconcile(export), now_ns=now_ns)
    store.close()
    if trials is not None:
        trials.close()
    if html is not None:
        write(html, render(report).encode())
    if json_:
        click.echo(as_json(report))
        return
    console = Console()
    print_reconciliation(report, console)
    if html is not None:
        console.print(f"\nThe page is at {html}", highlight=False)

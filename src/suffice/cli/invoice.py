"""`suffice invoice`: the fee of a period, as a record that never changes."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suffice.app import settings_from
from suffice.cli._options import config_option
from suffice.cli._savings import Month, figures, held_of, ledger_option, period_of, store_of
from suffice.cli._writing import write
from suffice.cli.report import Moment
from suffice.config import Settings
from suffice.errors import ConfigError, StoreError
from suffice.ledger.chain import verify
from suffice.ledger.invoice import PREVIEW, Grounds, Invoice, invoice_of
from suffice.ledger.sessions import Period
from suffice.report.invoice_page import lines_of, render, sentence
from suffice.report.summary import at, shown
from suffice.store.invoices import DIRECTORY, Invoices
from suffice.store.sqlite import SqliteStore


@click.command(
    epilog="""\b
Examples:
  suffice invoice --month 2026-12 --preview
  suffice invoice --month 2026-11
  suffice invoice --month 2026-11 --pdf november.pdf --html november.html
"""
)
@config_option
@ledger_option
@click.option("--month", type=Month(), help="The month in UTC, such as 2026-11.")
@click.option("--since", type=Moment(), help="In place of a month: the period's first moment.")
@click.option("--until", type=Moment(), help="In place of a month: the moment that it does not reach.")
@click.option("--preview", is_flag=True, help="Show it without issuing it; also for a month that goes on.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write it as an HTML page.")
@click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), help="Write it as a PDF.")
@click.option("--json", "json_", type=click.Path(path_type=Path, dir_okay=False), help="Write it as JSON.")
def command(  # noqa: PLR0913, PLR0917 -- one parameter an option
    config: Path | None,
    ledger: Path | None,
    month: Period | None,
    since: int | None,
    until: int | None,
    preview: bool,
    html: Path | None,
    pdf: Path | None,
    json_: Path | None,
) -> None:
    """Issue the invoice of a month: 20% of the verified savings, and nothing where there are none.

    Give --month, or --since and --until. An invoice is a record, kept in the data directory: asked for again, the same
    one is shown. Periods that overlap are refused. Look first with --preview. See docs/savings.md.
    """
    period = period_of(month, since, until)
    if period.since_ns is None or period.until_ns is None:
        raise click.UsageError("name the period: --month 2026-11, or both --since and --until")
    settings, now_ns = settings_from(config), time.time_ns()
    records = Invoices(settings.data.directory / DIRECTORY)
    invoice = records.of(period.since_ns, period.until_ns)
    issued = invoice is not None or not preview
    if invoice is None:
        if period.until_ns > now_ns and not preview:
            raise ConfigError(
                f"that period goes on until {at(period.until_ns)}: an invoice is issued when it is over; "
                "--preview shows what it would be now"
            )
        store = store_of(settings, ledger)
        # What comes meanwhile is behind the head that the invoice names, and in none of its figures.
        with store.at_one_moment():
            invoice = made(settings, store, period, now_ns, preview=preview)
        store.close()
        if not preview:
            invoice = records.put(invoice)
    _hand_out(invoice, html, pdf, json_)
    show(invoice, Console(highlight=False), issued=issued)


def made(settings: Settings, store: SqliteStore, period: Period, now_ns: int, *, preview: bool) -> Invoice:
    """Returns the invoice of a period, or its preview, from a ledger that is sound.

    Raises:
        StoreError: The ledger is not sound, or cannot be read.
    """
    audit = verify(store.links())
    for id_ in store.unchained():
        audit.complain(f"the entry {id_} is in the ledger and not in its chain")
    if not audit.sound:
        raise StoreError(
            f"the ledger is not sound ({audit.problem_count:,} problems, the first: {audit.problems[0]}): "
            "no invoice rests on it; see `suffice ledger verify`",
            code="unsound_ledger",
        )
    certificates = held_of(settings, now_ns)
    found = figures(settings, store, period, certificates)
    since_ns, until_ns = period.since_ns or 0, period.until_ns or 0
    grounds = Grounds(
        number=(PREVIEW if preview else "") + number_of(store, since_ns, until_ns),
        since_ns=since_ns,
        until_ns=until_ns,
        issued_ns=now_ns,
        head=str(audit.head),
        prices=store.price_versions(since_ns=since_ns, until_ns=until_ns),
        certificates=certificates.within(period),
    )
    return invoice_of(found, grounds)


def number_of(store: SqliteStore, since_ns: int, until_ns: int) -> str:
    """Returns the number of a period's invoice: its days, and the beginning of the ledger's first hash."""
    first = next(iter(store.links()), None)
    ledger = "0" * 8 if first is None else first.hash.hex()[:8]
    since, until = (
        at(ns)[:16].replace("-", "").replace(":", "").replace(" ", "T") for ns in (since_ns, until_ns)
    )
    return f"{since}-{until}-{ledger}".replace("T0000", "")


def show(invoice: Invoice, console: Console, *, issued: bool) -> None:
    """Prints an invoice."""
    title = (
        f"Invoice {invoice.number}" if issued else "Preview of an invoice: not issued, and not the last word"
    )
    console.print(f"{title}\n{invoice.period}\n")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for name, amount in lines_of(invoice):
        table.add_row(escape(shown(name)), amount)
    console.print(table)
    console.print(f"\n{sentence(invoice)}\nLedger head {invoice.head}", soft_wrap=True)
    if issued:
        console.print(f"Digest {invoice.digest}", soft_wrap=True)


def _hand_out(invoice: Invoice, html: Path | None, pdf: Path | None, json_: Path | None) -> None:
    if html is not None:
        write(html, render(invoice).encode())
    if json_ is not None:
        write(json_, invoice.encode())
    if pdf is not None:
        # Here, because it is heavy and seldom wanted.
        from suffice.report.invoice_pdf import pdf_of  # noqa: PLC0415 -- see above

        write(pdf, pdf_of(invoice))

"""What routing saved, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from suffice.ledger.savings import Line, Savings
from suffice.ledger.zero import KINDS
from suffice.report.savings import (
    LOST_CACHE,
    MEANING,
    SavingsReport,
    charged,
    forecast_words,
    interval,
    routed_share,
    state,
)
from suffice.report.summary import dollars, shown

MOST_ROWS = 31


def print_savings(report: SavingsReport, console: Console) -> None:
    """Prints the whole report."""
    found = report.savings
    console.print(f"Savings, {report.span}\n", highlight=False)
    if not found.strata:
        console.print(
            "Nothing was routed in this period: there is nothing to measure. `suffice mode` says what is switched on.",
            highlight=False,
        )
        return
    console.print(_figures(report))
    for note in report.notes:
        console.print(f"- {escape(shown(note))}", highlight=False)
    console.print(_strata(found))
    console.print(_overhead(found))
    for name, lines in found.by.items():
        console.print(_lines(f"By {'use case' if name == 'bucket' else name}", lines))
    console.print(
        "Measured by feature, model and day is the use cases' sum, shared out by what the calls would have cost.\n"
        + LOST_CACHE,
        highlight=False,
    )
    if report.forecast is not None:
        console.print(f"\n{forecast_words(report.forecast)}", highlight=False)
    console.print(f"\nLedger head {report.head}", highlight=False)


def _figures(report: SavingsReport) -> Panel:
    found = report.savings
    lines = [
        f"[bold]verified  {report.verified}[/]",
        f"  {MEANING['verified']}",
        f"[bold]measured  {report.measured}[/]  ({interval(found.measured)})",
        f"  {MEANING['measured']}",
        f"[bold]modelled  {report.modelled}[/]",
        f"  {MEANING['modelled']}",
    ]
    return Panel("\n".join(lines), title="Three figures, never mixed", title_align="left", box=box.ROUNDED)


def _strata(found: Savings) -> Table:
    table = _table(
        "By use case and probability", "", "routed at", "routed", "holdout", "measured", "counts as"
    )
    for one in found.strata:
        measured = "-" if one.measured_nanos is None else dollars(one.measured_nanos)
        table.add_row(
            escape(shown(one.bucket or "(none)")),
            routed_share(one),
            f"{one.routed.sessions:,}",
            f"{one.holdout.sessions:,}",
            measured,
            state(one),
        )
    return table


def _overhead(found: Savings) -> Table:
    table = _table("Overhead: what routing itself cost", "", "cost", "unknown costs", "subtracted")
    for one in found.overhead:
        table.add_row(KINDS.get(one.kind, one.kind), dollars(one.nanos), f"{one.unknown:,}", charged(one))
    table.add_row("all", "", "", dollars(found.overhead_nanos), style="bold")
    return table


def _lines(title: str, lines: Sequence[Line]) -> Table:
    table = _table(title, "", "routed calls", "cost", "modelled savings", "measured, before overhead")
    for line in lines[:MOST_ROWS]:
        measured = "-" if line.measured_nanos is None else dollars(line.measured_nanos)
        table.add_row(
            escape(shown(line.name or "(none)")),
            f"{line.tally.calls:,}",
            dollars(line.tally.cost_nanos),
            dollars(line.tally.modelled_nanos),
            measured,
        )
    if len(lines) > MOST_ROWS:
        table.caption = f"and {len(lines) - MOST_ROWS:,} more: --json has all"
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for number, name in enumerate(columns):
        words = number == 0 or name == "counts as"
        table.add_column(name, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    return table

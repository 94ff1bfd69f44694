"""What routing saved, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from suffice.ledger.savings import Line as Part
from suffice.ledger.savings import Savings
from suffice.ledger.zero import KINDS
from suffice.report.figures import Figures, Line, more
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
    console.print()
    console.print(_strata(found))
    console.print(_overhead(found))
    for name, lines in found.by.items():
        console.print(_lines("use case" if name == "bucket" else name, lines))
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


def _strata(found: Savings) -> Figures:
    lines = [
        Line(
            name=one.bucket or "(none)",
            cells=(
                routed_share(one),
                f"{one.routed.sessions:,}",
                f"{one.holdout.sessions:,}",
                "-" if one.measured_nanos is None else dollars(one.measured_nanos),
            ),
            notes=() if state(one) == "measured" else (state(one),),
        )
        for one in found.strata
    ]
    columns = ("", "routed at", "routed", "holdout", "measured")
    return Figures(columns, lines, title="By use case and probability (sessions of each arm)")


def _overhead(found: Savings) -> Figures:
    lines = [
        Line(
            name=KINDS.get(one.kind, one.kind),
            cells=(
                dollars(one.nanos),
                f"{one.unknown:,}",
                charged(one),
            ),
        )
        for one in found.overhead
    ]
    lines.append(Line(name="all", cells=("", "", dollars(found.overhead_nanos)), style="bold"))
    columns = ("", "cost", "unknown costs", "subtracted")
    return Figures(columns, lines, title="Overhead: what routing itself cost")


def _lines(name: str, found: Sequence[Part]) -> Figures:
    lines = [
        Line(
            name=one.name or "(none)",
            cells=(
                f"{one.tally.calls:,}",
                dollars(one.tally.cost_nanos),
                dollars(one.tally.modelled_nanos),
                "-" if one.measured_nanos is None else dollars(one.measured_nanos),
            ),
        )
        for one in found[:MOST_ROWS]
    ]
    columns = ("", "calls", "cost", "modelled", "measured")
    title = f"By {name}: what was routed, and saved before overhead"
    return Figures(columns, lines, title=title, caption=more(len(found), MOST_ROWS))

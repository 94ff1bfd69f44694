"""A reconciliation for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from suffice.ledger.reconcile import UNEXPLAINED, Row
from suffice.report.figures import Figures, Line, more
from suffice.report.reconciliation import Report, Total, cause_name, day_name, money, signed, tokens_of
from suffice.report.summary import shown

MOST_ROWS = 15


def print_reconciliation(report: Report, console: Console) -> None:
    """Prints the whole comparison."""
    result, total = report.result, report.total
    days = result.days
    read = ", ".join(f"{file} ({name})" for file, name in result.export.files)
    console.print(f"[bold]{escape(shown(result.provider))}[/]: {escape(shown(read))} beside the ledger")
    console.print(f"{len(days):,} days, {day_name(days[0])} to {day_name(days[-1])}\n")
    models = [(shown(one.name), one) for one in report.by_model[:MOST_ROWS]]
    totals = models if len(models) == 1 else [*models, ("all", total)]
    console.print(_sides(totals, more(len(report.by_model), MOST_ROWS), amounts=result.has_amounts))
    if total.parts:
        console.print(_causes(total))
        _largest(report, console)
    else:
        console.print("Both sides are the same.\n")
    for remark in report.remarks:
        console.print(f"- {escape(shown(remark))}")
    console.print(f"\n[bold {'green' if report.on_target else 'yellow'}]{escape(report.verdict)}[/]")


def _sides(totals: Sequence[tuple[str, Total]], caption: str, *, amounts: bool) -> Figures:
    sums = ("cost", "ledger", "difference") if amounts else ("tokens", "ledger", "difference")
    lines = [
        Line(
            name=name,
            cells=(
                "-" if one.requests_stated is None else f"{one.requests_stated:,}",
                signed(one.requests),
                *(
                    (
                        signed(one.tokens),
                        money(one.nanos_stated),
                        money(one.nanos_booked),
                        money(one.nanos, plus=True),
                    )
                    if amounts
                    else (f"{one.tokens_stated or 0:,}", f"{one.tokens_booked:,}", signed(one.tokens))
                ),
            ),
        )
        for name, one in totals
    ]
    columns = ("", "requests", "less", *(("tokens less",) if amounts else ()), *sums)
    return Figures(columns, lines, title="By model (less: export less ledger)", caption=caption)


def _causes(total: Total) -> Figures:
    lines = [
        Line(
            name=cause_name(part.cause),
            cells=(signed(part.requests), tokens_of(part), money(part.nanos, plus=True)),
        )
        for part in total.parts
    ]
    columns = ("", "requests", "tokens", "dollars")
    return Figures(columns, lines, title="Why they differ (export less ledger)")


def _largest(report: Report, console: Console) -> None:
    rows = sorted(report.differing, key=_weight, reverse=True)
    lines = [
        Line(
            name=f"{day_name(report.result.days[row.day])} {row.model}",
            cells=("-" if row.tokens is None else signed(sum(row.tokens)), money(row.nanos, plus=True)),
            notes=(f"mostly {_mostly(row)}",),
        )
        for row in rows[:MOST_ROWS]
    ]
    caption = more(len(rows), MOST_ROWS)
    console.print(Figures(("", "tokens", "dollars"), lines, title="Largest differences", caption=caption))


def _mostly(row: Row) -> str:
    largest = sorted(row.causes, key=lambda part: -abs(part.nanos) - sum(map(abs, part.tokens)))[:2]
    return ", ".join(cause_name(part.cause).lower() for part in largest)


def _weight(row: Row) -> tuple[bool, int, int]:
    unexplained = any(part.cause == UNEXPLAINED for part in row.causes)
    return unexplained, abs(row.nanos or 0), sum(map(abs, row.tokens or ()))

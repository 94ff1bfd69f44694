"""A reconciliation for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suffice.ledger.reconcile import UNEXPLAINED, Row
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
    console.print(_sides(totals, amounts=result.has_amounts))
    if total.parts:
        console.print(
            _table(
                "Why they differ (export less ledger)",
                ("", "requests", "tokens", "dollars"),
                [
                    (
                        cause_name(part.cause),
                        signed(part.requests),
                        tokens_of(part),
                        money(part.nanos, plus=True),
                    )
                    for part in total.parts
                ],
            )
        )
        _largest(report, console)
    else:
        console.print("Both sides are the same.\n")
    for remark in report.remarks:
        console.print(f"- {escape(shown(remark))}")
    console.print(f"\n[bold {'green' if report.on_target else 'yellow'}]{escape(report.verdict)}[/]")


def _sides(totals: Sequence[tuple[str, Total]], *, amounts: bool) -> Table:
    sums = ("cost", "ledger", "difference") if amounts else ("tokens", "ledger", "difference")
    rows = [
        (
            escape(name),
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
        )
        for name, one in totals
    ]
    columns = ("", "requests", "less", *(("tokens less",) if amounts else ()), *sums)
    return _table("By model (less: export less ledger)", columns, rows)


def _largest(report: Report, console: Console) -> None:
    rows = sorted(report.differing, key=_weight, reverse=True)[:MOST_ROWS]
    console.print(
        _table(
            "Largest differences",
            ("", "tokens", "dollars", "mostly"),
            [
                (
                    f"{day_name(report.result.days[row.day])} {escape(shown(row.model))}",
                    "-" if row.tokens is None else signed(sum(row.tokens)),
                    money(row.nanos, plus=True),
                    ", ".join(
                        cause_name(part.cause).lower()
                        for part in sorted(
                            row.causes, key=lambda part: -abs(part.nanos) - sum(map(abs, part.tokens))
                        )[:2]
                    ),
                )
                for row in rows
            ],
        )
    )


def _weight(row: Row) -> tuple[bool, int, int]:
    unexplained = any(part.cause == UNEXPLAINED for part in row.causes)
    return unexplained, abs(row.nanos or 0), sum(map(abs, row.tokens or ()))


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    for number, column in enumerate(columns):
        if number and column != "mostly":
            width = max(len(cell) for cell in (column, *(row[number] for row in rows)))
            table.add_column(column, justify="right", no_wrap=True, min_width=width)
        else:
            table.add_column(column, overflow="fold", min_width=12)
    for row in rows:
        table.add_row(*row)
    return table

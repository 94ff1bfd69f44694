"""How budgets stand, as part of the status document, and as a table for a terminal of 80 columns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from rich.console import Console
from rich.markup import escape

from suffice.ledger.budget import ALL, Standing, dollars
from suffice.policy.published import moment_of
from suffice.policy.switch import Switch
from suffice.report.figures import Figures, Line
from suffice.report.summary import shown

MOST_ROWS = 20
"""Rows that a terminal shows; those nearest to their end come first."""
_STYLES = {"near": "yellow", "spent": "bold red"}
_DOES = {"notify": "told", "economise": "economising", "refuse": "refusing"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One budget."""

    use_case: str | None
    """`None`: all together."""
    per: str
    state: str
    """open, near, spent."""
    limit_nanos: int
    spent_nanos: int
    """Of what is known."""
    unknown_calls: int
    """Of unknown cost: they are not in `spent_nanos`, and not nothing."""
    when_spent: str
    evidence: str | None
    """That is enough while it economises."""
    routed: bool | None
    """Of one that economises: whether anything of it is served as chosen. Otherwise that changes nothing."""
    until: datetime


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    rows: tuple[Row, ...] = ()
    error: str | None = None
    """Why it is not known what is spent."""


def budgets_told(standings: Sequence[Standing], switch: Switch) -> Budgets:
    """Returns budgets for the status, those nearest to their end first.

    Args:
        standings: As they stand.
        switch: What is served as chosen.
    """
    ordered = sorted(standings, key=lambda one: (-one.percent, one.budget.feature, one.budget.per))
    return Budgets(rows=tuple(_row(one, switch) for one in ordered))


def _row(one: Standing, switch: Switch) -> Row:
    budget, routed = one.budget, None
    if budget.when_spent == "economise":
        routed = switch.routes if budget.feature == ALL else switch.of(budget.feature).mode == "route"
    return Row(
        use_case=None if budget.feature == ALL else budget.feature,
        per=budget.per,
        state=one.state,
        limit_nanos=budget.limit_nanos,
        spent_nanos=one.spent_nanos,
        unknown_calls=one.unknown,
        when_spent=budget.when_spent,
        evidence=budget.evidence,
        routed=routed,
        until=moment_of(one.until_ns),
    )


def show_budgets(budgets: Budgets, console: Console) -> None:
    """Prints budgets for a person; nothing if there are none."""
    if budgets.error is not None:
        console.print(f"Budgets: what is spent is not known: {escape(budgets.error)}", style="yellow")
    if not budgets.rows:
        return
    lines = [_line(row) for row in budgets.rows[:MOST_ROWS]]
    left = len(budgets.rows) - MOST_ROWS
    caption = f"{left:,} more are further from their end: --json has them." if left > 0 else ""
    columns = ("use case", "spent", "of", "share", "per")
    console.print(Figures(columns, lines, title="Budgets (UTC)", caption=caption, words=("per",)))
    idle = sorted({row.use_case or "all use cases" for row in budgets.rows if row.routed is False})
    if idle:
        names = escape(shown(", ".join(idle)))
        console.print(f"Not routed, so economising changes nothing: {names}.", highlight=False)


def _line(row: Row) -> Line:
    then = _DOES[row.when_spent] if row.state == "spent" else f"when spent: {row.when_spent}"
    evidence = f" ({row.evidence})" if row.evidence else ""
    unknown = f"and {row.unknown_calls:,} calls of unknown cost; " if row.unknown_calls else ""
    return Line(
        name="all together" if row.use_case is None else row.use_case,
        cells=(
            dollars(row.spent_nanos, row.limit_nanos),
            dollars(row.limit_nanos, row.limit_nanos),
            f"{row.spent_nanos * 100 // max(1, row.limit_nanos)}%",
            row.per,
        ),
        notes=(f"{unknown}{then}{evidence}; begins anew {row.until:%Y-%m-%d}",),
        style=_STYLES.get(row.state, ""),
    )

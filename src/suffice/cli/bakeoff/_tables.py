"""Plans and results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.result import TrialResult
from suffice.evidence.runner import RowView
from suffice.money import usd

_COLOURS = {"EQUIVALENT": "green", "WORSE": "red", "INCONCLUSIVE": "yellow"}


def plan_table(plan: Plan) -> Table:
    """Returns what a trial will ask and what that is expected to take: a line a use case, then one a candidate."""
    table = _plain(f"Trial {plan.id}: tolerance {plan.delta:g}, alpha {plan.alpha:g}")
    table.add_column("use case, candidate", overflow="fold")
    table.add_column("to a verdict", justify="right", no_wrap=True)
    table.add_column("calls", justify="right", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    for bucket in plan.buckets:
        if bucket.tried:
            table.add_row(_head(bucket), "", "", "")
        for row in bucket.tried:
            table.add_row(*_planned(row))
    return table


def _plain(title: str = "") -> Table:
    return Table(title=title or None, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _head(bucket: PlannedBucket) -> str:
    advisory = ", advisory" if bucket.advisory else ""
    about = f"{bucket.population:,} requests, {bucket.grader_name}{advisory}"
    return f"[bold]{escape(bucket.bucket)}[/bold] [dim]{escape(about)}[/dim]"


def _planned(row: PlannedRow) -> tuple[str, str, str, str]:
    units = "none expected" if row.expected_units is None else f"{row.expected_units:,}"
    cautious = f" (90%: {row.cautious_units:,})" if row.cautious_units else ""
    return (
        f"  {escape(row.name)}",
        units + cautious,
        "-" if row.expected_calls is None else f"{row.expected_calls:,}",
        "unknown" if row.expected_nanos is None else usd(row.expected_nanos, places=4),
    )


def cannot(plan: Plan) -> list[tuple[str, str, str]]:
    """Returns what is not tried: use case, candidate (empty for all of them), and why in words."""
    found = [(bucket.bucket, "", bucket.cannot) for bucket in plan.buckets if bucket.cannot is not None]
    found += [
        (bucket.bucket, row.candidate, row.cannot)
        for bucket in plan.buckets
        if bucket.cannot is None
        for row in bucket.rows
        if row.cannot is not None
    ]
    return found


def _print_cannot(console: Console, plan: Plan) -> None:
    """Prints what is not tried; a candidate that cannot be tried anywhere for one reason has one line."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for name, candidate, why in cannot(plan):
        by_reason.setdefault((candidate, why) if candidate else (name, why), []).append(name)
    for (what, why), names in by_reason.items():
        where = "" if names == [what] else f" ({', '.join(names)})"
        console.print(f"[yellow]not tried[/yellow] {escape(what + where)}: {escape(why)}")


def print_plan(console: Console, plan: Plan) -> None:
    """Prints a plan: what is tried, what is left out, what cannot be tried and why, and what all of it may cost."""
    if plan.rows:
        console.print(plan_table(plan))
    for bucket in plan.buckets:
        if bucket.tried:
            left = [f"{count:,} {why}" for why, count in bucket.left_out.items()]
            left += [f"{bucket.set_aside} set aside to fill the strata"] if bucket.set_aside else []
            if left:
                console.print(f"[dim]{escape(bucket.bucket)}: left out: {escape('; '.join(left))}[/dim]")
    _print_cannot(console, plan)
    rows = [row for bucket in plan.buckets for row in bucket.tried]
    known = [row.expected_nanos for row in rows if row.expected_nanos is not None]
    guesses = list(dict.fromkeys(row.guess for row in rows))
    if rows:
        unknown = f", {len(rows) - len(known)} rows unknown" if len(known) < len(rows) else ""
        console.print(
            f"Expected: {sum(row.expected_calls or 0 for row in rows):,} calls, {usd(sum(known), places=4)}{unknown}, "
            f"grading by a judge not included. It rests on {escape('; '.join(guesses))}."
        )


def results_table(results: Sequence[TrialResult]) -> Table:
    """Returns what was found: a line a use case, then one a candidate. It fits a terminal of 80 columns."""
    table = _plain()
    table.add_column("use case, candidate", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("difference", justify="right")
    table.add_column("a month", justify="right", no_wrap=True)
    seen = ""
    for result in results:
        if result.bucket != seen:
            seen = result.bucket
            table.add_row(f"[bold]{escape(seen)}[/bold] [dim]{result.population:,} requests[/dim]")
        table.add_row(*_found(result))
    return table


def _found(result: TrialResult) -> tuple[str, ...]:
    saving, colour = result.monthly_saving_nanos, _COLOURS[result.verdict]
    more = f" (+{result.expected_more:,})" if result.expected_more else ""
    mean = "-" if result.mean is None else f"{result.mean:+.3f}"
    return (
        f"  {escape(result.candidate)}",
        f"[{colour}]{result.verdict}[/{colour}]",
        f"{result.n:,}{more}",
        f"{mean} [dim]({result.lower:+.3f} to {result.upper:+.3f})[/dim]",
        "unknown" if saving is None else usd(saving, places=0),
    )


def _notes(result: TrialResult) -> list[str]:
    """What stands beside a row, in words."""
    noise = result.noise.mean_absolute
    return [
        note
        for note, holds in (
            ("advisory: no certificate rests on its grader", result.advisory),
            (
                f"no verdict on {result.no_verdict:,} (lower bound {result.lower_if_lost:+.3f} if all were losses)",
                result.no_verdict,
            ),
            (
                f"the baseline differs from itself by {noise or 0:.3f}, of {result.noise.n:,} asked twice",
                noise,
            ),
            (str(result.dropped), result.dropped is not None and result.verdict != "WORSE"),
        )
        if holds
    ]


def print_results(console: Console, results: Sequence[TrialResult], plan: Plan) -> None:
    """Prints what was found, why rows ended early, and what was not tried."""
    console.print(results_table(results))
    for result in results:
        for note in _notes(result):
            console.print(f"[dim]{escape(result.bucket)} x {escape(result.candidate)}: {escape(note)}[/dim]")
    _print_cannot(console, plan)
    console.print(
        "n: requests with a verdict (and how many more it should take). difference: candidate minus baseline, on the "
        f"grader's scale; each bound holds with {1 - plan.alpha:.0%}, however often one looks. a month: saving at this "
        f"use case's volume. Spent: {usd(sum(result.spent_nanos for result in results), places=4)}.",
        style="dim",
    )


def progress_table(rows: Sequence[RowView], spent_nanos: int, cap_nanos: int) -> Table:
    """Returns how far a run is."""
    table = _plain()
    table.caption = f"spent {usd(spent_nanos, places=4)} of {usd(cap_nanos, places=4)}"
    table.caption_justify = "left"
    for name in ("use case x candidate", "units", "difference", ""):
        first = name.startswith("use case")
        table.add_column(
            name,
            justify="left" if first or not name else "right",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if first else None,
        )
    for row in rows:
        result = row.result
        table.add_row(
            escape(f"{row.bucket} x {row.candidate}"),
            f"{row.asked:,} of {row.units:,}",
            ("-" if result.mean is None else f"{result.mean:+.3f}")
            + f" ({result.lower:+.2f} to {result.upper:+.2f})",
            escape(row.ended or "asking"),
        )
    return table

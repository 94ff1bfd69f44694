"""Plans and results as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from suffice.evidence.plan import Plan, PlannedRow
from suffice.evidence.result import TrialResult
from suffice.evidence.rows import RowView
from suffice.money import usd
from suffice.report.figures import Figures, Line
from suffice.report.summary import as_set

_COLOURS = {"EQUIVALENT": "green", "WORSE": "red", "INCONCLUSIVE": "yellow"}


def plan_table(plan: Plan) -> Figures:
    """Returns what a trial will ask and what that is expected to take: a line a use case, then one a candidate."""
    lines: list[Line] = []
    for bucket in plan.buckets:
        if bucket.tried:
            advisory = ", advisory" if bucket.advisory else ""
            about = f"{bucket.population:,} requests, {bucket.grader_name}{advisory}"
            lines.append(Line(name=bucket.bucket, notes=(about,)))
        lines += [_planned(row) for row in bucket.tried]
    columns = ("use case, candidate", "to a verdict", "calls", "cost")
    title = f"Trial {plan.id}: tolerance {plan.delta:g}, alpha {plan.alpha:g}"
    return Figures(columns, lines, title=title)


def _planned(row: PlannedRow) -> Line:
    units = "none expected" if row.expected_units is None else f"{row.expected_units:,}"
    cautious = f" (90%: {row.cautious_units:,})" if row.cautious_units else ""
    cells = (
        units + cautious,
        "-" if row.expected_calls is None else f"{row.expected_calls:,}",
        "unknown" if row.expected_nanos is None else usd(row.expected_nanos, places=4),
    )
    return Line(name=row.name, cells=cells, depth=1)


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


def results_table(results: Sequence[TrialResult]) -> Figures:
    """Returns what was found: a line a use case, then one a candidate."""
    lines: list[Line] = []
    seen = None
    for result in results:
        if result.bucket != seen:
            seen = result.bucket
            lines.append(Line(name=seen, notes=(f"{result.population:,} requests",)))
        lines.append(_found(result))
    columns = ("use case, candidate", "verdict", "n", "difference", "a month")
    return Figures(columns, lines, words=("verdict",))


def _found(result: TrialResult) -> Line:
    saving = result.monthly_saving_nanos
    more = f" (+{result.expected_more:,})" if result.expected_more else ""
    mean = "-" if result.mean is None else f"{result.mean:+.3f}"
    cells = (
        Text(result.verdict, style=_COLOURS[result.verdict]),
        f"{result.n:,}{more}",
        f"{mean} ({result.lower:+.3f} to {result.upper:+.3f})",
        "unknown" if saving is None else usd(saving, places=0),
    )
    return Line(name=result.candidate, cells=cells, notes=tuple(_notes(result)), depth=1)


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
    _print_cannot(console, plan)
    console.print(
        "n: requests with a verdict (and how many more it should take). difference: candidate minus baseline, on the "
        f"grader's scale; each bound holds with {as_set(1 - plan.alpha)}, however often one looks. a month: saving at "
        f"this use case's volume. Spent: {usd(sum(result.spent_nanos for result in results), places=4)}.",
        style="dim",
    )


def progress_table(rows: Sequence[RowView], spent_nanos: int, cap_nanos: int) -> Figures:
    """Returns how far a run is."""
    lines = [
        Line(
            name=f"{row.bucket} x {row.candidate}",
            cells=(
                f"{row.asked:,} of {row.units:,}",
                ("-" if row.result.mean is None else f"{row.result.mean:+.3f}")
                + f" ({row.result.lower:+.2f} to {row.result.upper:+.2f})",
            ),
            notes=(row.ended or "asking",),
        )
        for row in rows
    ]
    columns = ("use case x candidate", "units", "difference")
    caption = f"spent {usd(spent_nanos, places=4)} of {usd(cap_nanos, places=4)}"
    return Figures(columns, lines, caption=caption)

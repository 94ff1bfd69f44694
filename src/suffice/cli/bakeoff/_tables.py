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
    """Returns what a trial will ask and what that is expected to take, a row a use case and candidate."""
    table = Table(
        title=f"Trial {plan.id}: tolerance {plan.delta:g}, alpha {plan.alpha:g}", title_justify="left"
    )
    table.add_column("use case", overflow="fold")
    table.add_column("requests", justify="right")
    table.add_column("grader", overflow="fold")
    table.add_column("candidate", overflow="fold")
    table.add_column("to a verdict", justify="right")
    table.add_column("calls", justify="right")
    table.add_column("cost", justify="right")
    for bucket in plan.buckets:
        for place, row in enumerate(bucket.tried):
            table.add_row(*(_head(bucket) if not place else ("", "", "")), *_planned(row))
    return table


def _head(bucket: PlannedBucket) -> tuple[str, str, str]:
    advisory = " (advisory)" if bucket.advisory else ""
    return escape(bucket.bucket), f"{bucket.population:,}", escape(bucket.grader_name + advisory)


def _planned(row: PlannedRow) -> tuple[str, str, str, str]:
    units = "none expected" if row.expected_units is None else f"{row.expected_units:,}"
    cautious = f" (90%: {row.cautious_units:,})" if row.cautious_units else ""
    return (
        escape(row.name),
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
    """Returns what was found, a row a use case and candidate."""
    table = Table(title_justify="left")
    table.add_column("use case", overflow="fold")
    table.add_column("candidate", overflow="fold")
    table.add_column("verdict")
    table.add_column("n", justify="right")
    table.add_column("difference", justify="right")
    table.add_column("bounds", justify="right")
    table.add_column("noise", justify="right")
    table.add_column("no verdict", justify="right")
    table.add_column("a month", justify="right")
    table.add_column("spent", justify="right")
    for result in results:
        table.add_row(*_found(result))
    return table


def _found(result: TrialResult) -> tuple[str, ...]:
    noise, saving = result.noise.mean_absolute, result.monthly_saving_nanos
    colour = _COLOURS[result.verdict]
    more = f" (+{result.expected_more:,})" if result.expected_more else ""
    missing = f"{result.no_verdict:,} (at worst {result.lower_if_lost:+.3f})" if result.no_verdict else "0"
    return (
        escape(result.bucket),
        escape(result.candidate),
        f"[{colour}]{result.verdict}[/{colour}]" + (" (advisory)" if result.advisory else ""),
        f"{result.n:,} of {result.population:,}{more}",
        "-" if result.mean is None else f"{result.mean:+.3f}",
        f"{result.lower:+.3f} to {result.upper:+.3f}",
        "-" if noise is None else f"{noise:.3f} ({result.noise.n})",
        missing,
        "unknown" if saving is None else usd(saving),
        usd(result.spent_nanos, places=4),
    )


def print_results(console: Console, results: Sequence[TrialResult], plan: Plan) -> None:
    """Prints what was found, why rows ended early, and what was not tried."""
    console.print(results_table(results))
    for result in results:
        if result.dropped is not None and result.verdict != "WORSE":
            console.print(
                f"[dim]{escape(result.bucket)} x {escape(result.candidate)}: {escape(result.dropped)}[/dim]"
            )
    _print_cannot(console, plan)
    console.print(
        "difference: candidate minus baseline, on the grader's scale; bounds: each holds with 95%, however often one "
        "looks.\nnoise: mean difference of the baseline with itself (units asked twice); a month: saving at this use "
        "case's volume.".replace("95%", f"{1 - plan.alpha:.0%}"),
        style="dim",
    )


def progress_table(rows: Sequence[RowView], spent_nanos: int, cap_nanos: int) -> Table:
    """Returns how far a run is."""
    table = Table(
        caption=f"spent {usd(spent_nanos, places=4)} of {usd(cap_nanos, places=4)}", caption_justify="left"
    )
    for name in ("use case", "candidate", "units", "difference", "bounds", ""):
        table.add_column(
            name, justify="left" if name in {"use case", "candidate", ""} else "right", overflow="fold"
        )
    for row in rows:
        result = row.result
        table.add_row(
            escape(row.bucket),
            escape(row.candidate),
            f"{row.asked:,} of {row.units:,}",
            "-" if result.mean is None else f"{result.mean:+.3f}",
            f"{result.lower:+.3f} to {result.upper:+.3f}",
            escape(row.ended or "asking"),
        )
    return table

"""The report for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from suffice.ledger.projection import Kept
from suffice.ledger.projection import Line as Spent
from suffice.report.figures import Figures, Line, more
from suffice.report.summary import Report, at, dollars, share, why

MOST_ROWS = 15


def print_report(report: Report, console: Console) -> None:
    """Prints the whole report."""
    if not report.span.entries:
        console.print(report.nothing)
        return
    console.print(_head(report))
    console.print(_spend("Spend by feature", report.projection.by_feature, report.projection.total))
    console.print(_spend("Spend by model", report.projection.by_model, report.projection.total))
    console.print(_routes("Would route, by feature", report.projection.by_feature))
    console.print(_routes("Would route, by model that would serve", report.projection.by_decided))
    console.print(_kept(report.projection.kept, report.projection.total))
    console.print(_savings(report))
    console.print(f"\nNext: {next_step(report)}")


def next_step(report: Report) -> str:
    """Returns the one thing to do now."""
    if report.projection.routed:
        return "`suffice savings` measures what routing saves; `suffice status` says how each use case does."
    if not report.projection.total.would_route:
        return "tag requests with x-suffice-feature, so that use cases can be told apart, and keep watching."
    if report.day < report.days:
        return f"keep watching until day {report.days}; then prove the largest feature above in a bake-off."
    return "the observation is complete: prove the largest feature above in a bake-off before anything is routed."


def _head(report: Report) -> Group:
    span, projection = report.span, report.projection
    lines = [
        f"Observation day {report.day} of {report.days}: {at(span.first_ns)} to {at(span.last_ns)}",
        f"{span.entries:,} requests in {span.sessions:,} sessions",
        f"Spend {dollars(projection.measured_nanos)} measured"
        + (
            f" and {dollars(projection.estimated_nanos)} modelled (usage estimated)"
            if projection.estimated_nanos
            else ""
        ),
    ]
    if projection.unknown:
        causes = ", ".join(f"{cause} {count:,}" for cause, count in sorted(projection.unknown.items()))
        lines.append(f"Cost unknown for {sum(projection.unknown.values()):,} requests: {causes}")
    counts = {
        "not billed": projection.not_billed,
        "passed through": projection.passed_through,
        "provider errors": projection.upstream_errors,
        "clients left": projection.clients_left,
        "broken off": projection.broken_off,
    }
    if any(counts.values()):
        lines.append(", ".join(f"{name} {count:,}" for name, count in counts.items() if count))
    if span.decide_us_p50 is not None:
        lines.append(f"Deciding took {span.decide_us_p50} us at the median, {span.decide_us_p99} us at p99")
    return Group(*(Text(line) for line in lines), Text())


def _spend(title: str, lines: Sequence[Spent], total: Spent) -> Figures:
    rows = [
        Line(
            name=line.name,
            cells=(
                f"{line.requests:,}",
                f"{line.input_tokens:,}",
                f"{line.cache_read_tokens:,}",
                f"{line.output_tokens:,}",
                dollars(line.cost_nanos),
                share(line.cost_nanos, total.cost_nanos),
            ),
            notes=(f"and {line.unknown_costs:,} of unknown cost",) if line.unknown_costs else (),
            style="bold" if line is total else "",
        )
        for line in [*lines[:MOST_ROWS], total]
    ]
    columns = ("", "requests", "in", "cached", "out", "cost", "share")
    return Figures(columns, rows, title=title, caption=more(len(lines), MOST_ROWS))


def _routes(title: str, lines: Sequence[Spent]) -> Figures:
    rows = [
        Line(
            name=line.name,
            cells=(
                f"{line.would_route:,}",
                share(line.would_route, line.requests),
                dollars(line.routed_cost_nanos),
                dollars(line.modelled_cost_nanos),
                dollars(line.projected_nanos),
            ),
        )
        for line in lines[:MOST_ROWS]
    ]
    columns = ("", "requests", "share", "as served", "modelled", "savings")
    return Figures(columns, rows, title=title, caption=more(len(lines), MOST_ROWS))


def _kept(kept: Sequence[Kept], total: Spent) -> Figures:
    rows = [
        Line(
            name=why(one),
            cells=(f"{one.requests:,}", dollars(one.cost_nanos), share(one.cost_nanos, total.cost_nanos)),
        )
        for one in kept[:MOST_ROWS]
    ]
    columns = ("", "requests", "spend", "share")
    caption = more(len(kept), MOST_ROWS)
    return Figures(columns, rows, title="Kept on the baseline, and why", caption=caption)


def _savings(report: Report) -> Panel:
    total = report.projection.total
    low, high = total.band_nanos
    saved, cost = report.month(total.projected_nanos), report.month(total.cost_nanos)
    part = share(total.projected_nanos, total.cost_nanos)
    requests, spend = (
        share(total.would_route, total.requests),
        share(total.routed_cost_nanos, total.cost_nanos),
    )
    lines = [
        f"[bold]{dollars(total.projected_nanos)}[/bold] of {dollars(total.cost_nanos)} ({part})",
        f"Band: {dollars(low)} to {dollars(high)}; at the baseline's length {dollars(total.savings_nanos)}",
        f"{requests} of requests and {spend} of spend would route",
        f"A month: {saved} of {cost} ({report.basis})" if saved else f"A month: {report.basis}",
        "",
        *(f"- {escape(assumption)}" for assumption in report.assumptions),
    ]
    return Panel("\n".join(lines), title="Projected savings (modelled)", title_align="left", box=box.ROUNDED)

"""The second step: a trial of cheaper models on logged requests, certificates, and the policy that uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from suffice.cli.demo._material import Material
from suffice.cli.demo._stage import Stage
from suffice.money import usd

_COLOURS = {"EQUIVALENT": "green", "WORSE": "red", "INCONCLUSIVE": "yellow"}
_MOST_USD = "20"

Row = Mapping[str, Any]
"""A use case and a candidate, as `suffice bakeoff run --json` and `suffice certify --json` tell it."""


def prove(stage: Stage, material: Material, seed: int) -> bool:
    """Tries the candidates, certifies what was shown and publishes it; tells whether anything may be routed.

    Args:
        stage: Where it happens.
        material: What was logged, and who is tried.
        seed: Of the trial's sample.
    """
    stage.tell(
        2,
        "prove",
        "A projection claims nothing about quality. So a sample of the logged requests is put to cheaper models, and "
        "their answers are graded as the graders in suffice.toml say, until there is a verdict on each.",
    )
    log = stage.run("import", str(material.watched), json=True)
    stage.say(f"{log['added']:,} calls, {log['with_expected']:,} of them with the right answer.")
    tried = [word for name in material.candidates for word in ("--candidate", name)]
    plan = stage.run("bakeoff", "plan", *tried, "--reuse-logged", "--seed", str(seed), json=True)
    _say_plan(stage, plan)
    ran = stage.run("bakeoff", "run", "--max-usd", _MOST_USD, json=True)
    rows = ran["results"]
    stage.say(
        f"Asked and graded; the answers would have cost {usd(ran['spent_nanos'], places=4)} at list prices."
    )
    judged = stage.run("certify", json=True)
    certified = {(row["bucket"], row["candidate"]) for row in judged["rows"] if row["certified"]}
    stage.console.print()
    stage.console.print(verdicts(rows, certified))
    stage.say(f"* certified, {len(certified)} of {len(rows)}: at most 5% of these are false, in expectation.")
    for row in rows:
        if row["dropped"] and row["verdict"] == "INCONCLUSIVE":
            stage.say(f"  {row['bucket']} x {row['candidate']}: {row['dropped']}, so it was dropped.")
    counts = ", ".join(
        f"{_count(rows, verdict):,} {verdict}" for verdict in _COLOURS if _count(rows, verdict)
    )
    stage.sum_up("proved", f"{counts}; {len(certified):,} certified")
    if certified:
        stage.run("policy", "publish", "--note", "first bake-off", shown="nothing")
        stage.say("Published: this is what may be routed once that is switched on. Nothing is routed yet.")
    return bool(certified)


def _say_plan(stage: Stage, plan: Mapping[str, Any]) -> None:
    buckets = [bucket for bucket in plan["buckets"] if bucket.get("cannot") is None]
    rows = [row for bucket in buckets for row in bucket["rows"] if row.get("cannot") is None]
    nanos = sum(row.get("expected_nanos") or 0 for row in rows)
    ungraded = [bucket["bucket"] for bucket in plan["buckets"] if bucket.get("grader") is None]
    stage.say(
        f"{len(rows)} trials in {len(buckets)} use cases; to a verdict on all of them about "
        f"{usd(nanos, places=2)}."
    )
    if any((bucket.get("grader") or {}).get("reference") == "baseline" for bucket in buckets):
        stage.say(
            "Nobody wrote down which tool calls are right: there the baseline's own count, and a candidate can only "
            "lose."
        )
    if ungraded:
        stage.say(f"Not tried, for free texts take a judge or people: {', '.join(ungraded)}.")


def _count(rows: Sequence[Row], verdict: str) -> int:
    return sum(row["verdict"] == verdict for row in rows)


def verdicts(rows: Sequence[Row], certified: set[tuple[str, str]]) -> Table:
    """Returns a line for each use case and candidate; fits a terminal of 80 columns.

    Args:
        rows: In their order.
        certified: Use case and candidate of those that are.
    """
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("use case", "candidate"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    table.add_column("asked", justify="right", no_wrap=True)
    table.add_column("difference (bounds)", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    seen = ""
    for row in rows:
        mark = "*" if (row["bucket"], row["candidate"]) in certified else ""
        mean = "-" if row["mean"] is None else f"{row['mean']:+.3f}"
        colour = _COLOURS[row["verdict"]]
        table.add_row(
            "" if row["bucket"] == seen else escape(row["bucket"]),
            escape(row["candidate"]),
            f"{row['n']:,}",
            f"{mean} [dim]({row['lower']:+.3f} to {row['upper']:+.3f})[/dim]",
            f"[{colour}]{row['verdict']}{mark}[/{colour}]",
        )
        seen = row["bucket"]
    return table

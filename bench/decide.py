"""What a decision costs: time, memory and start-up, beside a control in the same run. `make bench-decide`.

The control is the standard library's `json.loads` of the same body, timed in turn with the decision: on another
machine, or on a busy one, the ratio stays and the times do not. Each case is measured in several rounds, each round
through all cases and with other conversations and tools, so that neither a bad second of the machine nor one lucky
conversation is taken for the case.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

import decide_measure as measure
from decide_requests import (
    Bodies,
    Texts,
    agent_step,
    deep_parts,
    first_sight,
    hostile,
    next_turn,
    one_turn,
    with_tools,
)
from suffice.app.worker import calm_collector

MEMORY_REQUESTS = 100_000
ROUNDS = 10
COLUMNS = ("request", "p50", "of rounds", "p99", "CPU p50", "CPU p99", "control p50", "ratio", "target")
MEMORY_LIMIT_MIB, START_UP_LIMIT_S = 60, 1.5


@dataclass(frozen=True)
class Case:
    name: str
    bodies: Callable[[], Bodies]
    samples: int
    """Of all rounds together."""
    p50_limit_us: float | None = None
    p99_limit_us: float | None = None


def cases(scale: float) -> list[Case]:
    texts = Texts()
    many, some, few = (max(20, round(count * scale)) for count in (2_000, 400, 100))
    return [
        Case("50 new tokens", lambda: one_turn(texts, 50), many),
        Case("500 new tokens", lambda: one_turn(texts, 500), many, 300, 1_000),
        Case("4,000 new tokens", lambda: one_turn(texts, 4_000), some),
        Case("100,000 new tokens", lambda: one_turn(texts, 100_000), few, None, 3_000),
        Case("conversation of 30 x 500 tokens, never seen", lambda: first_sight(texts, 30, 500, 100), few),
        Case("its next turn, 100 new tokens", lambda: next_turn(texts, 30, 500, 100), many, 100),
        Case("20 tools, 100 new tokens", lambda: with_tools(texts, 20, 100), many),
        Case("agent's 12th step, 20 tools", lambda: agent_step(texts, 12, 20), many),
        Case("hostile: 400,000 spaces", hostile(" " * 400_000), few, None, 3_000),
        Case("hostile: 1 MB of one letter", hostile("a" * 1_000_000), few, None, 3_000),
        Case("hostile: special tokens", hostile("<|endoftext|>" * 50_000), few, None, 3_000),
        Case("hostile: lone surrogates", hostile("\ud800" * 100_000), few, None, 3_000),
        Case("hostile: file names", hostile(" a.py" * 100_000), few, None, 3_000),
        Case("hostile: labels", hostile(" label one of: a," * 20_000), few, None, 3_000),
        Case("hostile: parts 300 deep", deep_parts, few, None, 3_000),
    ]


def timing_table(scale: float) -> Table:
    decide = measure.engine().decide
    timed = [(case, measure.Timing()) for case in cases(scale)]
    for _ in range(ROUNDS):
        for case, timing in timed:
            measure.time_decisions(decide, case.bodies(), case.samples // ROUNDS, timing)
    table = Table(title="A decision, in microseconds; the control decodes the same body with json.loads")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {"request", "target"} else "right")
    for case, timing in timed:
        table.add_row(case.name, *figures(timing), verdict(case, timing))
    return table


def figures(timing: measure.Timing) -> list[str]:
    low, high = timing.rounds_p50_us
    p50, control = timing.wall_us(0.5), timing.control_us(0.5)
    return [
        f"{p50:,.0f}",
        f"{low:,.0f}-{high:,.0f}",
        *(f"{us:,.0f}" for us in (timing.wall_us(0.99), timing.cpu_us(0.5), timing.cpu_us(0.99), control)),
        f"{p50 / control:.2f}",
    ]


def verdict(case: Case, timing: measure.Timing) -> str:
    """Whether the wall-clock time keeps to the target; if not, whether what the decision itself used does."""
    said = []
    for name, q, limit in (("p50", 0.5, case.p50_limit_us), ("p99", 0.99, case.p99_limit_us)):
        if limit is not None:
            by_cpu = "met by CPU" if timing.cpu_us(q) <= limit else "missed"
            met = "met" if timing.wall_us(q) <= limit else by_cpu
            said.append(f"{name} <= {limit:,.0f}: {met}")
    return "\n".join(said)


def parts_table(scale: float) -> Table:
    parts = measure.time_parts(max(50, round(1_000 * scale)))
    whole = parts["decide"]
    table = Table(title="Parts of a decision on 500 new tokens, median")
    for column in ("part", "us", "share"):
        table.add_column(column, justify="left" if column == "part" else "right")
    layers = {name: us for name, us in parts.items() if name not in {"decide", "read", "task"}}
    rows = {
        "decide": whole,
        "read": parts["read"],
        "  of which the kind of task": parts["task"],
        f"{len(layers)} layers": sum(layers.values()),
        "predict, choose, veto": whole - parts["read"] - sum(layers.values()),
        **{f"  {name}": us for name, us in layers.items()},
    }
    for name, us in rows.items():
        table.add_row(name, f"{us:.1f}", f"{us / whole:.1%}")
    return table


def memory_table(requests: int) -> Table:
    bare, loaded, *after = measure.memory_mib(requests)
    table = Table(title="Memory, resident MiB")
    for column in ("after", "MiB", "over the bare proxy"):
        table.add_column(column, justify="left" if column == "after" else "right")
    table.add_row("libraries of the proxy", f"{bare:.1f}", "")
    table.add_row("engine and catalog loaded", f"{loaded:.1f}", f"{loaded - bare:+.1f}")
    for number, figure in enumerate(after, 1):
        count = f"{requests * number // len(after):,} distinct requests"
        table.add_row(count, f"{figure:.1f}", f"{figure - bare:+.1f}")
    met = "met" if after[-1] - bare <= MEMORY_LIMIT_MIB else "missed"
    table.caption = f"target: <= {MEMORY_LIMIT_MIB} MiB over the bare proxy, {met}"
    return table


def start_up_line(times: int) -> str:
    found = sorted(measure.start_up_s(times))
    middle, cpu = found[len(found) // 2]
    met = "met" if middle < START_UP_LIMIT_S else "met by CPU" if cpu < START_UP_LIMIT_S else "missed"
    return (
        f"Start-up of `suffice serve` until /healthz answers: median {middle:.2f} s of {times}, "
        f"{found[0][0]:.2f} to {found[-1][0]:.2f}, CPU {cpu:.2f} s of both processes with their stop; "
        f"target < {START_UP_LIMIT_S} s, {met}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path, help="also write the tables into this page")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the samples: 0.1 for a quick look")
    chosen = parser.parse_args()
    console = Console(width=130, record=True)
    about = measure.machine()
    console.print(f"Python {about['python']}, load average {about['load']} before the run.\n")
    calm_collector()  # as a worker does
    console.print(timing_table(chosen.scale))
    console.print(parts_table(chosen.scale))
    console.print(memory_table(max(1_000, round(MEMORY_REQUESTS * chosen.scale))))
    console.print(start_up_line(5))
    if chosen.write is not None:
        chosen.write.write_text(page(console.export_text()), "utf-8")


def page(text: str) -> str:
    return (
        "<!-- Made by `make bench-decide ARGS='--write docs/decision-speed.md'`. -->\n\n"
        "# What a decision costs\n\n"
        "Read, score, predict and choose, on one thread of one CPU, without the network. `p50` and `p99` are\n"
        "wall-clock times with whatever else the machine did; `CPU` is what the decision itself used. Each request\n"
        "of a case has text of its own, so nothing but a conversation's history, instructions and tools is known\n"
        "beforehand. The control decodes the same body with the standard library's `json.loads`, in turn with the\n"
        "decision; `ratio` is p50 over its p50. Each case was measured in several rounds, each through all cases\n"
        "and with other conversations and tools: the quantiles are of all together, `of rounds` is the lowest and\n"
        "the highest median of one.\n\n"
        f"```\n{text.rstrip()}\n```\n"
    )


if __name__ == "__main__":
    main()

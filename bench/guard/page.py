"""The guard's section of docs/safety.md: every figure comes from the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from guard.play import CANDIDATE, DELTA, HOLDOUT

Row = dict[str, Any]
BEGIN = "<!-- guard: begin; made by `make bench-guard ARGS=--write`, do not edit up to its end -->"
END = "<!-- guard: end -->"

HEAD = """\
### Measured

    make bench-guard DATA=path/to/shared/data/traffic ARGS=--write

Requests are drawn from a use case's recorded week as if that went on for ever; each model really answered each of them
and the benchmark scored the answers, so the truth is known. Tolerance {delta:g}, holdout {holdout:.0%}. What is played
is the product's own guard (`suffice.evidence.guard`), looked at after every pair.

**A candidate's answers become another model's.** {good:,} requests are answered by {candidate}, then all by the model
named. *Loss* is the true mean difference against the baseline from then on. *Requests* are those of the use case after
the swap until it is demoted: median and the slowest tenth of {swaps} runs; who is not counted as demoted was so before
the swap, or not within 200,000 requests. *Harm* is the median's quality lost: the
loss times the routed requests, in whole answers. An interval of the guard (60 s by default) comes on top.

"""
CLEAN = """
**False demotions.** Candidates that stay as they are and lose no more than the tolerance: {requests:,} requests, a
share of {share:.0%} of them answered twice, and signals equally frequent in both arms. {runs} runs each. The last rows
are the hardest that a certificate still promises: a loss of exactly the tolerance, made of the recorded differences.

"""
WORDS = """
{demoted} of {all} clean runs were demoted ({rate:.2%}); the most of any row is {worst} of {runs} ({worst_rate:.1%}),
where at most 5% may be. A small loss takes many pairs to tell from the tolerance, whatever the test: at a share of 1% a
use case with few requests is guarded slowly. `[guard] shadow_share` buys speed with money.
"""


def section(found: Sequence[Row]) -> str:
    """Returns the text between the markers."""
    swaps = [row for row in found if row["kind"] == "swap"]
    clean = [row for row in found if row["kind"] == "clean"]
    text = ""
    if swaps:
        head = HEAD.format(
            delta=DELTA, holdout=HOLDOUT, candidate=CANDIDATE, good=2_000, swaps=swaps[0]["runs"]
        )
        text += head + table(
            (
                "use case",
                "from then on",
                "loss",
                "shadow share",
                "demoted",
                "requests",
                "slowest tenth",
                "harm",
            ),
            [_swap(row) for row in swaps],
        )
    if clean:
        first = clean[0]
        text += CLEAN.format(requests=first["requests"], share=first["share"], runs=first["runs"])
        rows = [
            (row["bucket"], row["model"], f"{row['truth']:+.3f}", f"{row['demoted']}", f"{row['watched']}")
            for row in clean
        ]
        text += table(("use case", "candidate", "true difference", "demoted", "ever watched"), rows)
        worst = max(clean, key=lambda row: row["demoted"])
        all_, demoted = sum(row["runs"] for row in clean), sum(row["demoted"] for row in clean)
        text += WORDS.format(
            demoted=demoted,
            all=f"{all_:,}",
            rate=demoted / all_,
            worst=worst["demoted"],
            runs=worst["runs"],
            worst_rate=worst["demoted"] / worst["runs"],
        )
    return text


def _swap(row: Row) -> tuple[str, ...]:
    found = row["p50"] is not None
    harm = -row["truth"] * (1 - HOLDOUT) * row["p50"] if found else 0.0
    return (
        row["bucket"],
        row["after"],
        f"{row['truth']:+.3f}",
        f"{row['share']:.0%}",
        f"{row['found']} of {row['runs']}",
        f"{row['p50']:,}" if found else "-",
        f"{row['p90']:,}" if found else "-",
        f"{harm:,.0f}" if found else "-",
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table in Markdown, texts to the left and numbers to the right."""
    lines = [
        "| " + " | ".join(columns) + " |",
        "|" + "|".join(["---", "---", *["---:"] * (len(columns) - 2)]) + "|",
    ]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def put(path: Path, text: str) -> None:
    """Replaces the section in a page; the page has to have its markers."""
    page = path.read_text("utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", "utf-8")

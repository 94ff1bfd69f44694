"""The page of the coverage study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from savings.population import BASELINE, CANDIDATE, TAILS

Row = dict[str, Any]
LEAST = 0.93
TARGET = "at least 93% of the 95% intervals cover"
PLOT = "savings-coverage.svg"
COLUMNS = [
    "costs", "sessions", "holdout", "billable", "covers", "normal", "not overbilled", "mean error", "width", "verified",
]  # fmt: skip

HEAD = """\
<!-- Made by `make bench-savings DATA=... ARGS=--write`. -->

# Does the interval of measured savings cover the truth?

Measured savings are what the routed sessions would have cost on the baseline, told by a random holdout, minus what
they cost. Here that truth is known: sessions are drawn from a recorded week of 2,693 requests in 8 use cases
({baseline} routed to {candidate}), and a call's cost with either model comes from its recorded answer. So every
interval either covers or does not. {repeats} draws a row.

Where a use case has fewer than 5 sessions in an arm it is modelled and never billed: "billable" is the share of
routed sessions in the others, which the interval speaks for. *not overbilled* is the share of draws in which the
lower end, which the fee is taken of, lies below the truth (nominal 97.5%). *verified* is the lower end as a share of
the true savings, its median: what a larger holdout buys. *normal* is the control: the same estimate with plus and
minus 1.96 standard errors. `modelled` is what the field reports, the served tokens at the two prices.

"""

NOTES = """
- **as recorded**: about 3 calls a session (geometric). **long answers**: each answer is stretched by a Pareto
  variable of index 2.2, the same with both models. **large sessions**: calls per session are log-normal (sigma 1.2).
- The estimate is unbiased within its own noise: the mean error of a row is to be read beside its width.
- The covariate, the cost that was predicted for a session's first call, explains next to nothing within a use case of
  this week, so the estimator leaves it aside here (`LEAST_EXPLAINED`); where prompts of one use case differ more in
  length it narrows the interval.
- With 500 sessions and 2% of them in the holdout, ten sessions stay on the baseline, and most use cases are not
  billable at all.
"""


AGAINST = """
## Against the modelled figure

2,000 sessions, 5% holdout, costs as recorded; the candidate's answers are made shorter or longer. The modelled figure
takes the routed answer's length for the baseline's, so it is wrong by as much as they differ, and says nothing of it.

"""


def write(found: Sequence[Row], path: Path | None) -> str:
    """Returns the page; writes it and its plot if it is given a path."""
    text = page(found)
    if path is not None:
        path.write_text(text, "utf-8")
        (path.parent / "images" / PLOT).write_text(plot(found), "utf-8")
    return text


def page(found: Sequence[Row]) -> str:
    """Returns the page's text."""
    grid = [row for row in found if row["verbosity"] == 1.0]
    head = HEAD.format(baseline=BASELINE, candidate=CANDIDATE, repeats=f"{found[0]['repeats']:,}")
    image = f"\n![Share of intervals that cover, by sessions and holdout](images/{PLOT})\n\n"
    rows = (
        [
            row["tail"], f"{row['sessions']:,}", f"{row['holdout']:.0%}", f"{row['billable_share']:.0%}",
            f"**{row['covered']:.1%}**", f"{row['plain_covered']:.1%}", f"{row['not_overbilled']:.1%}",
            f"{row['bias']:+.1%}", f"{row['width']:.2f}", f"{row['verified_share']:.0%}",
        ]
        for row in grid
    )  # fmt: skip
    return "".join([head, _verdict(grid), image, _table(COLUMNS, rows), NOTES, AGAINST, _against(found)])


def _verdict(grid: Sequence[Row]) -> str:
    lowest = min(grid, key=lambda row: row["covered"])
    met = sum(row["covered"] >= LEAST for row in grid)
    return (
        f"Target: {TARGET}. {met} of {len(grid)} rows reach it; the lowest is {lowest['covered']:.1%}\n"
        f"({lowest['tail']}, {lowest['sessions']:,} sessions, {lowest['holdout']:.0%} holdout; "
        f"a row's own error is about {_error(lowest):.1%}).\nAll rows together: {_mean(grid, 'covered'):.1%}, "
        f"the control {_mean(grid, 'plain_covered'):.1%}. Not overbilled: {_mean(grid, 'not_overbilled'):.1%}.\n"
    )


def _against(found: Sequence[Row]) -> str:
    wordy = [
        row for row in found if (row["sessions"], row["holdout"], row["tail"]) == (2_000, 0.05, TAILS[0])
    ]
    keys = ("modelled_bias", "bias")
    rows = (
        [f"{row['verbosity']:.1f}", *(f"{row[key]:+.1%}" for key in keys), f"{row['covered']:.1%}"]
        for row in sorted(wordy, key=lambda row: row["verbosity"])
    )
    return _table(
        [
            "candidate's length, of the recorded",
            "modelled: error",
            "measured: mean error",
            "measured: covers",
        ],
        rows,
    )


def plot(found: Sequence[Row]) -> str:
    """Returns an SVG of coverage."""
    import matplotlib as mpl  # noqa: PLC0415 -- only when a page is written

    mpl.use("svg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 -- see above

    mpl.rcParams["svg.hashsalt"] = "suffice"
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    grid = [row for row in found if row["verbosity"] == 1.0]
    names = [f"{row['sessions']:,}\n{row['holdout']:.0%}" for row in grid if row["tail"] == TAILS[0]]
    for number, tail in enumerate(TAILS):
        rows = [row for row in grid if row["tail"] == tail]
        places = [place + (number - 1) * 0.2 for place in range(len(rows))]
        bars = [1.96 * _error(row) for row in rows]
        axes.errorbar(places, [row["covered"] for row in rows], yerr=bars, fmt="o", label=tail, capsize=2)
    axes.axhline(0.95, color="grey", linewidth=0.8)
    axes.axhline(LEAST, color="grey", linewidth=0.8, linestyle="--")
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_ylabel("intervals that cover")
    axes.set_xlabel("sessions, and share of them in the holdout; dashed: the target")
    axes.legend(fontsize=8, loc="lower right")
    axes.set_ylim(0.8, 1.0)
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    plt.close(figure)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _error(row: Row) -> float:
    share = row["covered"]
    return float((share * (1 - share) / row["intervals"]) ** 0.5)


def _mean(rows: Sequence[Row], key: str) -> float:
    return sum(row[key] * row["intervals"] for row in rows) / sum(row["intervals"] for row in rows)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

"""Draws what was measured: small SVG files, the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

INK, GREY = "#1a1a1a", "#9a9a9a"
COLOURS = {
    "suffice": "#0b6e4f",
    "TF-IDF + logistic regression": "#c46a1b",
    "prompt length alone": "#7a5195",
    "random": GREY,
    "oracle": "#b8b8b8",
}


def save(path: Path, columns: int, draw: Callable[[list[Axes]], None]) -> None:
    """Draws a row of axes into a file."""
    with mpl.rc_context(
        {
            "svg.hashsalt": "suffice",
            "svg.fonttype": "none",
            "font.size": 8,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    ):
        figure = Figure(figsize=(3.4 * columns, 2.7), layout="constrained")
        draw([figure.add_subplot(1, columns, at + 1) for at in range(columns)])
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def routellm(result: dict[str, Any], folder: Path) -> None:
    """Quality against the share of calls to GPT-4, in domain."""

    def draw(axes: list[Axes]) -> None:
        for at, (name, title) in enumerate((("mmlu", "MMLU"), ("gsm8k", "GSM8K"))):
            for router, colour in COLOURS.items():
                share, quality = result["in_domain"][name]["routers"][router]["curve"]
                wide = 1.8 if router == "suffice" else 1.0
                axes[at].plot(
                    [100 * x for x in share], quality, color=colour, lw=wide, marker=".", ms=3, label=router
                )
            axes[at].set(title=f"{title}, in domain", xlabel="calls to GPT-4, %", ylabel="mean score")
        axes[0].legend(frameon=False, fontsize=6)

    save(folder / "routing-routellm.svg", 2, draw)


def labels(result: dict[str, Any], folder: Path) -> None:
    """APGR against labels a bucket."""

    def draw(axes: list[Axes]) -> None:
        for at, (name, found) in enumerate(result.items()):
            for router, of in found["routers"].items():
                colour = COLOURS[router]
                axes[at].plot(
                    found["used"], [one["value"] for one in of], color=colour, marker=".", label=router
                )
                axes[at].fill_between(
                    found["used"],
                    [one["low"] for one in of],
                    [one["high"] for one in of],
                    color=colour,
                    alpha=0.15,
                    lw=0,
                )
            axes[at].set(title=name, xscale="log", xlabel="labels a use case", ylabel="APGR")
            axes[at].axhline(0.5, color=GREY, lw=0.8)
            axes[at].set_xticks(
                [5, 10, 20, 50, 100, 200, 400], labels=["5", "10", "20", "50", "100", "200", "400"]
            )
            axes[at].xaxis.set_minor_locator(NullLocator())
            axes[at].set_xlim(4, 1.15 * max(found["used"]))
        axes[0].legend(frameon=False, fontsize=6)

    save(folder / "routing-labels.svg", len(result), draw)


def calibrated(result: dict[str, Any], folder: Path) -> None:
    """Reliability of p_good out of fold."""

    def draw(axes: list[Axes]) -> None:
        rows = result["all"]["reliability"]
        share = [row["share"] for row in rows]
        below = [row["share"] - row["low"] for row in rows]
        over = [row["high"] - row["share"] for row in rows]
        axes[0].plot([0, 1], [0, 1], color=GREY, lw=0.8)
        axes[0].errorbar(
            [row["p"] for row in rows],
            share,
            yerr=[below, over],
            color=COLOURS["suffice"],
            marker="o",
            ms=3,
            lw=1,
        )
        axes[0].set(
            title="All pairs, out of fold", xlabel="mean p_good", ylabel="share as good as the baseline"
        )
        axes[1].bar(
            [row["p"] for row in rows], [row["count"] for row in rows], width=0.06, color=COLOURS["suffice"]
        )
        axes[1].set(title="How many", xlabel="mean p_good", ylabel="prompts")

    save(folder / "routing-reliability.svg", 2, draw)


def multi(result: dict[str, Any], folder: Path) -> None:
    """Quality against cost, many models."""
    colours = {
        "suffice, by rate": COLOURS["suffice"],
        "suffice, by bar": "#63b18f",
        "TF-IDF + logistic regression, by rate": COLOURS["TF-IDF + logistic regression"],
        "oracle": COLOURS["oracle"],
    }

    def draw(axes: list[Axes]) -> None:
        for name, colour in colours.items():
            cost, quality = result["curves"][name]
            points = sorted(zip(cost, quality, strict=True))
            axes[0].plot(
                [1000 * x for x, _ in points], [y for _, y in points], color=colour, lw=1.2, label=name
            )
        cost, quality = result["curves"]["single models and mixes of them"]
        axes[0].plot([1000 * x for x in cost], quality, "x", color=INK, ms=4, label="single models")
        axes[0].set(
            title="RouterBench's prompts", xlabel="US dollars a thousand prompts", ylabel="mean score"
        )
        axes[0].legend(frameon=False, fontsize=6)

    save(folder / "routing-cost.svg", 1, draw)


PLOTS: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "routellm": routellm,
    "labels": labels,
    "calibrated": calibrated,
    "multi": multi,
}
"""By section; the others are tables alone."""

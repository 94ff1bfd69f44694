"""Draws docs/images/statistics.svg: the same bytes for the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

GREEN, ORANGE, PURPLE, GREY = "#0b6e4f", "#c46a1b", "#7a5195", "#9a9a9a"


def draw(found: dict[str, Any], path: Path) -> None:
    """Draws the error under peeking, and the width of the lower bound for two kinds of values."""
    style = {
        "svg.hashsalt": "suffice",
        "svg.fonttype": "none",
        "font.size": 8,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(9.6, 2.9), layout="constrained")
        peeking, narrow, wide = (figure.add_subplot(1, 3, at + 1) for at in range(3))
        naive = found["errors"]["naive"]
        peeking.plot(naive["looks"], naive["normal"], color=ORANGE, marker=".", label="normal interval")
        peeking.plot(
            naive["looks"], naive["failures_only"], color=PURPLE, marker=".", label="Clopper-Pearson"
        )
        peeking.plot(naive["looks"], naive["ours"], color=GREEN, marker=".", lw=1.8, label="betting")
        peeking.axhline(0.05, color=GREY, lw=0.8, ls="--")
        peeking.set(title="the truth was ever ruled out", xlabel="draws, each looked at", ylim=(0, None))
        peeking.legend(frameon=False, fontsize=7)
        at = found["widths"]["at"]
        for axes, row in ((narrow, found["widths"]["rows"][2]), (wide, found["widths"]["rows"][4])):
            axes.plot(at, row["bernstein"], color=PURPLE, marker=".", label="empirical Bernstein, any time")
            axes.plot(at, row["ours"], color=GREEN, marker=".", lw=1.8, label="betting, any time")
            axes.plot(at, row["exact"], color=GREY, marker=".", label="Clopper-Pearson, one look")
            axes.plot(at, row["student"], color=ORANGE, marker=".", label="t, one look")
            axes.axhline(0.05, color=GREY, lw=0.8, ls="--")
            axes.set(title=f"mean - lower bound, {row['kind']}", xlabel="draws", xscale="log", yscale="log")
            for axis, ticks in ((axes.xaxis, at), (axes.yaxis, (0.02, 0.05, 0.1, 0.2, 0.5))):
                axis.set_major_locator(FixedLocator(ticks))
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                axis.set_minor_locator(NullLocator())
        wide.legend(frameon=False, fontsize=7)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None, "Creator": None})

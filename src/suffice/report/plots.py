"""The report's plots as inline SVG: no script, no request, readable on light and dark paper."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

from markupsafe import escape
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from suffice.ledger import savings
from suffice.ledger.projection import Kept, Line
from suffice.money import NANOS_PER_USD
from suffice.report.summary import shown, why

MOST_BARS = 10
_NOW, _THEN, _INK, _LIMIT = "#7c8aa5", "#1f8a70", "#808690", "#c2573f"
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "suffice",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    # Names come from clients: a dollar sign in one is no formula.
    "text.parse_math": False,
}


def spend_by_feature(lines: Sequence[Line]) -> str:
    """Draws what each feature costs now, and with its routable requests on the decided model."""
    top = list(reversed(lines[:MOST_BARS]))
    figure, axes = _figure(len(top) * 0.62 + 1.0)
    places = range(len(top))
    now = [line.cost_nanos / NANOS_PER_USD for line in top]
    then = [(line.cost_nanos - line.projected_nanos) / NANOS_PER_USD for line in top]
    axes.barh([place + 0.2 for place in places], now, height=0.36, color=_NOW, label="as served")
    axes.barh([place - 0.2 for place in places], then, height=0.36, color=_THEN, label="modelled, if routed")
    axes.set_yticks(list(places), [_short(line.name) for line in top])
    axes.set_xlabel("US dollars")
    axes.legend(frameon=False, loc="lower right", labelcolor=_INK)
    return _svg(figure, "Spend by feature: as served, and modelled if routed")


def routed_share(lines: Sequence[Line]) -> str:
    """Draws which share of each feature's requests would route."""
    top = list(reversed(lines[:MOST_BARS]))
    figure, axes = _figure(len(top) * 0.38 + 1.0)
    shares = [100 * line.would_route / line.requests if line.requests else 0.0 for line in top]
    bars = axes.barh(range(len(top)), shares, height=0.6, color=_THEN)
    axes.bar_label(bars, fmt="%.0f%%", padding=3, color=_INK)
    axes.set_yticks(range(len(top)), [_short(line.name) for line in top])
    axes.set_xlim(0, 112)
    axes.set_xticks([0, 25, 50, 75, 100])
    axes.set_xlabel("% of requests")
    return _svg(figure, "Share of requests that would route, by feature")


def kept_reasons(kept: Sequence[Kept]) -> str:
    """Draws how many requests each reason kept on the baseline."""
    top = list(reversed(kept[:MOST_BARS]))
    figure, axes = _figure(len(top) * 0.38 + 1.0)
    bars = axes.barh(range(len(top)), [one.requests for one in top], height=0.6, color=_NOW)
    axes.bar_label(bars, padding=3, color=_INK)
    axes.set_yticks(range(len(top)), [_short(why(one), 44) for one in top])
    axes.margins(x=0.12)
    axes.set_xlabel("requests")
    return _svg(figure, "Requests kept on the baseline, by reason")


def requests_over_time(hours: Sequence[tuple[int, int]]) -> str:
    """Draws requests per hour."""
    figure, axes = _figure(2.2)
    first = hours[0][0]
    axes.bar([hour - first for hour, _ in hours], [count for _, count in hours], width=0.9, color=_NOW)
    axes.set_xlabel("hours since the first request")
    axes.set_ylabel("requests")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _svg(figure, "Requests per hour")


def trial_path(history: Sequence[tuple[int, float, float, float]], *, delta: float, name: str) -> str:
    """Draws how the mean difference of a row and its bounds went as requests were graded.

    Args:
        history: (n, mean, lower, upper) after each round.
        delta: Tolerance.
        name: Of the row, for those who hear it.
    """
    figure, axes = _figure(2.4)
    n, mean, lower, upper = zip(*history, strict=True)
    if len(history) == 1:
        axes.vlines(n, lower, upper, color=_NOW, linewidth=3, label="bounds")
    else:
        axes.fill_between(n, lower, upper, color=_NOW, alpha=0.25, linewidth=0, label="bounds")
        axes.plot(n, lower, color=_NOW, linewidth=1.2)
        axes.plot(n, upper, color=_NOW, linewidth=1.2)
    axes.plot(n, mean, color=_THEN, linewidth=1.8, marker="o", markersize=3.5, label="mean difference")
    axes.axhline(0, color=_INK, linewidth=0.8)
    axes.axhline(-delta, color=_LIMIT, linewidth=1.2, linestyle="--", label=f"tolerance {-delta:g}")
    axes.set_xlim(0, max(n) * 1.04)
    axes.set_ylim(_room(min(lower), max(upper), delta))
    axes.set_xlabel("requests graded")
    axes.set_ylabel("candidate − baseline")  # noqa: RUF001 -- a minus, as in print
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure.legend(frameon=False, loc="outside upper center", labelcolor=_INK, ncols=3, fontsize=9)
    return _svg(figure, f"{name}: mean difference and bounds over requests graded")


def differences(rows: Sequence[tuple[str, float, float, float]], *, delta: float) -> str:
    """Draws the mean difference of each row with its bounds, beside the tolerance.

    Args:
        rows: Name, mean, lower, upper.
        delta: Tolerance.
    """
    figure, axes = _figure(len(rows) * 0.34 + 1.1)
    places = range(len(rows))
    for place, (_, mean, lower, upper) in zip(places, reversed(rows), strict=True):
        axes.plot([lower, upper], [place, place], color=_NOW, linewidth=2.4, solid_capstyle="butt")
        axes.plot([mean], [place], color=_THEN, marker="o", markersize=6)
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.axvline(-delta, color=_LIMIT, linewidth=1.2, linestyle="--")
    axes.set_yticks(places, [_short(name, 48) for name, *_ in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(_room(min(row[2] for row in rows), max(row[3] for row in rows), delta))
    axes.set_xlabel(f"candidate − baseline; dashed: tolerance {-delta:g}")  # noqa: RUF001 -- a minus, as in print
    return _svg(figure, "Mean difference of each use case and candidate, with its bounds")


def _room(low: float, high: float, delta: float) -> tuple[float, float]:
    """What an axis of differences shows: everything, with the tolerance and 0 in it."""
    low, high = min(low, -1.5 * delta), max(high, 0.5 * delta)
    margin = 0.05 * (high - low)
    return max(low - margin, -1.04), min(high + margin, 1.04)


def savings_by_use_case(lines: Sequence[savings.Line]) -> str:
    """Draws what each use case saved, measured beside modelled, before overhead."""
    top = list(reversed(lines[:MOST_BARS]))
    figure, axes = _figure(len(top) * 0.62 + 1.0)
    places = range(len(top))
    modelled = [line.tally.modelled_nanos / NANOS_PER_USD for line in top]
    measured = [(line.measured_nanos or 0) / NANOS_PER_USD for line in top]
    axes.barh([place + 0.2 for place in places], measured, height=0.36, color=_THEN, label="measured")
    axes.barh([place - 0.2 for place in places], modelled, height=0.36, color=_NOW, label="modelled")
    axes.set_yticks(list(places), [_short(line.name or "(none)") for line in top])
    axes.axvline(0, color=_INK, linewidth=0.8)
    axes.set_xlabel("US dollars saved, before overhead")
    axes.legend(frameon=False, loc="lower right", labelcolor=_INK)
    return _svg(figure, "Savings by use case: measured and modelled")


def _figure(height: float) -> tuple[Figure, Axes]:
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure, label: str) -> str:
    out = io.StringIO()
    # Names come from clients: a dollar sign in one is no formula, also where a text was made outside of the style.
    for name in figure.findobj(Text):
        name.set_parse_math(False)
    with rc_context(_STYLE), warnings.catch_warnings():
        # The reader's browser has the letters that the layout's font has not.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    # Sized by the page, named for those who hear it.
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(shown(label))}"', 1)


def _short(name: str, most: int = 28) -> str:
    name = shown(name)
    return name if len(name) <= most else name[: most - 1] + "…"

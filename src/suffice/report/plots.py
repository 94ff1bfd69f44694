"""The report's plots as inline SVG: no script, no request, readable on light and dark paper."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from suffice.ledger.projection import Kept, Line
from suffice.money import NANOS_PER_USD
from suffice.report.summary import shown, why

MOST_BARS = 10
_NOW, _THEN, _INK = "#7c8aa5", "#1f8a70", "#808690"
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
    then = [(line.cost_nanos - line.savings_nanos) / NANOS_PER_USD for line in top]
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


def _figure(height: float) -> tuple[Figure, Axes]:
    with rc_context(_STYLE):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure, label: str) -> str:
    out = io.StringIO()
    with rc_context(_STYLE), warnings.catch_warnings():
        # The reader's browser has the letters that the layout's font has not.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    # Sized by the page, named for those who hear it.
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def _short(name: str, most: int = 28) -> str:
    name = shown(name)
    return name if len(name) <= most else name[: most - 1] + "…"

"""Curves of quality against calls or cost, and what they come to: APGR, CPT, AIQ. Pure.

A router gives each prompt a *need*: the higher, the more the prompt needs the baseline. APGR and CPT are those of
RouteLLM (arXiv 2406.18665, section 2.2, and its evaluation code): quality against the share of calls to the
baseline at the edges of ten equally frequent bins of the need. AIQ is that of RouterBench (arXiv 2403.12031,
section 3): the area under the non-decreasing convex hull of a router's points of cost and quality, over the
range of costs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

BINS = 10


class Curve(NamedTuple):
    """Points of one router, in order of a rising share of calls to the baseline, from 0 to 1."""

    share: np.ndarray
    """(k,), in [0, 1]."""
    quality: np.ndarray
    """(k,), mean score of the served answers."""
    candidate: float
    """Mean score of the candidate on every prompt."""
    baseline: float
    """Mean score of the baseline on every prompt."""


def curve(need: np.ndarray, baseline: np.ndarray, candidate: np.ndarray, bins: int = BINS) -> Curve:
    """Returns a router's curve.

    Args:
        need: (n,), any scale; ties are routed together.
        baseline: (n,), the baseline's score on each prompt.
        candidate: (n,), the candidate's.
        bins: Equally frequent bins of the need; edges that fall together count once.
    """
    order = np.argsort(need, kind="stable")
    return sorted_curve(need[order], baseline[order], candidate[order], bins)


def sorted_curve(need: np.ndarray, baseline: np.ndarray, candidate: np.ndarray, bins: int = BINS) -> Curve:
    """Returns the curve of prompts that are already in order of a rising need."""
    count = len(need)
    at = np.linspace(0, count - 1, bins + 1)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, count - 1)
    edges = np.unique(need[low] + (at - low) * (need[high] - need[low]))
    # From an edge on all go to the baseline; above the last none do.
    first = np.append(np.searchsorted(need, edges[:-1], side="left"), count)
    if first[0] != 0:
        first = np.append(0, first)
    of_candidate = np.append(0.0, np.cumsum(candidate))
    of_baseline = np.append(0.0, np.cumsum(baseline))
    quality = (of_candidate[first] + of_baseline[-1] - of_baseline[first]) / count
    return Curve(1 - first[::-1] / count, quality[::-1], of_candidate[-1] / count, of_baseline[-1] / count)


def apgr(points: Curve) -> float:
    """Returns the average performance gap recovered: 0 for the candidate alone, 1 for the baseline alone.

    `nan` where the baseline is no better than the candidate: then there is no gap.
    """
    gap = points.baseline - points.candidate
    if gap <= 0:
        return float("nan")
    return float(np.trapezoid(points.quality - points.candidate, points.share) / gap)


def cpt(points: Curve, recovered: float) -> float:
    """Returns the share of calls to the baseline, in percent, at which a share of the gap is first recovered.

    Between two points of the curve it is interpolated, as RouteLLM does.
    """
    wanted = points.candidate + recovered * (points.baseline - points.candidate)
    reached = np.flatnonzero(points.quality >= wanted - 1e-12)
    if not len(reached):
        return float("nan")
    at = int(reached[0])
    if at == 0:
        return float(100 * points.share[0])
    x, y = points.share[at - 1 : at + 1], points.quality[at - 1 : at + 1]
    part = 1.0 if y[1] == y[0] else (wanted - y[0]) / (y[1] - y[0])
    return float(100 * (x[0] + part * (x[1] - x[0])))


def hull(cost: np.ndarray, quality: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the non-decreasing convex hull of points (k,): what a mix of them can reach, in order of rising cost.

    >>> hull(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.8, 0.7, 1.0]))
    (array([0., 1., 3.]), array([0. , 0.8, 1. ]))
    """
    kept: list[tuple[float, float]] = []
    # At one cost the best point comes first, so that the others are no better than what is kept.
    for point in sorted(zip(cost.tolist(), quality.tolist(), strict=True), key=lambda at: (at[0], -at[1])):
        if kept and point[1] <= kept[-1][1]:
            continue
        while len(kept) > 1 and _below(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    xs, ys = zip(*kept, strict=True)
    return np.array(xs), np.array(ys)


def _below(left: tuple[float, float], middle: tuple[float, float], right: tuple[float, float]) -> bool:
    """Tells whether the middle point lies on or under the line between its neighbours."""
    run = right[0] - left[0]
    return (middle[1] - left[1]) * run <= (right[1] - left[1]) * (middle[0] - left[0])


def aiq(cost: np.ndarray, quality: np.ndarray, low: float, high: float) -> float:
    """Returns the average improvement in quality: the mean height of the hull between two costs.

    Left of the first point there is nothing: `low` has to be at or right of it. Right of the last point the hull
    stays as it is, as in RouterBench.
    """
    xs, ys = hull(cost, quality)
    if low < xs[0] - 1e-12:
        raise ValueError(f"no point at or below a cost of {low}")
    grid = np.unique(np.concatenate([[low, high], xs[(xs > low) & (xs < high)]]))
    return float(np.trapezoid(np.interp(grid, xs, ys), grid) / (high - low))

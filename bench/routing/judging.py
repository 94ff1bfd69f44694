"""What the needs of several routers on one pair come to: RouteLLM's figures, each with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from routing.curves import Curve, apgr, cpt, curve
from routing.resampling import interval, resampled_curves, shuffled_curves
from routing.rows import Rows

MEASURES = {
    "apgr": apgr,
    "cpt50": lambda points: cpt(points, 0.5),
    "cpt80": lambda points: cpt(points, 0.8),
}


def judge(
    needs: Mapping[str, np.ndarray], rows: Rows, rng: np.random.Generator, repeats: int
) -> dict[str, Any]:
    """Returns the figures of each router, and of each over its own decisions shuffled.

    Args:
        needs: By router, (n,).
        rows: The prompts they are of, (n,).
        rng: Draws the bootstrap samples, the same for all routers.
        repeats: How many samples.
    """
    found: dict[str, Any] = {name: {} for name in needs}
    samples = resampled_curves(needs, rows.pair, _all_measures, rng, repeats)
    for name, need in needs.items():
        points = curve(need, rows.baseline, rows.candidate)
        for column, (measure, of) in enumerate(MEASURES.items()):
            found[name][measure] = value(of(points), samples[name][:, column])
        found[name]["curve"] = [points.share.tolist(), points.quality.tolist()]
        if name not in ("random", "oracle"):
            gains = shuffled_curves(need, rows.pair, apgr, rng, repeats)
            found[name]["over_shuffled"] = value(float(np.nanmean(gains)), gains)
    return {"routers": found, **described(rows)}


def described(rows: Rows) -> dict[str, Any]:
    """Returns what a pair is like."""
    return {
        "prompts": len(rows),
        "buckets": len(set(rows.buckets)),
        "baseline": float(rows.baseline.mean()),
        "candidate": float(rows.candidate.mean()),
        "as_good": float(rows.good.mean()),
    }


def value(found: float, samples: np.ndarray | Iterable[float]) -> dict[str, float]:
    """Returns a figure with its 95% bootstrap interval."""
    low, high = interval(np.asarray(samples))
    return {"value": found, "low": low, "high": high}


def _all_measures(points: Curve) -> np.ndarray:
    return np.array([of(points) for of in MEASURES.values()])

"""How far probabilities can be believed: Brier, ECE, reliability, and decisions above a bar. Pure."""

from __future__ import annotations

import math

import numpy as np


def brier(p: np.ndarray, good: np.ndarray) -> float:
    """Returns the mean squared error of probabilities, (n,), of what came true, (n,) of 0 and 1."""
    return float(np.mean((p - good) ** 2))


def reliability(p: np.ndarray, good: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """Returns a row for each bin of equal width that holds any: mean of `p`, share that came true, interval, count."""
    number = np.clip((p * bins).astype(int), 0, bins - 1)
    rows = []
    for bin_number in np.unique(number):
        inside = number == bin_number
        low, high = wilson(float(good[inside].sum()), int(inside.sum()))
        rows.append(
            {
                "p": float(p[inside].mean()),
                "share": float(good[inside].mean()),
                "low": low,
                "high": high,
                "count": int(inside.sum()),
            }
        )
    return rows


def ece(p: np.ndarray, good: np.ndarray, bins: int = 10) -> float:
    """Returns the expected calibration error: |mean p - share that came true|, weighed by the bins' counts."""
    rows = reliability(p, good, bins)
    return sum(row["count"] * abs(row["p"] - row["share"]) for row in rows) / len(p)


def wilson(right: float, count: int, z: float = 1.96) -> tuple[float, float]:
    """Returns the Wilson interval of a share: of `right` among `count`; all of [0, 1] if there are none."""
    if count == 0:
        return 0.0, 1.0
    share = right / count
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def above(p: np.ndarray, good: np.ndarray, bar: float) -> dict[str, float]:
    """Returns how many decisions a bar lets through, and which share of them was right, with its interval."""
    taken = p >= bar
    count, right = int(taken.sum()), float(good[taken].sum())
    low, high = wilson(right, count)
    return {
        "taken": count,
        "of": len(p),
        "right": right / count if count else float("nan"),
        "low": low,
        "high": high,
    }

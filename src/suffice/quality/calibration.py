"""PREDICT: from an expected gain to a probability: Platt scaling.

Source: Platt, "Probabilistic outputs for support vector machines", 1999, with its smoothed targets.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

_STEPS = 50
_STEADY = 1e-3


class Platt(msgspec.Struct, frozen=True, array_like=True):
    """`p_good = 1 / (1 + exp(-(slope * gain + offset)))`."""

    slope: float
    offset: float

    def p_good(self, gain: float) -> float:
        """Returns the probability at a gain.

        >>> Platt(4.0, 0.0).p_good(0.0)
        0.5
        """
        return 1.0 / (1.0 + math.exp(-min(max(self.slope * gain + self.offset, -30.0), 30.0)))


def fit_platt(gains: NDArray[np.float64], good: NDArray[np.bool_]) -> Platt:
    """Returns the curve that makes the labels most probable. The gains have to be out of fold.

    Args:
        gains: Expected gains, (n,).
        good: Whether the answer was good, (n,).

    Returns:
        Never a falling curve: where the gains say nothing, it is flat at the share of good answers.
    """
    positive, negative = float(good.sum()), float((~good).sum())
    target = np.where(good, (positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0))
    start = math.log((positive + 1.0) / (negative + 1.0))
    weights = np.array([1.0, start])
    inputs = np.stack([gains, np.ones(len(gains))], axis=1)
    ridge = np.diag([_STEADY, 0.0])
    for _ in range(_STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(inputs @ weights, -30.0, 30.0)))
        slope = inputs.T @ (p - target) + ridge @ weights
        bend = (inputs * (p * (1.0 - p))[:, None]).T @ inputs + ridge + 1e-9 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights -= np.clip(step, -5.0, 5.0)
        if np.abs(step).max() < 1e-9:
            break
    if weights[0] <= 0:
        return Platt(0.0, start)
    return Platt(float(weights[0]), float(weights[1]))

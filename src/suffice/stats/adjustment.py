"""The mean of an outcome at a given value of a covariate, by least squares, with a variance that trusts no model.

Source: Lin, Agnostic notes on regression adjustments to experimental data (Annals of Applied Statistics 2013): a line
of its own in each arm. Variances are HC3 (MacKinnon and White, Journal of Econometrics 1985).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_LEVERAGE = 0.95


class Adjusted(NamedTuple):
    """One mean and its variance for each sample."""

    mean: Floats
    """Shape (b,)."""
    variance: Floats
    """Shape (b,); infinite where a sample has fewer than two units."""


def adjusted_means(outcome: Floats, covariate: Floats, at: float) -> Adjusted:
    """Returns the mean outcome that each sample's least-squares line has at a value of the covariate.

    Args:
        outcome: Shape (b, n): b samples of n units.
        covariate: The same shape; known before anything was done to a unit. If it does not vary in a sample, that
            sample's plain mean is its answer.
        at: The value, such as the covariate's mean over all arms.

    >>> found = adjusted_means(np.array([[1.0, 3.0, 5.0]]), np.array([[0.0, 1.0, 2.0]]), at=3.0)
    >>> float(found.mean[0]), float(found.variance[0])
    (7.0, 0.0)
    """
    count = outcome.shape[1]
    off = covariate - covariate.mean(axis=1, keepdims=True)
    spread = (off**2).sum(axis=1, keepdims=True)
    varies = spread > 1e-12 * (covariate**2).sum(axis=1, keepdims=True)
    scale = np.where(varies, spread, 1.0)
    middle = outcome.mean(axis=1, keepdims=True)
    slope = np.where(varies, (off * (outcome - middle)).sum(axis=1, keepdims=True) / scale, 0.0)
    reach = np.where(varies, (at - covariate.mean(axis=1, keepdims=True)) / scale, 0.0)
    mean = (middle + slope * reach * scale)[:, 0]
    if count < 2:
        return Adjusted(mean, np.full(len(mean), np.inf))
    left = outcome - middle - slope * off
    leverage = 1 / count + np.where(varies, off**2 / scale, 0.0)
    weight = 1 / count + off * reach
    variance = ((weight * left / (1 - np.minimum(leverage, _MOST_LEVERAGE))) ** 2).sum(axis=1)
    return Adjusted(mean, variance)


def explained(outcome: Floats, covariate: Floats) -> float:
    """Returns the share of an outcome's variance that its least-squares line explains of each unit left out in turn.

    Args:
        outcome: Shape (n,).
        covariate: Shape (n,).

    Returns:
        At most 1; below 0 where the line predicts worse than the mean; 0 where nothing varies.

    >>> round(explained(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0.0, 1.0, 2.0, 3.0])), 6)
    1.0
    """
    off = covariate - covariate.mean()
    spread, varies = float(off @ off), float(outcome.var()) * len(outcome)
    if spread <= 1e-12 * float(covariate @ covariate) or varies == 0:
        return 0.0
    middle = outcome - outcome.mean()
    left = middle - off * (float(off @ middle) / spread)
    leverage = 1 / len(outcome) + off**2 / spread
    return 1 - float(((left / (1 - np.minimum(leverage, _MOST_LEVERAGE))) ** 2).sum()) / varies

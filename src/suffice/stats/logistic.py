"""Logistic regression of a few columns, with a belief about each weight: what a handful of labels cannot overturn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEPS = 60
_LARGEST_STEP = 4.0


def logistic(
    inputs: NDArray[np.float64],
    labels: NDArray[np.bool_],
    belief: NDArray[np.float64],
    sd: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the most probable weights and their covariance (Laplace's approximation).

    Args:
        inputs: Shape (n, d); n may be 0.
        labels: Shape (n,).
        belief: What the weights are thought to be before any label, (d,).
        sd: And how sure that is, (d,), above 0.

    Returns:
        Weights (d,) and covariance (d, d): the belief itself where there is no label.
    """
    precision = np.diag(sd**-2.0)
    weights = belief.astype(np.float64).copy()
    for _ in range(_STEPS):
        p = _share(inputs @ weights)
        pull = inputs.T @ (p - labels) + precision @ (weights - belief)
        step = np.linalg.solve(_bend(inputs, p) + precision, pull)
        weights -= np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        if np.abs(step).max() < 1e-10:
            break
    covariance = np.linalg.inv(_bend(inputs, _share(inputs @ weights)) + precision)
    return weights, covariance.astype(np.float64)


def _share(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0)))


def _bend(inputs: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    return (inputs * (p * (1.0 - p))[:, None]).T @ inputs

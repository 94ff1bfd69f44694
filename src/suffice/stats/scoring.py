"""How good probabilities are: Brier score, calibration error, a table of reliability, the area under the ROC curve."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
Labels = NDArray[np.bool_]


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Forecasts that are near each other, and what came of them."""

    count: int
    expected: float
    """Mean of the forecasts."""
    observed: float
    """Share of what came true."""


def brier(forecasts: Probabilities, labels: Labels) -> float:
    """Returns the mean squared difference of forecast and truth: 0 is perfect, a coin's is 0.25; NaN of nothing.

    Source: Brier, "Verification of forecasts expressed in terms of probability", 1950.

    >>> brier(np.array([1.0, 0.5]), np.array([True, False]))
    0.125
    """
    return float(np.mean((forecasts - labels) ** 2)) if len(forecasts) else float("nan")


def reliability(forecasts: Probabilities, labels: Labels, bins: int = 10) -> tuple[Bin, ...]:
    """Returns the forecasts in bins of about equal size, lowest first, and what came of them.

    Equal forecasts are never split over two bins, so there can be fewer bins than asked for.
    """
    if not len(forecasts):
        return ()
    order = np.argsort(forecasts, kind="stable")
    ranked, truth = forecasts[order], labels[order]
    cuts = (np.arange(1, bins) * len(ranked)) // bins
    starts = np.unique(np.concatenate(([0], np.searchsorted(ranked, ranked[cuts], side="left"))))
    return tuple(
        Bin(count=len(part), expected=float(part.mean()), observed=float(true.mean()))
        for part, true in zip(np.split(ranked, starts[1:]), np.split(truth, starts[1:]), strict=True)
    )


def calibration_error(forecasts: Probabilities, labels: Labels, bins: int = 10) -> float:
    """Returns the expected calibration error: the mean distance of forecast and truth over `reliability`'s bins.

    NaN of nothing. Source: Naeini, Cooper and Hauskrecht, AAAI 2015, with bins of equal size.
    """
    table = reliability(forecasts, labels, bins)
    if not table:
        return float("nan")
    return sum(row.count * abs(row.expected - row.observed) for row in table) / len(forecasts)


def auc(forecasts: NDArray[np.float64], labels: Labels) -> float:
    """Returns how often what came true had the higher forecast, ties half; NaN if all or none came true.

    >>> auc(np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        return float("nan")
    _, places, counts = np.unique(forecasts, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2.0
    return float((ranks[places][labels].sum() - positive * (positive + 1) / 2.0) / (positive * negative))

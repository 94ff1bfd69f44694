"""PREDICT: from an expected gain to a probability that an answer is good: Platt scaling with one more input.

Source: Platt, "Probabilistic outputs for support vector machines", 1999. The second input is how often the candidate
was good in this use case: where both models are mostly wrong, a candidate that gains little is still mostly as good.
Few labels do not overturn what is thought of the curve before any (house heuristic).
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.stats.logistic import logistic

CENTRAL_90 = 1.6448536269514722
"""Standard deviations on each side of the mean that hold 90% of a normal distribution."""

_BELIEF = np.array([4.0, 0.6, 0.3])
_SD = np.array([3.0, 0.5, 1.0])
_LARGEST_ODDS = 30.0


class Interval(msgspec.Struct, frozen=True):
    """A probability, and the ends of its central 90% interval."""

    p: float
    low: float
    high: float


class Curve(msgspec.Struct, frozen=True, array_like=True):
    """`log_odds(p_good) = slope * gain + share * log_odds(rate) + offset`."""

    slope: float
    share: float
    offset: float
    covariance: tuple[float, ...] = (0.0,) * 9
    """Of the three, row by row."""

    def log_odds(self, gain: float, rate_odds: float) -> float:
        """Returns the log-odds at a gain, and at the log-odds of the rate of good answers in the use case."""
        return self.slope * gain + self.share * rate_odds + self.offset

    def p_good(self, gain: float, rate_odds: float) -> float:
        """Returns the probability; never exactly 0 or 1.

        >>> Curve(4.0, 1.0, 0.0).p_good(0.25, -1.0)
        0.5
        """
        return _probability(self.log_odds(gain, rate_odds))

    def interval(self, gain: float, gain_sd: float, rate_odds: float) -> Interval:
        """Returns the probability, and where it may be, given what is not known of the gain and of the curve."""
        odds = self.log_odds(gain, rate_odds)
        a, b, c = gain, rate_odds, 1.0
        k = self.covariance
        variance = (
            (self.slope * gain_sd) ** 2
            + a * (k[0] * a + k[1] * b + k[2] * c)
            + b * (k[3] * a + k[4] * b + k[5] * c)
            + c * (k[6] * a + k[7] * b + k[8] * c)
        )
        reach = CENTRAL_90 * math.sqrt(max(variance, 0.0))
        return Interval(_probability(odds), _probability(odds - reach), _probability(odds + reach))


def odds_of(rate: float) -> float:
    """Returns the log-odds of a rate, which may be 0 or 1: then of one in a thousand."""
    rate = min(max(rate, 0.001), 0.999)
    return math.log(rate / (1.0 - rate))


def fit_curve(gains: NDArray[np.float64], rate_odds: NDArray[np.float64], good: NDArray[np.bool_]) -> Curve:
    """Returns the most probable curve. Gains and rates have to be out of fold.

    Args:
        gains: Expected gains, (n,).
        rate_odds: Log-odds of the rate of good answers in the use case, (n,).
        good: Whether the answer was good, (n,).

    Returns:
        A curve that never falls: an input whose weight would be below 0 gets 0.
    """
    inputs = np.stack([gains, rate_odds, np.ones(len(gains))], axis=1)
    kept = np.array([True, True, True])
    while True:
        weights, covariance = np.zeros(3), np.zeros((3, 3))
        found, spread = logistic(inputs[:, kept], good, _BELIEF[kept], _SD[kept])
        weights[kept] = found
        covariance[np.ix_(kept, kept)] = spread
        falling = (weights < 0) & np.array([True, True, False])
        if not falling.any():
            slope, share, offset = map(float, weights)
            return Curve(slope, share, offset, tuple(map(float, covariance.ravel())))
        kept &= ~falling


def _probability(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(odds, -_LARGEST_ODDS), _LARGEST_ODDS)))

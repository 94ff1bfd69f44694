"""Choosing among many models: the rules, and the points of cost and quality that they reach. Pure.

The baseline is one of the models: its gain over itself is 0, and it clears any bar.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.curves import aiq

BARS = np.unique(np.concatenate([np.linspace(0, 1, 81), [0.99, 0.995, 1.01]]))
"""Bars of `p_good`; above 1 only the baseline clears it."""
RATES = np.concatenate([[0.0], np.geomspace(1e-1, 1e6, 90)])
"""What a point of quality may cost: points of score that one dollar has to buy."""


class Expected(NamedTuple):
    """What is expected of each model on each prompt."""

    gain: np.ndarray
    """(n, m), score over the baseline's."""
    p_good: np.ndarray
    """(n, m), probability of a score at least the baseline's; infinite for the baseline itself."""
    cost: np.ndarray
    """(n, m), US dollars."""


class Points(NamedTuple):
    """What each setting of a rule comes to on each prompt."""

    quality: np.ndarray
    """(n, t)."""
    cost: np.ndarray
    """(n, t), US dollars."""


def by_bar(expected: Expected, bars: np.ndarray = BARS) -> np.ndarray:
    """Returns the cheapest model whose `p_good` clears each bar, (n, t): how the product chooses."""
    return np.stack(
        [np.argmin(np.where(expected.p_good >= bar, expected.cost, np.inf), axis=1) for bar in bars], axis=1
    )


def by_rate(expected: Expected, rates: np.ndarray = RATES) -> np.ndarray:
    """Returns the model with the most expected gain less its cost at each rate, (n, t): how RouterBench chooses."""
    return np.stack([np.argmax(expected.gain - rate * expected.cost, axis=1) for rate in rates], axis=1)


def reached(choice: np.ndarray, quality: np.ndarray, cost: np.ndarray) -> Points:
    """Returns what choices, (n, t), really scored and cost; `quality` and `cost` are (n, m)."""
    return Points(np.take_along_axis(quality, choice, 1), np.take_along_axis(cost, choice, 1))


def average(points: Points, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the mean cost and quality of each setting, (t,), of a sample that holds each prompt `times`, (n,)."""
    return times @ points.cost / times.sum(), times @ points.quality / times.sum()


def aiq_of(points: Points, quality: np.ndarray, cost: np.ndarray, times: np.ndarray) -> float:
    """Returns RouterBench's AIQ between the cost of the cheapest single model and that of the dearest.

    The cheapest model alone is a point of every router: whoever may choose can always choose it.
    """
    of_model = times @ cost / times.sum()
    cheapest = int(np.argmin(of_model))
    xs, ys = average(points, times)
    xs = np.append(np.maximum(xs, of_model[cheapest]), of_model[cheapest])
    ys = np.append(ys, times @ quality[:, cheapest] / times.sum())
    return aiq(xs, ys, float(of_model[cheapest]), float(of_model.max()))


def cheapest_that_holds(
    points: Points, baseline: np.ndarray, loss: float, repeats: int, rng: np.random.Generator | None
) -> int:
    """Returns the cheapest setting whose quality is at least the baseline's less a loss, on the rows it is chosen on.

    Args:
        points: Of each setting.
        baseline: (n,), the baseline's scores.
        loss: Allowed loss of mean score.
        repeats: Bootstrap samples.
        rng: Draws them; then the lower 90% bound has to hold. `None` goes by the point estimate.

    Returns:
        The index of a setting; the one closest to the baseline where none holds.
    """
    lost = points.quality - baseline[:, None]
    held = lost.mean(axis=0)
    if rng is not None:
        count = len(baseline)
        times = rng.multinomial(count, np.full(count, 1 / count), repeats)
        held = np.quantile(times @ lost / count, 0.10, axis=0)
    cost = points.cost.mean(axis=0)
    good = held >= -loss
    return int(np.argmin(np.where(good, cost, np.inf))) if good.any() else int(np.argmax(held))

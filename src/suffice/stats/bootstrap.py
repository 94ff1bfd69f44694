"""Intervals for reports, by drawing again from what was drawn. Not for verdicts: they hold at one fixed look only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_AT_ONCE = 2_000_000


def paired(
    differences: Sequence[float], *, level: float, rng: np.random.Generator, repeats: int = 10_000
) -> tuple[float, float]:
    """Returns the central percentile interval of the mean of paired differences.

    Source: Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 1979; percentile interval.

    Args:
        differences: One for each unit that both answered.
        level: Share of resampled means that lie inside, in (0, 1).
        rng: The dice.
        repeats: Samples drawn.

    Returns:
        Both ends; both are the value if all differences are equal, which says nothing about values not yet seen.

    Raises:
        ValueError: There is no difference, or the level is out of range.

    >>> low, high = paired([0.0, 1.0] * 50, level=0.9, rng=np.random.default_rng(1))
    >>> round(low, 2), round(high, 2)
    (0.42, 0.58)
    """
    if not len(differences):
        raise ValueError("there is no difference to draw from")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level is in (0, 1): not {level}")
    values, counts = np.unique(np.asarray(differences, dtype=np.float64), return_counts=True)
    n = int(counts.sum())
    shares = counts / n
    means = np.empty(repeats)
    step = max(1, _AT_ONCE // values.size)
    for start in range(0, repeats, step):
        part = slice(start, min(start + step, repeats))
        means[part] = rng.multinomial(n, shares, size=part.stop - part.start) @ values / n
    low, high = np.quantile(means, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)

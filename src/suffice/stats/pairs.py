"""A few units seen under both treatments, beside two random arms: one estimate from both, by inverse variance.

Source: Cochran, The combination of estimates from different experiments (Biometrics 1954). The pairs are a random
sample of the treated units, so their mean speaks for all of these; it is far more precise than the arms' difference
where what a unit costs varies much more than what the treatment makes of it. The combined interval reaches as many
standard errors as the arms' own does, which is further than a normal one (house heuristic).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from suffice.stats.adjustment import Floats
from suffice.stats.holdout import Total

FEWEST_PAIRS = 50
"""Below this a heavy tail is not seen, and the pairs say nothing of their own spread."""


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """What pairs say of the sum over all treated units."""

    estimate: float
    variance: float
    """More than 0."""


def paired(differences: Floats, *, population: int) -> Paired | None:
    """Returns the total of a difference over a population of which some units were seen under both treatments.

    Args:
        differences: Shape (m,): untreated minus treated.
        population: Treated units, those with a pair included.

    Returns:
        `None` if there are fewer than `FEWEST_PAIRS`, or if they do not vary: then nothing is known of their spread.

    >>> found = paired(np.array([1.0, 3.0] * 30), population=600)
    >>> found.estimate, round(found.variance, 1)
    (1200.0, 5491.5)
    """
    count = len(differences)
    if count < FEWEST_PAIRS:
        return None
    variance = float(differences.var(ddof=1))
    if variance <= 0 or count >= population:
        return None
    unseen = 1 - count / population
    return Paired(
        estimate=population * float(differences.mean()), variance=population**2 * variance / count * unseen
    )


def combine(found: Total, pairs: Sequence[Paired | None]) -> Total:
    """Returns the total with each stratum's pairs brought in.

    Args:
        found: Of the arms.
        pairs: One a stratum, in the same order; `None` where the arms count alone.
    """
    estimates, variances = list(found.by_stratum), list(found.variance_by_stratum)
    for place, one in enumerate(pairs):
        if one is None or variances[place] <= 0:
            continue
        weight = variances[place] / (variances[place] + one.variance)
        estimates[place] += weight * (one.estimate - estimates[place])
        variances[place] *= 1 - weight
    error = float(np.sqrt(sum(variances)))
    estimate = sum(estimates)
    scale = error / found.standard_error if found.standard_error > 0 else 1.0
    return Total(
        estimate=estimate,
        low=estimate - (found.estimate - found.low) * scale,
        high=estimate + (found.high - found.estimate) * scale,
        standard_error=error,
        by_stratum=tuple(estimates),
        variance_by_stratum=tuple(variances),
    )

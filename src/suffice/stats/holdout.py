"""How much lower a cost is in one random arm than in the other, summed over strata, with an interval that covers.

The arm that stays as it was, the holdout, is small, and costs have a heavy right tail: a small sample's mean and its
standard error are then low together or high together, and the usual interval covers 80 to 90% where it says 95 (see
docs/savings-coverage.md). So the studentised difference's own distribution is simulated (bootstrap-t: Hall, Annals of
Statistics 1988) from the outcomes of *both* arms: the large arm's, scaled to the small arm's mean, have the tail that
the small arm is too small to show. What the simulation takes as known, the small arm's own spread, is paid for by the
ratio of Student's t to the normal quantile (degrees of freedom: Satterthwaite, Biometrics 1946). Pooling and ratio are
house heuristics; the coverage study is their justification.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from suffice.stats.adjustment import Adjusted, Floats, adjusted_means, explained

FEWEST = 5
"""Units in each arm below which a stratum says nothing."""
FEWEST_TO_ADJUST = 20
"""Units in each arm below which means are compared as they are: a line through so few reaches too far."""
LEAST_EXPLAINED = 0.1
"""Share of the treated arm's variance that the covariate has to explain of units left out; house heuristic. A line that
explains little moves a small holdout's mean by its own error, and not evenly to both sides."""
REPLICATES = 1_000
_CHUNK_VALUES = 2_000_000


class Arm(msgspec.Struct, frozen=True):
    """Units that were treated alike."""

    outcome: Floats
    """Shape (n,)."""
    covariate: Floats
    """Shape (n,); known before the treatment."""


class Stratum(msgspec.Struct, frozen=True, kw_only=True):
    """Units that were assigned with one probability."""

    holdout: Arm
    treated: Arm

    @property
    def usable(self) -> bool:
        """Both arms are large enough to say something."""
        return min(len(self.holdout.outcome), len(self.treated.outcome)) >= FEWEST


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """Sum over strata of treated units times the mean difference, holdout minus treated."""

    estimate: float
    low: float
    high: float
    standard_error: float
    by_stratum: tuple[float, ...]
    """Each stratum's part of the estimate."""
    variance_by_stratum: tuple[float, ...]
    """Of each part."""


class _Fitted(msgspec.Struct, frozen=True, kw_only=True):
    difference: float
    variance: float
    treated_variance: float
    units: int
    at: float
    pool: Arm
    """What the holdout may be a sample of."""
    pool_mean: float
    drawn: int


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """One stratum, and how far its difference may lie off: sums over several are taken of the same draws."""

    fitted: _Fitted
    off: Floats
    """Shape (replicates,): the treated units' sum, of each replicate, minus what it is an estimate of."""
    variance: Floats
    """Shape (replicates,): as each replicate would have estimated it."""


def total_difference(
    strata: Sequence[Stratum],
    *,
    level: float,
    rng: np.random.Generator,
    replicates: int = REPLICATES,
) -> Total:
    """Returns how much less all treated units together came to than they would have without the treatment.

    Args:
        strata: Each with its two arms, all `usable`; at least one.
        level: Of the central interval, in (0, 1), such as 0.95.
        rng: Dice of the simulation.
        replicates: Of the simulation.

    Raises:
        ValueError: There is no stratum, or one is not usable.
    """
    return total_of([simulated(stratum, rng=rng, replicates=replicates) for stratum in strata], level=level)


def simulated(stratum: Stratum, *, rng: np.random.Generator, replicates: int = REPLICATES) -> Simulated:
    """Returns a stratum's difference with its simulation, for `total_of`.

    Args:
        stratum: With its two arms, `usable`.
        rng: Dice of the simulation.
        replicates: The same for all strata of a sum.

    Raises:
        ValueError: It is not usable.
    """
    if not stratum.usable:
        raise ValueError(f"each stratum needs {FEWEST} units in both arms")
    one = _fit(stratum)
    drawn = _draw(one, replicates, rng)
    # The treated arm is large: its mean lies around the pool's as a normal variable does.
    treated = rng.normal(0.0, np.sqrt(one.treated_variance), replicates)
    return Simulated(
        fitted=one,
        off=one.units * (drawn.mean - one.pool_mean - treated),
        variance=one.units**2 * drawn.variance * (1 + one.drawn / one.units),
    )


def total_of(strata: Sequence[Simulated], *, level: float) -> Total:
    """Returns the sum over strata with its interval; of the same strata it is the same to the last bit.

    Args:
        strata: At least one.
        level: Of the central interval, in (0, 1), such as 0.95.

    Raises:
        ValueError: There is no stratum.
    """
    if not strata:
        raise ValueError("there is no stratum with units in both arms")
    fitted = [one.fitted for one in strata]
    estimate = sum(one.units * one.difference for one in fitted)
    error = float(np.sqrt(sum(one.units**2 * one.variance for one in fitted)))
    off = np.sum([one.off for one in strata], axis=0)
    variance = np.sum([one.variance for one in strata], axis=0)
    studentised = np.divide(off, np.sqrt(variance), out=np.zeros(len(off)), where=variance > 0)
    lower, upper = np.quantile(studentised, [(1 - level) / 2, (1 + level) / 2])
    reach = error * _widening(fitted, level)
    return Total(
        estimate=estimate,
        low=estimate - max(0.0, float(upper)) * reach,
        high=estimate - min(0.0, float(lower)) * reach,
        standard_error=error,
        by_stratum=tuple(one.units * one.difference for one in fitted),
        variance_by_stratum=tuple(one.units**2 * one.variance for one in fitted),
    )


def _fit(stratum: Stratum) -> _Fitted:
    holdout, treated = stratum.holdout, stratum.treated
    if not _adjusts(stratum):
        holdout, treated = (Arm(arm.outcome, np.zeros(len(arm.outcome))) for arm in (holdout, treated))
    every = np.concatenate([holdout.covariate, treated.covariate])
    at = float(every.mean())
    before = adjusted_means(holdout.outcome[None], holdout.covariate[None], at)
    after = adjusted_means(treated.outcome[None], treated.covariate[None], at)
    # What the treated units cost is known; what is not is how far *their* mean without the treatment lies from that of
    # the units it was drawn with.
    own = float(before.variance[0]) * len(holdout.outcome) / len(treated.outcome)
    level = float(treated.outcome.mean())
    scaled = treated.outcome * (float(holdout.outcome.mean()) / level) if level else treated.outcome
    pool = Arm(np.concatenate([holdout.outcome, scaled]), every)
    return _Fitted(
        difference=float(before.mean[0] - after.mean[0]),
        variance=float(before.variance[0]) + own,
        treated_variance=own,
        units=len(treated.outcome),
        at=at,
        pool=pool,
        pool_mean=float(adjusted_means(pool.outcome[None], pool.covariate[None], at).mean[0]),
        drawn=len(holdout.outcome),
    )


def _widening(fitted: Sequence[_Fitted], level: float) -> float:
    """Student's quantile over the normal one."""
    # Here, because it is the only thing that needs scipy.
    from scipy.special import ndtri, stdtrit  # type: ignore[import-untyped]  # noqa: PLC0415 -- see above

    parts = [
        (one.units**2 * variance, freedom)
        for one in fitted
        for variance, freedom in (
            (one.variance - one.treated_variance, one.drawn - 1),
            (one.treated_variance, one.units - 1),
        )
    ]
    whole = sum(variance for variance, _ in parts)
    if whole <= 0:
        return 1.0
    freedom = whole**2 / sum(variance**2 / degrees for variance, degrees in parts)
    quantile = (1 + level) / 2
    return float(stdtrit(freedom, quantile) / ndtri(quantile))


def _adjusts(stratum: Stratum) -> bool:
    """Tells whether the covariate is worth its own error. Only the treated arm is asked, so nothing is picked."""
    if min(len(stratum.holdout.outcome), len(stratum.treated.outcome)) < FEWEST_TO_ADJUST:
        return False
    return explained(stratum.treated.outcome, stratum.treated.covariate) >= LEAST_EXPLAINED


def _draw(one: _Fitted, replicates: int, rng: np.random.Generator) -> Adjusted:
    """The holdout's adjusted mean and variance, as often as it might have been drawn."""
    step = max(1, _CHUNK_VALUES // one.drawn)
    found = []
    for start in range(0, replicates, step):
        places = rng.integers(0, len(one.pool.outcome), (min(step, replicates - start), one.drawn))
        found.append(adjusted_means(one.pool.outcome[places], one.pool.covariate[places], one.at))
    return Adjusted(*(np.concatenate(parts) for parts in zip(*found, strict=True)))

from __future__ import annotations

import numpy as np
import pytest

from suffice.stats.holdout import FEWEST, Arm, Stratum, simulated, total_difference, total_of


def arm(rng: np.random.Generator, count: int, mean: float, sigma: float = 0.8) -> Arm:
    x = rng.lognormal(0, sigma, count)
    return Arm(mean * x * rng.lognormal(-0.125, 0.5, count), x)


def stratum(rng: np.random.Generator, holdout: int = 60, treated: int = 600, saved: float = 9.0) -> Stratum:
    return Stratum(holdout=arm(rng, holdout, 10.0), treated=arm(rng, treated, 10.0 - saved))


def test_it_is_the_sum_over_the_treated_units() -> None:
    still = Arm(np.full(10, 7.0), np.ones(10))
    cheaper, dearer = (Arm(np.full(20, cost), np.ones(20)) for cost in (2.0, 8.0))
    found = total_difference(
        [Stratum(holdout=still, treated=cheaper), Stratum(holdout=still, treated=dearer)],
        level=0.95,
        rng=np.random.default_rng(0),
    )
    assert found.by_stratum == (100.0, -20.0)
    assert (found.estimate, found.low, found.high) == (80.0, 80.0, 80.0)


def test_the_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(300):
        found = total_difference(
            [stratum(rng, holdout=25), stratum(rng, holdout=12, saved=8.0)],
            level=0.9,
            rng=rng,
            replicates=300,
        )
        # E[x] of a log-normal variable: what the arms differ by in truth.
        truth = 600 * (9.0 + 8.0) * np.exp(0.32)
        covered += found.low <= truth <= found.high
    assert 0.86 * 300 <= covered <= 0.97 * 300


def test_the_covariate_narrows_it_where_it_explains_something() -> None:
    rng = np.random.default_rng(2)
    told = [stratum(rng) for _ in range(4)]
    untold = [
        Stratum(holdout=Arm(one.holdout.outcome, np.ones(60)), treated=Arm(one.treated.outcome, np.ones(600)))
        for one in told
    ]
    one = total_difference(told, level=0.95, rng=np.random.default_rng(1))
    other = total_difference(untold, level=0.95, rng=np.random.default_rng(1))
    assert one.high - one.low < 0.8 * (other.high - other.low)


def test_the_same_dice_give_the_same_interval() -> None:
    strata = [stratum(np.random.default_rng(4))]
    one, other = (total_difference(strata, level=0.95, rng=np.random.default_rng(6)) for _ in range(2))
    assert one == other


def test_a_sum_over_fewer_strata_is_of_the_same_draws() -> None:
    rng = np.random.default_rng(4)
    one, other = (simulated(stratum(rng), rng=rng) for _ in range(2))
    assert total_of([one, other], level=0.95) == total_of([one, other], level=0.95)
    alone, both = total_of([one], level=0.95), total_of([one, other], level=0.95)
    assert both.by_stratum[0] == alone.estimate
    assert both.low > alone.low + total_of([other], level=0.95).low, "two errors do not add up"


def test_a_treated_arm_that_cost_nothing_is_compared_all_the_same() -> None:
    rng = np.random.default_rng(5)
    free = Stratum(holdout=arm(rng, 30, 10.0), treated=Arm(np.zeros(50), np.ones(50)))
    found = total_difference([free], level=0.95, rng=rng)
    assert 0 < found.low < found.estimate < found.high


def test_arms_that_are_too_small_are_refused() -> None:
    rng = np.random.default_rng(5)
    with pytest.raises(ValueError, match=f"{FEWEST} units"):
        total_difference([stratum(rng, holdout=FEWEST - 1)], level=0.95, rng=rng)
    with pytest.raises(ValueError, match="both arms"):
        total_difference([], level=0.95, rng=rng)
    assert stratum(rng, holdout=FEWEST).usable

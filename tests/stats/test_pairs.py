from __future__ import annotations

import numpy as np
import pytest

from suffice.stats.holdout import Arm, Stratum, Total, total_difference
from suffice.stats.pairs import FEWEST_PAIRS, Paired, combine, paired

ARMS = Total(
    estimate=100.0,
    low=80.0,
    high=125.0,
    standard_error=10.0,
    by_stratum=(60.0, 40.0),
    variance_by_stratum=(64.0, 36.0),
)


def test_too_few_pairs_or_pairs_that_do_not_vary_say_nothing() -> None:
    assert paired(np.arange(FEWEST_PAIRS - 1.0), population=1_000) is None
    assert paired(np.full(100, 3.0), population=1_000) is None
    assert paired(np.arange(100.0), population=100) is None, "nothing is left to speak for"


def test_without_pairs_the_arms_stand_as_they_are() -> None:
    assert combine(ARMS, [None, None]) == ARMS


def test_pairs_count_by_inverse_variance_in_their_own_stratum() -> None:
    found = combine(ARMS, [Paired(estimate=50.0, variance=64.0), None])
    assert found.by_stratum == (55.0, 40.0)
    assert found.variance_by_stratum == (32.0, 36.0)
    assert found.estimate == 95.0
    assert found.standard_error == pytest.approx(68.0**0.5)
    # As many standard errors to either side as before.
    assert (found.estimate - found.low) / found.standard_error == pytest.approx(2.0)
    assert (found.high - found.estimate) / found.standard_error == pytest.approx(2.5)


def test_a_stratum_whose_arms_do_not_vary_needs_no_pairs() -> None:
    still = Total(
        estimate=5.0, low=5.0, high=5.0, standard_error=0.0, by_stratum=(5.0,), variance_by_stratum=(0.0,)
    )
    assert combine(still, [Paired(estimate=9.0, variance=1.0)]) == still


def test_the_combined_interval_covers_and_is_narrower() -> None:
    rng = np.random.default_rng(5)
    covered = narrower = 0
    for _ in range(300):
        # 400 treated units, 30 in the holdout, 60 pairs; costs have a heavy tail, the treatment takes four fifths off.
        usual = rng.lognormal(0, 1.0, 430)
        after = usual * 0.2 * rng.lognormal(-0.02, 0.2, 430)
        arms = Stratum(
            holdout=Arm(usual[:30], np.ones(30)),
            treated=Arm(after[30:], np.ones(400)),
        )
        alone = total_difference([arms], level=0.95, rng=rng, replicates=300)
        pairs = paired((usual - after)[rng.choice(np.arange(30, 430), 60, replace=False)], population=400)
        found = combine(alone, [pairs])
        covered += found.low <= (usual - after)[30:].sum() <= found.high
        narrower += found.high - found.low < alone.high - alone.low
    assert narrower == 300
    assert covered >= 0.91 * 300

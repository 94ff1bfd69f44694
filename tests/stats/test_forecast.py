from __future__ import annotations

import math

import numpy as np
import pytest

from suffice.stats.betting import BettingSequence
from suffice.stats.forecast import Forecast, expected_samples

MIXED = [-1.0] * 3 + [0.0] * 94 + [1.0] * 3


def forecast(
    differences: list[float],
    population: int | None = None,
    seen: list[float] | None = None,
    delta: float = 0.05,
) -> Forecast:
    return expected_samples(
        differences,
        delta=delta,
        alpha=0.05,
        population=population,
        rng=np.random.default_rng(1),
        repeats=200,
        seen=seen or [],
    )


def test_the_forecast_is_what_sampling_takes() -> None:
    # A long list leaves no doubt about the distribution, so the forecast must agree with trials of the real thing.
    expected = forecast(MIXED * 50)
    rng = np.random.default_rng(2)
    counts = []
    for _ in range(40):
        seen = BettingSequence()
        while seen.lower <= -0.05 and seen.n < 2_000:
            seen.update(list(rng.choice(MIXED, 4)))
        counts.append(seen.n)
    middle = expected.draws[1]
    assert middle is not None
    assert np.quantile(counts, 0.3) <= middle <= np.quantile(counts, 0.7)
    assert expected.mean_draws == pytest.approx(np.mean(counts), rel=0.3)
    assert expected.p_above > 0.9


def test_less_tolerance_and_more_spread_take_more() -> None:
    clean = [0.0] * 500
    easy, strict = forecast(clean), forecast(clean, delta=0.02)
    assert easy.mean_draws < strict.mean_draws
    assert easy.mean_draws < forecast(MIXED * 5).mean_draws
    low, middle, high = easy.draws
    assert low is not None
    assert middle is not None
    assert high is not None
    assert 59 <= low <= middle <= high


def test_a_clear_loss_is_found_soon() -> None:
    found = forecast([-1.0] * 60 + [0.0] * 40)
    assert found.p_below > 0.95
    assert found.draws[1] is not None
    assert found.draws[1] < 25


def test_a_difference_at_the_tolerance_takes_the_whole_population_and_without_an_end_has_no_verdict() -> None:
    at_tolerance = ([-1.0] + [0.0] * 19) * 1_000
    small = forecast(at_tolerance, population=60)
    assert small.draws[2] in (None, 60)
    assert small.mean_draws > 40
    endless = forecast(at_tolerance)
    assert endless.draws[1] is None
    # Either side is shown in a share alpha of runs at most, and in a few more where the truth lies a little beside it.
    assert endless.p_above + endless.p_below < 0.5


def test_what_was_seen_counts() -> None:
    fresh = forecast([0.0] * 500, population=400)
    going_on = forecast([0.0] * 500, population=400, seen=[0.0] * 40)
    assert fresh.draws[0] is not None
    assert going_on.draws[0] is not None
    assert going_on.draws[0] <= fresh.draws[0] - 36


def test_what_was_seen_may_have_decided() -> None:
    found = forecast([0.0], population=400, seen=[0.0] * 200)
    assert found.draws == (0, 0, 0)
    assert (found.mean_draws, found.p_above, found.p_below) == (0.0, 1.0, 0.0)


def test_a_population_seen_to_its_end_has_no_more_draws() -> None:
    found = forecast([0.0], population=20, seen=[-1.0] + [0.0] * 19)
    assert found.draws == (None, None, None)
    assert found.mean_draws == 0.0


def test_twenty_clean_draws_do_not_promise_that_no_other_kind_will_come() -> None:
    few, many = forecast([0.0] * 20), forecast([0.0] * 2_000)
    assert few.mean_draws > many.mean_draws
    assert few.p_above < 1.0


def test_nothing_known_is_a_wide_forecast() -> None:
    found = forecast([], population=200)
    assert 0.0 < found.p_above < 1.0
    assert 0.0 < found.p_below < 1.0


@pytest.mark.parametrize(
    ("differences", "seen", "population", "delta"),
    [
        ([1.5], [], None, 0.05),
        ([0.0], [math.nan], None, 0.05),
        ([0.0], [0.0] * 3, 2, 0.05),
        ([0.0], [], None, -0.1),
    ],
)
def test_numbers_out_of_range_are_refused(
    differences: list[float], seen: list[float], population: int | None, delta: float
) -> None:
    with pytest.raises(ValueError, match=r"difference|population|delta"):
        forecast(differences, population, seen, delta)

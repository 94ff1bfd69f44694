from __future__ import annotations

import numpy as np
import pytest

from suffice.stats.ratio import Ratio, ratio_of_sums


def test_it_is_of_the_sums_and_not_of_the_units() -> None:
    found = ratio_of_sums([100.0, 1.0], [50.0, 50.0])
    assert found is not None
    assert found.value == pytest.approx(1.01)
    assert found.units == 2


def test_units_of_one_ratio_leave_no_doubt() -> None:
    found = ratio_of_sums([2.0, 4.0, 10.0], [1.0, 2.0, 5.0])
    assert found == Ratio(value=2.0, standard_error=0.0, units=3)


@pytest.mark.parametrize(("over", "under"), [([], []), ([1.0], [1.0]), ([1.0, 2.0], [0.0, 0.0])])
def test_too_little_says_nothing(over: list[float], under: list[float]) -> None:
    assert ratio_of_sums(over, under) is None


@pytest.mark.parametrize(("units", "least"), [(30, 0.90), (200, 0.93)])
def test_its_interval_covers_about_as_often_as_it_says(units: int, least: float) -> None:
    rng, covered = np.random.default_rng(3), 0
    for _ in range(600):
        # Lengths of answers: a heavy tail, and the other model's only loosely tied to them.
        usual = rng.lognormal(5.0, 0.8, units)
        own = usual * rng.lognormal(0.2 - 0.125, 0.5, units)
        found = ratio_of_sums(own, usual)
        assert found is not None
        covered += abs(found.value - np.exp(0.2)) <= found.reach(0.95)
    assert least * 600 <= covered <= 0.985 * 600

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap

from suffice.stats.bootstrap import paired


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), min_size=1, max_size=50), st.floats(0.5, 0.99))
def test_the_interval_lies_within_the_values_and_narrows_with_the_level(
    values: list[float], level: float
) -> None:
    low, high = paired(values, level=level, rng=np.random.default_rng(1), repeats=500)
    inner = paired(values, level=level / 2, rng=np.random.default_rng(1), repeats=500)
    assert min(values) - 1e-12 <= low <= inner[0] <= inner[1] <= high <= max(values) + 1e-12


def test_as_scipy_has_it() -> None:
    values = np.random.default_rng(3).choice([-1.0, 0.0, 0.3, 1.0], size=150, p=[0.1, 0.6, 0.2, 0.1])
    theirs = bootstrap(
        (values,),
        np.mean,
        confidence_level=0.9,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(5),
    ).confidence_interval
    low, high = paired(list(values), level=0.9, rng=np.random.default_rng(7), repeats=20_000)
    assert low == pytest.approx(theirs.low, abs=0.005)
    assert high == pytest.approx(theirs.high, abs=0.005)


def test_nine_of_ten_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(400):
        low, high = paired(
            list(rng.choice([-1.0, 0.0, 1.0], 100, p=[0.1, 0.75, 0.15])), level=0.9, rng=rng, repeats=2_000
        )
        held += low <= 0.05 <= high
    assert 0.85 < held / 400 < 0.95


def test_the_same_dice_give_the_same_interval() -> None:
    first, second = (paired([0.0, 1.0, -1.0], level=0.9, rng=np.random.default_rng(2)) for _ in range(2))
    assert first == second


def test_many_different_values_are_drawn_in_parts() -> None:
    values = list(np.random.default_rng(13).uniform(-1, 1, 3_000))
    low, high = paired(values, level=0.95, rng=np.random.default_rng(1), repeats=1_000)
    assert (high - low) / 2 == pytest.approx(1.96 * np.std(values) / math.sqrt(3_000), rel=0.15)


def test_equal_differences_have_no_width() -> None:
    assert paired([0.25] * 9, level=0.9, rng=np.random.default_rng(1)) == (0.25, 0.25)


@pytest.mark.parametrize(("values", "level"), [([], 0.9), ([1.0], 0.0), ([1.0], 1.0)])
def test_nothing_to_draw_from_is_refused(values: list[float], level: float) -> None:
    with pytest.raises(ValueError, match=r"difference|level"):
        paired(values, level=level, rng=np.random.default_rng(1))

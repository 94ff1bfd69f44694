from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.stats.moments import Moments

NUMBERS = st.lists(st.floats(-1, 1), min_size=1, max_size=30)


@given(NUMBERS, NUMBERS)
def test_two_lots_add_up_to_both(first: list[float], second: list[float]) -> None:
    both, merged = Moments.of(first + second), Moments.of(first).plus(Moments.of(second))
    assert merged.count == both.count
    assert merged.total == pytest.approx(both.total, abs=1e-12)
    assert merged.squares == pytest.approx(both.squares, abs=1e-12)


@given(NUMBERS)
def test_mean_and_spread_are_those_of_the_numbers(numbers: list[float]) -> None:
    moments = Moments.of(numbers)
    assert moments.mean == pytest.approx(statistics.fmean(numbers), abs=1e-12)
    assert moments.spread / len(numbers) == pytest.approx(statistics.pvariance(numbers), abs=1e-9)


@given(NUMBERS, st.floats(-1, 1))
def test_shifted_is_each_number_shifted(numbers: list[float], by: float) -> None:
    shifted, expected = Moments.of(numbers).shifted(by), Moments.of([number + by for number in numbers])
    assert shifted.total == pytest.approx(expected.total, abs=1e-9)
    assert shifted.squares == pytest.approx(expected.squares, abs=1e-9)


@given(NUMBERS)
def test_the_order_of_the_numbers_does_not_matter(numbers: list[float]) -> None:
    assert Moments.of(numbers) == Moments.of(sorted(numbers))


def test_nothing_has_a_mean_of_0() -> None:
    assert Moments().mean == 0.0
    assert Moments().spread == 0.0

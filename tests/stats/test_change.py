from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.stats.change import MOST, ChangeCapital, average


def _fed(values: list[float], at_most: float = 0.525) -> ChangeCapital:
    capital = ChangeCapital()
    for value in values:
        capital.update(value, at_most=at_most)
    return capital


def test_its_expectation_never_exceeds_one() -> None:
    # Every path of twelve coin throws at the limit itself, weighed: exact, no simulation.
    limit, length = 0.3, 12
    expected = 0.0
    for path in range(1 << length):
        throws = [float(path >> bit & 1) for bit in range(length)]
        ones = sum(throws)
        weight = limit**ones * (1 - limit) ** (length - ones)
        expected += weight * _fed(throws, limit).total
    assert 0.5 < expected <= 1.0


def test_the_pieces_that_begin_later_are_worth_no_more_than_the_rest() -> None:
    # A value that is its limit leaves every piece as it is: what has begun is what was set aside for it.
    assert 0.5 < _fed([0.4] * 50, 0.4).total < _fed([0.4] * 5_000, 0.4).total <= 1.0
    capital = ChangeCapital(from_the_start=0.0)
    assert capital.total == 0.0
    for _ in range(100):
        capital.update(0.4, at_most=0.4)
    assert capital.total == pytest.approx(0.5)


def test_crossings_under_the_null_are_rarer_than_alpha() -> None:
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(400):
        capital = ChangeCapital()
        for value in rng.choice([0.0, 0.5, 1.0], p=[0.1, 0.75, 0.15], size=400):
            capital.update(float(value), at_most=0.525)
            if capital.total >= 20:
                alarms += 1
                break
    assert alarms <= 20


def test_a_change_after_a_long_good_time_is_found_soon() -> None:
    capital = _fed([0.5] * 1_000)
    needed = 0
    while capital.total < 20:
        capital.update(1.0 if needed % 2 else 0.5, at_most=0.525)
        needed += 1
    assert needed < 100


def test_limits_may_differ_from_value_to_value() -> None:
    capital = ChangeCapital()
    for limit in (0.05, 0.25, 0.95, 1.0):
        capital.update(1.0, at_most=limit)
    assert capital.total > 10


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.01, 1))
def test_it_stays_a_number_from_nothing_to_the_most(values: list[float], limit: float) -> None:
    assert 0.0 <= _fed(values, limit).total <= MOST


@pytest.mark.parametrize(
    ("value", "limit"), [(1.1, 0.5), (-0.1, 0.5), (0.5, 0.0), (0.5, 1.1), (float("nan"), 0.5)]
)
def test_what_is_out_of_range_is_refused(value: float, limit: float) -> None:
    with pytest.raises(ValueError, match="a value in"):
        ChangeCapital().update(value, at_most=limit)


def test_the_mean_of_no_e_values_is_no_evidence() -> None:
    assert average([]) == 0.0

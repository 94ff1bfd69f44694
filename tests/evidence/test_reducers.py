from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.grading import Score, no_verdict
from suffice.evidence.reducers import REDUCERS, majority, mean, worst

values = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1)


def scores(*given_: float) -> list[Score]:
    return [Score(value=value, reason="r", cost_nanos=2) for value in given_]


def test_each_makes_one_of_the_repeats() -> None:
    repeats = scores(1.0, 1.0, 0.0)
    assert mean(repeats).value == pytest.approx(2 / 3)
    assert worst(repeats).value == 0
    assert majority(repeats).value == 1
    assert mean(repeats).reason == "the mean of 3 repeats"


def test_a_tied_majority_is_the_mean_of_what_is_tied() -> None:
    assert majority(scores(1.0, -1.0)).value == 0
    assert majority(scores(1.0, 1.0, 0.5, 0.5, 0.0)).value == 0.75


@pytest.mark.parametrize("name", sorted(REDUCERS))
def test_repeats_without_a_verdict_are_left_out_never_zero(name: str) -> None:
    reduce = REDUCERS[name]
    missing = no_verdict("not_rated", "nobody")
    assert reduce([*scores(1.0), missing]).value == 1
    assert reduce([missing, missing]).value is None
    assert reduce([missing]).reason == "not_rated: nobody"
    assert reduce([]).reason == "no_repeats"


@pytest.mark.parametrize("name", sorted(REDUCERS))
def test_costs_add_up_and_unknown_stays_unknown(name: str) -> None:
    reduce = REDUCERS[name]
    assert reduce([*scores(1.0, 0.0), no_verdict("x", cost_nanos=5)]).cost_nanos == 9
    assert reduce([*scores(1.0), no_verdict("x", cost_nanos=None)]).cost_nanos is None


@given(values)
def test_they_stay_within_the_repeats_whatever_their_order(repeats: list[float]) -> None:
    for reduce in REDUCERS.values():
        found = reduce(scores(*repeats)).value
        assert found is not None
        assert min(repeats) <= found <= max(repeats)
        assert reduce(scores(*reversed(repeats))).value == pytest.approx(found)

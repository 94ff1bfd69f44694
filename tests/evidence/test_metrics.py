from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.compare import Difference
from suffice.evidence.metrics import agreement, mean_difference, pass_rate


def test_units_without_a_verdict_are_counted_with_their_reasons() -> None:
    units = [
        Difference(d=-1.0, reason="x"),
        Difference(d=0.5, reason="x"),
        Difference(d=None, reason="not_rated: candidate: nobody"),
        Difference(d=None, reason="not_rated: baseline: nobody"),
        Difference(d=None, reason="grader_failed"),
    ]
    found = mean_difference(units)
    assert (found.value, found.n, found.no_verdict) == (-0.25, 2, 3)
    assert found.reasons == {"not_rated": 2, "grader_failed": 1}


def test_without_a_verdict_there_is_no_number() -> None:
    assert mean_difference([]).value is None
    assert pass_rate([None]).value is None
    assert agreement([None], [1.0]).value is None


def test_the_pass_rate_counts_from_the_bar_on() -> None:
    assert pass_rate([1.0, 0.99, None]).value == 0.5
    assert pass_rate([1.0, 0.5, 0.4], bar=0.5).value == pytest.approx(2 / 3)


def test_agreement_is_of_answers_that_both_graded() -> None:
    found = agreement([1.0, 0.0, 1.0, None], [1.0, 0.0, 0.0, 1.0])
    assert (found.value, found.n, found.no_verdict) == (pytest.approx(2 / 3), 3, 1)
    assert found.kappa == pytest.approx(0.4)
    with pytest.raises(ValueError, match="shorter"):
        agreement([1.0, 1.0], [1.0])


@given(st.lists(st.tuples(st.none() | st.floats(0, 1), st.none() | st.floats(0, 1))))
def test_agreement_does_not_depend_on_who_is_first(pairs: list[tuple[float | None, float | None]]) -> None:
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    one, other = agreement(first, second), agreement(second, first)
    assert (one.value, one.n) == (other.value, other.n)
    assert one.kappa == pytest.approx(other.kappa) if one.kappa is not None else other.kappa is None

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.calibrating import WORTH, Calibration, Judged, calibrate, orders_in, orders_told, report

sides = st.sampled_from(sorted(WORTH))
pairs = st.builds(Judged, first=sides, second=sides, human=st.none() | st.sampled_from([-1.0, 0.0, 0.5, 1.0]))


def said(first: str, second: str, human: float | None = None) -> Judged:
    return Judged(first=first, second=second, human=human)  # type: ignore[arg-type] -- the words are sides


def test_a_bias_of_position_is_counted_from_both_orders() -> None:
    found = report(
        [
            said("baseline", "candidate"),
            said("baseline", "candidate"),
            said("candidate", "baseline"),
            said("candidate", "candidate"),
            said("tie", "tie"),
            said("tie", "candidate"),
        ]
    )
    assert (found.pairs, found.prefers_first, found.prefers_second) == (6, 2, 1)
    assert found.consistent == pytest.approx(2 / 6)
    assert found.verdicts == {"candidate": 1, "tie": 5, "baseline": 0}
    assert (found.rated, found.agreement, found.kappa) == (0, None, None)


def test_agreement_with_people_is_beyond_chance_or_not() -> None:
    good = [said("candidate", "candidate", 1.0), said("baseline", "baseline", -0.5), said("tie", "tie", 0.0)]
    found = report(good)
    assert (found.rated, found.agreement, found.kappa) == (3, 1.0, 1.0)
    coin = [said(judge, judge, human) for judge in ("candidate", "baseline") for human in (1.0, -1.0)]
    assert report(coin).kappa == 0


def test_without_ratings_a_verdict_is_taken_at_its_word() -> None:
    assert calibrate([said("candidate", "candidate")]) == Calibration()


def test_a_judge_that_people_contradict_is_worth_less() -> None:
    found = calibrate([said("candidate", "candidate", -1.0)] * 90 + [said("baseline", "baseline", -1.0)] * 10)
    assert found.candidate == pytest.approx((-90 + 10) / 100)
    assert (found.baseline, found.tie, found.ratings) == (-1.0, 0.0, 100)


def test_with_many_ratings_a_verdict_is_worth_what_people_say() -> None:
    found = calibrate([said("tie", "candidate", 0.5)] * 10_000)
    assert found.worth("tie") == pytest.approx(0.5, abs=0.001)
    assert found.worth("candidate") == 1.0


@given(st.lists(pairs))
def test_worth_stays_in_range_and_counts_add_up(judged: list[Judged]) -> None:
    worth = calibrate(judged)
    assert all(-1 <= worth.worth(side) <= 1 for side in WORTH)
    found = report(judged)
    assert sum(found.verdicts.values()) == found.pairs == len(judged)
    assert found.prefers_first + found.prefers_second <= found.pairs


@given(sides, sides)
def test_orders_are_read_out_of_a_reason(first: str, second: str) -> None:
    assert orders_in(f"tie ({orders_told(first, second)})") == (first, second)  # type: ignore[arg-type] -- the same
    assert orders_in("not_rated: nobody") is None

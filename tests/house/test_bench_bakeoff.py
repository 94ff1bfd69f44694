from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from bakeoff import measure, page, recorded, rules
from bakeoff.played import Played, Setup, play, played
from stats import errors
from suffice.evidence.trial import Graded, Row


def rounds(values: list[float], delta: float = 0.05) -> Played:
    row = Row(
        trial="t",
        bucket="b",
        baseline="large",
        candidate="small",
        grader="exact",
        grader_version="1",
        delta=delta,
        alpha=0.05,
        population=len(values),
        strata=1,
    )
    return played(row, [Graded(unit=str(at), d=value) for at, value in enumerate(values)], rows=4)


CLEAN = rounds([0.0] * 400)
LOSING = rounds(([-1.0] + [0.0] * 3) * 100)
CLOSE = rounds([-1.0, 0.0, 0.0, 1.0, 0.0] * 80)


def test_a_row_alone_stops_at_its_verdict_its_drop_or_its_cap() -> None:
    found = rules.alone(CLEAN, math.inf)
    assert found.certified
    assert found.units == 80
    lost = rules.alone(LOSING, math.inf)
    assert (lost.certified, lost.dropped) == (False, True)
    assert lost.units < 60
    capped = rules.alone(CLOSE, 100)
    assert (capped.certified, capped.units) == (False, 100)


def test_together_rows_go_on_until_all_that_pass_are_certified() -> None:
    repeat = {("a", "x"): CLEAN, ("b", "x"): LOSING, ("c", "x"): LOSING, ("d", "x"): LOSING}
    found = rules.together(repeat, math.inf)
    clean = found["a", "x"]
    assert clean.certified
    # One of four needs an e-value of 80 instead of 20: more units than alone.
    assert clean.units > rules.alone(CLEAN, math.inf).units
    assert CLEAN.e_value[clean.units // 20 - 1] >= 80
    assert all(found[key, "x"].dropped for key in "bcd")
    assert not rules.together(repeat, 80)["a", "x"].certified


def test_what_is_done_by_hand_looks_at_twenty() -> None:
    late = rounds([0.0] * 20 + [-1.0] * 80)
    assert rules.clean(late).certified
    assert rules.point_estimate(late, 0.05).certified
    one_loss = rounds([-1.0] + [0.0] * 99)
    assert not rules.clean(one_loss).certified
    assert rules.point_estimate(one_loss, 0.05).certified
    assert not rules.point_estimate(one_loss, 0.02).certified


def test_the_fixed_size_grows_with_the_variance_up_to_the_bucket() -> None:
    few, many = np.array([0.0] * 99 + [-1.0]), np.array([-1.0, 1.0] * 50)
    assert rules.fixed_size(few, 0.05) < rules.fixed_size(many, 0.05) <= 100
    assert rules.fixed_size(np.zeros(100), 0.05) == 20
    whole = rules.fixed(rounds([-1.0] + [0.0] * 39), 40, 0.05)
    assert whole.certified


def test_wrong_and_found_are_counted_by_what_is_true() -> None:
    yes, no = rules.Ending(certified=True, units=20), rules.Ending(certified=False, units=40)
    found = rules.totals(np.array([[yes, yes], [yes, no]], dtype=object), np.array([True, False]), 2)
    assert (found["found"], found["wrong_of_bad"], found["worst_row"]) == (1.0, 0.5, 0.5)
    assert found["wrong_of_issued"] == pytest.approx(1 / 3)
    assert found["calls"] == (20 + 20 + 20 + 20 + 40 + 40) / 2


def test_a_simulated_error_is_the_share_of_runs_that_ever_pass() -> None:
    unit = np.full((80, 4), 0.5)
    unit[:, :2] = 0.0
    assert errors.ever(unit, 0.45, None) == 0.5


def test_a_few_bake_offs_on_the_recorded_week(recorded_data: Path) -> None:
    assert recorded.missing(None)
    buckets = [
        one for one in recorded.load(recorded_data / "traffic") if one.name in ("sdk-calls", "tool-relevance")
    ]
    assert sum(len(bucket.lengths) for bucket in buckets) == 95 + 144
    repeats = play(buckets, Setup(delta=0.05, seed=1), 2)
    assert [len(one) for one in repeats] == [8, 8]
    assert not np.array_equal(*(one["sdk-calls", recorded.CANDIDATES[0]].drawn for one in repeats))
    found = measure.measure(buckets, 0.05, 3, 1)
    assert found["rules"][rules.SINGLE_WHOLE]["worst_row"] == 0.0
    told = page.page(
        {
            "requests": 239,
            "buckets": 2,
            "tolerances": [found],
            "next_week": measure.next_week(buckets, 0.05, 2, 1),
        }
    )
    assert "sdk-calls" in told

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.evidence.result import TrialResult
from suffice.evidence.trial import Graded, Row, Trial

ROW = Row(
    trial="t",
    bucket="b",
    baseline="big",
    candidate="small",
    grader="exact",
    grader_version="1",
    delta=0.05,
    alpha=0.05,
    population=400,
    strata=4,
)


def unit(number: int, d: float | None, **more: object) -> Graded:
    return Graded(unit=str(number), d=d, **{"reason": "" if d is not None else "rejected: no", **more})


def tried(differences: list[float | None], row: Row = ROW) -> Trial:
    trial = Trial(row)
    for start in range(0, len(differences), 20):
        trial.add([unit(start + at, d) for at, d in enumerate(differences[start : start + 20])])
    return trial


def test_no_difference_at_all_is_equivalent_after_a_few_rounds_and_not_after_one() -> None:
    assert tried([0.0] * 20).verdict == "INCONCLUSIVE"
    assert tried([0.0] * 100).verdict == "EQUIVALENT"


def test_a_loss_in_two_is_worse_and_the_screen_sees_it_in_the_first_round() -> None:
    trial = tried([0.0, -1.0] * 10)
    assert trial.clearly_worse
    assert tried([0.0, -1.0] * 20).verdict == "WORSE"
    assert tried([0.0, -1.0] * 20).result().flagship_better


def test_a_good_candidate_is_not_screened_out() -> None:
    assert not tried([0.0] * 19 + [-1.0]).clearly_worse


def test_once_everything_is_drawn_the_bounds_are_the_mean() -> None:
    result = tried([-1.0] * 8 + [0.0] * 392).result()
    assert result.mean == pytest.approx(-0.02)
    assert (result.lower, result.upper) == pytest.approx((-0.02, -0.02))
    assert result.verdict == "EQUIVALENT"
    assert result.expected_more is None


def test_units_wait_until_their_block_is_whole() -> None:
    trial = Trial(ROW)
    trial.add([unit(0, 0.0), unit(1, 0.0), unit(2, -1.0)])
    assert (trial.n, trial.asked) == (0, 0)
    trial.add([unit(3, 1.0)])
    assert (trial.n, trial.asked, trial.differences) == (4, 4, [0.0, 0.0, -1.0, 1.0])


def test_units_without_a_verdict_are_in_no_mean_and_counted_by_code() -> None:
    result = tried([0.0, None, 1.0, -1.0] * 5).result()
    assert (result.n, result.asked, result.no_verdict) == (15, 20, 5)
    assert result.no_verdict_reasons == {"rejected": 5}
    assert result.mean == 0.0


def test_a_few_missing_verdicts_are_shown_at_their_worst_and_many_decide_by_it() -> None:
    few = tried(([0.0] * 19 + [None]) * 20).result()
    assert few.verdict == "EQUIVALENT"
    assert few.lower_if_lost is not None
    assert few.lower_if_lost == pytest.approx(-0.05)
    many = tried(([0.0] * 17 + [None] * 3) * 20)
    assert many.lower > -0.05
    assert many.verdict == "INCONCLUSIVE"
    assert many.e_value < 20


def test_noise_is_the_mean_absolute_difference_of_the_baseline_with_itself() -> None:
    trial = Trial(ROW)
    for difference in (1.0, -1.0, 0.0, 0.0, None):
        trial.add_noise(difference)
    assert trial.result().noise.mean_absolute == 0.5
    assert trial.result().noise.n == 4


def test_costs_scores_and_tokens_are_means_and_unknown_stays_unknown() -> None:
    row = msgspec.structs.replace(ROW, calls_per_month=1000.0)
    trial = Trial(row)
    costs = {
        "baseline_cost_nanos": 300,
        "candidate_cost_nanos": 100,
        "baseline_tokens": 10,
        "candidate_tokens": 15,
    }
    trial.add([unit(at, 0.0, baseline_score=1.0, candidate_score=0.5, **costs) for at in range(4)])
    result = trial.result(spent_nanos=7)
    assert (result.baseline_score, result.candidate_score) == (1.0, 0.5)
    assert (result.baseline_cost_nanos, result.candidate_cost_nanos) == (300, 100)
    assert (result.monthly_saving_nanos, result.output_ratio, result.spent_nanos) == (200_000, 1.5, 7)
    bare = tried([0.0] * 4).result()
    assert bare.monthly_saving_nanos is None
    assert bare.candidate_cost_nanos is None
    assert bare.output_ratio is None


def test_the_result_survives_json_and_has_a_point_a_round() -> None:
    result = tried([0.0] * 400).result()
    assert [point[0] for point in result.history] == list(range(20, 401, 20))
    assert msgspec.json.decode(msgspec.json.encode(result), type=TrialResult) == result


def test_a_sampled_population_is_taken_for_endless() -> None:
    row = msgspec.structs.replace(ROW, whole=False)
    result = tried([0.0] * 400, row).result()
    assert result.lower < 0 < result.upper


@settings(max_examples=25)
@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0, None]), min_size=4, max_size=40))
def test_bounds_hold_the_mean_and_only_tighten(differences: list[float | None]) -> None:
    trial = Trial(ROW)
    before = (-1.0, 1.0)
    for at, d in enumerate(differences):
        trial.add([unit(at, d)])
        assert before[0] <= trial.lower <= trial.upper <= before[1]
        before = (trial.lower, trial.upper)
    assert 0 <= trial.missing_share <= 1

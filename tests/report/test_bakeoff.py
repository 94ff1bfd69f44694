from __future__ import annotations

import json

import pytest
from bakeoff_reports import bakeoff_report, equivalent, example, result, worse

from suffice.evidence.result import Noise
from suffice.report.bakeoff import (
    Counts,
    Row,
    ShownAnswer,
    as_json,
    flagship_words,
    missing_words,
    month_of_baseline,
    more_words,
    noise_words,
    verdict_words,
)


def test_a_verdict_is_said_with_what_it_rests_on() -> None:
    assert verdict_words(equivalent()) == (
        "As good, within the tolerance of 0.05: its mean score is at most 0.030 lower than the baseline's (95% sure)."
    )
    assert "no lower than the baseline's" in verdict_words(equivalent(lower=0.01))
    assert "at least 0.200 lower than the baseline's (95% sure)" in verdict_words(worse())
    assert "lies between -0.090 and +0.030 of the baseline's, and the tolerance is -0.05" in verdict_words(
        result()
    )
    assert "(90% sure)" in verdict_words(worse(alpha=0.1))
    # Nothing is certain.
    assert "(99.9% sure)" in verdict_words(worse(alpha=0.001))


def test_whether_the_flagship_is_better_is_answered() -> None:
    assert flagship_words(worse()) == "Yes: by 0.200 at the least."
    assert flagship_words(result()) == "No: these requests do not show it."
    assert flagship_words(result(n=0, mean=None)) == "Nothing is graded yet."


def test_the_noise_floor_stands_beside_the_candidates_own_disagreement() -> None:
    counts = Counts(mean_absolute=0.1)
    assert noise_words(Row(result=result(), counts=counts)) == (
        "Asked twice, the baseline differs from itself by 0.015 (4 requests). The candidate differs from it by 0.100."
    )
    one = Row(result=result(noise=Noise(n=1, mean_absolute=0.0)))
    assert noise_words(one) == "Asked twice, the baseline differs from itself by 0.000 (1 request)."
    assert noise_words(Row(result=result(noise=Noise(n=0, mean_absolute=None)))).startswith("Not measured")


def test_what_could_not_be_graded_is_counted_by_reason() -> None:
    assert missing_words(result()) is None
    missing = result(
        no_verdict=3, no_verdict_reasons={"no_expected": 1, "grader_failed": 2}, lower_if_lost=-0.2
    )
    assert missing_words(missing) == (
        "3 requests have no verdict (2 grader failed, 1 no expected): in no mean. "
        "If all of them were losses, the lower bound would be -0.200."
    )
    assert str(missing_words(result(no_verdict=1, no_verdict_reasons={"x": 1}))).startswith(
        "1 request has no"
    )


def test_what_more_samples_would_buy_depends_on_what_is_known() -> None:
    assert more_words(Row(result=result())) == (
        "About 60 more requests for about $0.1500 are expected to bring a verdict; 160 are left."
    )
    assert "at unknown cost" in more_words(Row(result=result(candidate_cost_nanos=None)))
    assert more_words(Row(result=equivalent())).startswith("Nothing for the verdict")
    assert more_words(Row(result=worse())) == "Sampling ended early: clearly worse after 40 units."
    assert more_words(Row(result=result(asked=200))).startswith("Every request that could be drawn was drawn")
    assert more_words(Row(result=result(expected_more=None))).startswith("It cannot be said")


def test_of_several_candidates_of_a_use_case_only_the_one_that_saves_most_counts() -> None:
    rows = (
        Row(result=equivalent(candidate="a", monthly_saving_nanos=5)),
        Row(result=equivalent(candidate="b", monthly_saving_nanos=9)),
        Row(result=equivalent(candidate="c", monthly_saving_nanos=None)),
        Row(result=equivalent(candidate="d", monthly_saving_nanos=99, advisory=True)),
        Row(result=result(candidate="e", monthly_saving_nanos=99)),
        Row(result=equivalent(bucket="other", candidate="f", monthly_saving_nanos=None)),
    )
    report = bakeoff_report(rows=rows)
    assert {bucket: one.candidate for bucket, one in report.best.items()} == {"invoices": "b", "other": "f"}
    assert report.month_nanos == 9


def test_what_is_at_stake_is_counted_once_a_use_case() -> None:
    rows = (
        Row(result=result(n=40, baseline_cost_nanos=100)),
        Row(result=result(n=20, baseline_cost_nanos=900, candidate="b")),
        Row(result=result(bucket="other", baseline_cost_nanos=None)),
    )
    assert bakeoff_report(rows=rows).at_stake_nanos == 1_000_000
    assert bakeoff_report(rows=rows[2:]).at_stake_nanos is None
    assert month_of_baseline(result(calls_per_month=None)) is None


def test_json_holds_figures_words_and_whole_answers() -> None:
    document = json.loads(as_json(bakeoff_report()))
    assert document["trial"]["spent_nanos"] == 400_000_000
    assert document["trial"]["spent_usd"] == "$0.400000000"
    assert document["month"]["best"] == {"a<b>&c": "small"}
    first, _, third, judged = document["rows"]
    assert first["words"]["verdict"] == verdict_words(result())
    assert first["baseline_month_nanos"] == 20_000_000_000
    assert first["examples"][0]["candidate"]["digest"] == "b" * 16
    assert third["no_verdict_reasons"] == {"not_rated": 2}
    assert (judged["judge"]["rated"], judged["judge"]["kappa"]) == (2, 1.0)
    assert document["not_tried"] == [
        {"bucket": "few", "candidate": "", "reason": "7 requests: a round is 20"}
    ]


@pytest.mark.parametrize("text", ["\ud800", "\0", "x" * 100_000])
def test_json_takes_any_answer(text: str) -> None:
    row = Row(result=result(), examples=(example(baseline=ShownAnswer(model="m", text=text)),))
    document = json.loads(as_json(bakeoff_report(rows=(row,))))
    assert len(document["rows"][0]["examples"][0]["baseline"]["text"]) == len(text)

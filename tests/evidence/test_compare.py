from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import numpy as np
import pytest
from grading_cases import said, sample

from suffice.config import GraderSettings
from suffice.evidence.compare import Difference, difference
from suffice.evidence.graders import make
from suffice.evidence.grading import Answered, Sample, Score, code_of, no_verdict


class Scripted:
    """Gives to each answer the score that its text names."""

    NAME: ClassVar[str] = "scripted"
    VERSION: ClassVar[str] = "1"
    advisory = False

    def __init__(self, scores: dict[str, Any]) -> None:
        self._scores = scores

    async def score(self, _sample: Sample, answer: Answered) -> Score:
        found = self._scores[answer.text]
        if isinstance(found, BaseException):
            raise found
        return found  # type: ignore[no-any-return] -- what a broken grader returns is what is tested


class Pairs(Scripted):
    async def compare(self, sample: Sample, _baseline: Answered, candidate: Answered) -> Score:
        return await Scripted.score(self, sample, candidate)


def graded(value: float, cost: int | None = 0) -> Score:
    return Score(value=value, reason=f"worth {value}", cost_nanos=cost)


def between(scorer: Any) -> Difference:
    return asyncio.run(difference(scorer, sample("42"), said("baseline"), said("candidate")))


def test_the_difference_is_candidate_minus_baseline() -> None:
    found = between(Scripted({"baseline": graded(0.75, 3), "candidate": graded(0.25, 4)}))
    assert (found.d, found.baseline, found.candidate, found.cost_nanos) == (-0.5, 0.75, 0.25, 7)
    assert found.reason == "baseline: worth 0.75; candidate: worth 0.25"


def test_an_unknown_cost_is_never_zero() -> None:
    found = between(Scripted({"baseline": graded(1.0, None), "candidate": graded(1.0, 4)}))
    assert (found.d, found.cost_nanos) == (0.0, None)


@pytest.mark.parametrize("missing", ["baseline", "candidate"])
def test_no_verdict_on_one_is_none_on_the_unit(missing: str) -> None:
    scores = {
        "baseline": graded(1.0),
        "candidate": graded(1.0),
        missing: no_verdict("not_rated", "nobody", cost_nanos=2),
    }
    found = between(Scripted(scores))
    assert (found.d, found.cost_nanos) == (None, 2)
    assert found.reason == f"not_rated: {missing}: nobody"
    assert found.reason.partition(":")[0] == code_of(scores[missing])


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (ValueError("a secret"), "grader_failed: candidate: ValueError"),
        (7, "grader_failed: candidate: it returned int"),
        (graded(1.5), "score_out_of_range: candidate: 1.5"),
        (graded(-0.5), "score_out_of_range: candidate: -0.5"),
        (graded(float("nan")), "score_out_of_range: candidate: nan"),
        (Score(value="1", reason=""), "grader_failed: candidate: its score is str"),  # type: ignore[arg-type] -- tested
    ],
)
def test_a_grader_that_misbehaves_gives_no_verdict(what: Any, reason: str) -> None:
    found = between(Scripted({"baseline": graded(1.0), "candidate": what}))
    assert (found.d, found.reason) == (None, reason)


def test_a_score_of_numpys_can_be_written_down() -> None:
    found = between(Scripted({"baseline": graded(np.float64(1.0)), "candidate": graded(np.float64(0.5))}))
    assert (found.d, type(found.d), type(found.baseline)) == (-0.5, float, float)
    assert type(between(Pairs({"candidate": graded(np.float64(0.5))})).d) is float


def test_a_pair_is_compared_at_once() -> None:
    found = between(Pairs({"candidate": graded(-0.5, 9)}))
    assert (found.d, found.baseline, found.cost_nanos, found.reason) == (-0.5, None, 9, "worth -0.5")
    assert between(Pairs({"candidate": graded(-1.5)})).reason == "score_out_of_range: -1.5"
    assert between(Pairs({"candidate": KeyError()})).reason == "grader_failed: KeyError"


def test_being_cancelled_gets_through() -> None:
    async def cancelled() -> None:
        class Waits(Scripted):
            async def score(self, _sample: Sample, _answer: Answered) -> Score:
                await asyncio.sleep(600)
                raise AssertionError("it was waited for")

        task = asyncio.ensure_future(difference(Waits({}), sample(), said("a"), said("b")))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())


def test_a_real_grader_grades_a_real_pair() -> None:
    numeric = make(GraderSettings(kind="numeric"))
    found = asyncio.run(difference(numeric, sample("42"), said("It is 42."), said("It is 41.")))
    assert (found.d, found.baseline, found.candidate) == (-1.0, 1.0, 0.0)
    nothing = asyncio.run(difference(numeric, sample(None), said("It is 42."), said("It is 41.")))
    assert (nothing.d, nothing.reason.partition(":")[0]) == (None, "no_expected")

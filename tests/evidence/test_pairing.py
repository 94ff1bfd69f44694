from __future__ import annotations

import asyncio
from typing import Any

import pytest
from grading_cases import always, said

from suffice.errors import StoreError
from suffice.evidence.asking import Answer, NotAskedError, at_work
from suffice.evidence.grading import Answered, Sample, Score
from suffice.evidence.pairing import Pair, Pairing
from suffice.evidence.trial import Graded
from suffice.types import LoggedCall

CALL = LoggedCall(id="u1", source="test", model="big", request={"model": "big"}, expected="42")
BASELINE = Answer(answered=said("42"), cost_nanos=7, output_tokens=3)
CANDIDATE = Answer(answered=said("41"), cost_nanos=1, output_tokens=2)
LOST = Answer(answered=None, reason="timeout: 60 s", cost_nanos=None)


def compared(pair: Pair, scorer: Any = None) -> Graded | None:
    return asyncio.run(Pairing(1).compare("faq", scorer or always(1.0), CALL, pair))


def test_a_grade_holds_what_both_answers_scored_and_cost() -> None:
    found = compared((BASELINE, CANDIDATE), always(0.5))
    assert found is not None
    assert (found.unit, found.d, found.baseline_score, found.candidate_score) == ("u1", 0.0, 0.5, 0.5)
    assert (found.baseline_cost_nanos, found.candidate_cost_nanos) == (7, 1)
    assert (found.baseline_tokens, found.candidate_tokens) == (3, 2)


@pytest.mark.parametrize(
    ("pair", "reason"),
    [
        ((LOST, CANDIDATE), "timeout: 60 s (of the baseline)"),
        ((BASELINE, LOST), "timeout: 60 s (of the candidate)"),
        ((LOST, LOST), "timeout: 60 s (of the baseline)"),
    ],
)
def test_without_both_answers_there_is_no_verdict_and_the_reason_is_kept(pair: Pair, reason: str) -> None:
    found = compared(pair)
    assert found is not None
    assert (found.d, found.reason) == (None, reason)


@pytest.mark.parametrize("pair", [(NotAskedError(), CANDIDATE), (BASELINE, NotAskedError())])
def test_a_call_that_a_halt_has_kept_back_is_no_grade_at_all(pair: Pair) -> None:
    assert compared(pair) is None


def test_what_asking_has_raised_is_raised() -> None:
    with pytest.raises(StoreError, match="the disk is full"):
        compared((BASELINE, StoreError("the disk is full", code="full")))


class Asking:
    """A grader that notes which unit it is at work on, and whose own calls may be kept back."""

    NAME, VERSION, advisory = "asking", "1", False

    def __init__(self, *, refused: bool = False) -> None:
        self.refused = refused
        self.units: list[str] = []
        self.at_once = self.most = 0

    async def score(self, _sample: Sample, _answer: Answered) -> Score:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.001)
        at_work.get().refused = self.refused
        self.units.append(at_work.get().id)
        self.at_once -= 1
        return Score(value=1.0, reason="fine")


def test_a_grader_knows_its_unit_and_what_it_could_not_ask_counts_for_nothing() -> None:
    grader = Asking()
    assert compared((BASELINE, CANDIDATE), grader) is not None
    assert set(grader.units) == {"u1"}
    assert compared((BASELINE, CANDIDATE), Asking(refused=True)) is None


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_units_are_graded_at_a_time_than_may_be(at_once: int) -> None:
    grader = Asking()

    async def many() -> None:
        pairing = Pairing(at_once)
        await asyncio.gather(*(pairing.compare("faq", grader, CALL, (BASELINE, CANDIDATE)) for _ in range(6)))

    asyncio.run(many())
    assert grader.most == 2 * at_once, "both answers of each"

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from grading_cases import ASKED, sample

from suffice.config import GraderSettings
from suffice.evidence.graders import make
from suffice.evidence.grading import Answered, Sample, Score
from suffice.testing.check_grader import answers, check_grader


class Broken:
    NAME: ClassVar[str] = "broken"
    VERSION: ClassVar[str] = "1"
    advisory = False

    def __init__(self, *scores: Any) -> None:
        self._scores = scores
        self._at = -1

    async def score(self, _sample: Sample, _answer: Answered) -> Score:
        self._at += 1
        found = self._scores[self._at % len(self._scores)]
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return] -- what a broken grader returns is what is tested


class BrokenPairs(Broken):
    async def compare(self, sample: Sample, _baseline: Answered, candidate: Answered) -> Score:
        return await self.score(sample, candidate)


GOOD = Score(value=1.0, reason="good")


def test_a_good_grader_passes() -> None:
    check_grader(make(GraderSettings(kind="exact")), [sample("42"), sample(None)])
    check_grader(Broken(GOOD), [sample("42")])
    check_grader(BrokenPairs(Score(value=-1.0, reason="worse")), [sample("42")])


@pytest.mark.parametrize(
    ("grader", "told"),
    [
        (Broken(Score(value=1.5, reason="x")), "outside of"),
        (Broken(Score(value=-1.0, reason="x")), "outside of"),
        (BrokenPairs(Score(value=-1.5, reason="x")), "outside of"),
        (Broken(Score(value=float("nan"), reason="x")), "outside of"),
        (Broken(Score(value=1.0, reason="")), "1 to 400 characters"),
        (Broken(Score(value=1.0, reason="x" * 500)), "1 to 400 characters"),
        (Broken(Score(value=None, reason="Because I say so")), "snake_case code"),
        (Broken(GOOD, Score(value=0.0, reason="good")), "and then"),
        (Broken(Score(value=0.0, reason=f"asked {ASKED}")), "quotes the prompt"),
    ],
)
def test_a_broken_grader_is_told_what_is_wrong(grader: Broken, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_grader(grader, [sample("42")])


def test_a_grader_that_raises_is_seen() -> None:
    with pytest.raises(KeyError):
        check_grader(Broken(KeyError("x")), [sample("42")])


def test_a_grader_without_a_version_is_seen() -> None:
    class Nameless(Broken):
        VERSION: ClassVar[str] = ""

    with pytest.raises(AssertionError, match="a VERSION"):
        check_grader(Nameless(GOOD), [sample("42")])


def test_the_answers_are_of_every_kind() -> None:
    tried = answers()
    assert {answer.finish for answer in tried.values()} >= {"stop", "length", "content_filter", "tool_calls"}
    assert any(answer.refusal for answer in tried.values())

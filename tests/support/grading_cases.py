"""Short ways to make samples and answers, and to grade them."""

from __future__ import annotations

import asyncio
from typing import Any

from suffice.config import GraderSettings
from suffice.evidence import graders
from suffice.evidence.graders import Parts
from suffice.evidence.grading import Answered, Sample, Score, ToolCall

ASKED = "What is six times seven, and why does it matter to anybody at all?"


def sample(expected: Any = None, **request: Any) -> Sample:
    body = {"model": "m", "messages": [{"role": "user", "content": ASKED}], **request}
    return Sample(id="req_1", bucket="b", request=body, expected=expected)


def said(
    text: str = "", *calls: tuple[str, Any], finish: str = "stop", refusal: bool = False, model: str = "m"
) -> Answered:
    made = tuple(ToolCall(name=name, arguments=arguments) for name, arguments in calls)
    return Answered(model=model, text=text, tool_calls=made, finish=finish, refusal=refusal)


def score(
    settings: GraderSettings, expected: Any, answer: Answered, parts: Parts | None = None, **request: Any
) -> Score:
    grader = graders.make(settings, parts or Parts())
    assert hasattr(grader, "score"), "it judges pairs"
    return asyncio.run(grader.score(sample(expected, **request), answer))


def compare(
    settings: GraderSettings,
    baseline: Answered,
    candidate: Answered,
    parts: Parts | None = None,
    **request: Any,
) -> Score:
    grader = graders.make(settings, parts or Parts())
    assert hasattr(grader, "compare"), "it judges one answer"
    return asyncio.run(grader.compare(sample(None, **request), baseline, candidate))


class Always:
    """A grader that gives every answer the same score."""

    NAME, VERSION, advisory = "always", "1", False

    def __init__(self, value: float) -> None:
        self._value = value

    async def score(self, _sample: Sample, _answer: Answered) -> Score:
        return Score(value=self._value, reason="always")


def always(value: float) -> Any:
    return Always(value)

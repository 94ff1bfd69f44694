"""LEARN: what graders are given and what they return. Scorer, reducer and metric are three things.

A scorer judges one answer, or one pair of answers; a reducer makes one score of the repeats of a unit; a metric makes
one number of all units (`suffice.evidence.metrics`). No verdict is a value of its own: kept and counted, never 0.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, ClassVar, Protocol

import msgspec

from suffice.features.answers import Answered, ToolCall

__all__ = [
    "Answered", "Ask", "PairScorer", "Patience", "Sample", "Score", "Scorer", "ToolCall", "code_of", "digest_of",
    "no_verdict", "patience", "said_nothing",
]  # fmt: skip


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One unit that was answered."""

    id: str
    bucket: str
    request: Mapping[str, Any]
    expected: Any = None


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """What a scorer says."""

    value: float | None
    """In [0, 1] for one answer, in [-1, 1] for a pair (candidate minus baseline); `None` is no verdict."""
    reason: str
    """In words; one snake_case code, a colon and detail where it is no verdict."""
    cost_nanos: int | None = 0
    """What grading itself cost, in nano-dollars; `None` where a judge's price is unknown."""
    detail: Mapping[str, Any] = {}
    """What a report on the grader itself needs, such as both orders of a judge."""


Ask = Callable[[Mapping[str, Any]], Awaitable[tuple[Mapping[str, Any], int | None]]]
"""Sends the body of a chat completion to a judge's model; returns the response's body and its cost in nano-dollars."""


class Patience:
    """How long a question of a grader's is waited for: what it waits for before it is sent does not count.

    Args:
        limit: Runs from now on; who sends the question stops and starts it.
        seconds: From when it is sent.
    """

    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds

    def stop(self) -> None:
        """The question waits for its turn."""
        self._limit.reschedule(None)

    def start(self) -> None:
        """It is sent."""
        self._limit.reschedule(asyncio.get_running_loop().time() + self._seconds)


patience: ContextVar[Patience | None] = ContextVar("patience", default=None)
"""Set around a question of a grader's."""


def no_verdict(code: str, detail: str = "", *, cost_nanos: int | None = 0) -> Score:
    """Returns the score of what cannot be judged.

    Args:
        code: Why, in snake_case: what counts are kept by.
        detail: More in words; never a prompt.
        cost_nanos: What finding that out cost.

    >>> no_verdict("no_expected").value is None
    True
    """
    return Score(value=None, reason=f"{code}: {detail}" if detail else code, cost_nanos=cost_nanos)


def code_of(score: Score) -> str:
    """Returns the code of a score without verdict, without its detail.

    >>> code_of(no_verdict("grader_failed", "exit code 3"))
    'grader_failed'
    """
    return score.reason.partition(":")[0]


def said_nothing(answer: Answered) -> str | None:
    """Says why an answer holds nothing to grade: `refused`, `filtered` or `empty`; `None` where it holds something.

    Where a right answer exists, saying nothing is a wrong answer: such graders give 0, not "no verdict".
    """
    if answer.refusal:
        return "refused"
    if answer.finish == "content_filter":
        return "filtered"
    return None if answer.text.strip() or answer.tool_calls else "empty"


def digest_of(answer: Answered) -> str:
    """Returns a digest of what an answer says: 16 hexadecimal digits, the same for the same text and tool calls."""
    calls = [[call.name, call.arguments] for call in answer.tool_calls]
    # Not msgspec: an answer may hold half a surrogate pair, which has no UTF-8.
    said = json.dumps([answer.text, calls], sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


class Scorer(Protocol):
    """Judges one answer."""

    NAME: ClassVar[str]
    VERSION: ClassVar[str]

    @property
    def advisory(self) -> bool:
        """It may inform, but no certificate rests on it."""
        ...

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns a score in [0, 1], or no verdict. Never raises for what an answer says."""
        ...


class PairScorer(Protocol):
    """Judges a candidate's answer beside the baseline's."""

    NAME: ClassVar[str]
    VERSION: ClassVar[str]

    @property
    def advisory(self) -> bool:
        """As of a scorer."""
        ...

    async def compare(self, sample: Sample, baseline: Answered, candidate: Answered) -> Score:
        """Returns +1 (candidate better), 0 (tie), -1 (worse), or anything between; or no verdict."""
        ...

"""The contract that every grader keeps, ours or yours: call it from a test."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

from suffice.evidence.grading import Answered, PairScorer, Sample, Score, Scorer, ToolCall, code_of

_LONGEST_REASON = 400
_TELLING_CHARS = 24
_CODE = re.compile(r"[a-z]+(_[a-z]+)*")

_DEEP = 5_000


def check_grader(grader: Scorer | PairScorer, samples: Iterable[Sample]) -> None:
    """Checks a grader on every sample with answers of every kind: plain, hostile, refused, empty, cut off.

    Args:
        grader: Of `suffice.evidence.graders.make`, or yours.
        samples: What it is tried on; include one with a right answer and one without.

    Raises:
        AssertionError: It raised, is not deterministic, left its range, gave no reason, quoted the prompt, or gave "no
            verdict" without a code.
    """
    if not grader.NAME or not grader.VERSION or not isinstance(grader.advisory, bool):
        raise AssertionError("a grader has a NAME, a VERSION, and says whether it is advisory")
    for sample in samples:
        asyncio.run(_check(grader, sample))


def answers() -> dict[str, Answered]:
    """Returns answers of every kind that a grader has to cope with, by what is special about them."""
    return {
        "plain": Answered(model="m", text="The answer is 42.", finish="stop"),
        "json": Answered(model="m", text='```json\n{"answer": "42"}\n```', finish="stop"),
        "empty": Answered(model="m", finish="stop"),
        "spaces": Answered(model="m", text=" \n\t", finish="stop"),
        "refused": Answered(model="m", text="I cannot help with that.", finish="stop", refusal=True),
        "filtered": Answered(model="m", finish="content_filter"),
        "cut off": Answered(model="m", text='{"answer": "4', finish="length"),
        "tool call": Answered(
            model="m", tool_calls=(ToolCall(name="add", arguments={"a": 1}),), finish="tool_calls"
        ),
        "odd tool calls": Answered(
            model="m",
            tool_calls=(ToolCall(name="", arguments=None), ToolCall(name="\0", arguments="no JSON {")),
            finish="tool_calls",
        ),
        "long": Answered(model="m", text="4 2 {" * 60_000, finish="stop"),
        "deep": Answered(model="m", text='{"answer":' * _DEEP + "1" + "}" * _DEEP, finish="stop"),
        "odd letters": Answered(model="m", text="\ud800 \0 \u202e 42 \U0001f600 \x1b[31m", finish="stop"),
        "numbers": Answered(model="m", text="1e999 NaN Infinity -0 1/0 \\frac{1}{0} 10^10^10", finish="stop"),
    }


async def _check(grader: Scorer | PairScorer, sample: Sample) -> None:
    tried = answers()
    for name, answer in tried.items():
        if hasattr(grader, "compare"):
            pairs = [(tried["plain"], answer), (answer, tried["plain"])]
            for baseline, candidate in pairs:
                first = await grader.compare(sample, baseline, candidate)
                _check_score(name, sample, first, low=-1.0)
                _check_same(name, first, await grader.compare(sample, baseline, candidate))
        else:
            first = await grader.score(sample, answer)
            _check_score(name, sample, first, low=0.0)
            _check_same(name, first, await grader.score(sample, answer))


def _check_same(name: str, first: Score, second: Score) -> None:
    if first != second:
        raise AssertionError(f"the same answer ({name}) got {first} and then {second}")


def _check_score(name: str, sample: Sample, score: Score, *, low: float) -> None:
    if score.value is None and not _CODE.fullmatch(code_of(score)):
        raise AssertionError(f"{name}: no verdict starts with a snake_case code, not {score.reason!r}")
    if score.value is not None and not low <= score.value <= 1.0:
        raise AssertionError(f"{name}: {score.value} is outside of [{low:g}, 1]")
    if not 0 < len(score.reason) <= _LONGEST_REASON:
        raise AssertionError(
            f"{name}: a reason has 1 to {_LONGEST_REASON} characters, not {len(score.reason)}"
        )
    for text in _texts(sample.request):
        if len(text) >= _TELLING_CHARS and text[:_TELLING_CHARS] in score.reason:
            raise AssertionError(f"{name}: the reason quotes the prompt")


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)

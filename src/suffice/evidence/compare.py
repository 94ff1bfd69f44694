"""LEARN: one answered unit, graded: what the candidate's answer is worth beside the baseline's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.evidence.grading import Answered, PairScorer, Sample, Score, Scorer, no_verdict


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's paired difference, and how it came about."""

    d: float | None
    """Candidate minus baseline, in [-1, 1]; `None` is no verdict."""
    baseline: float | None = None
    """The baseline's own score in [0, 1]; `None` where the grader judges pairs, or gave no verdict."""
    candidate: float | None = None
    """The candidate's own score, likewise."""
    reason: str
    """In words. Without a verdict: a snake_case code, a colon, and which answer it is about."""
    cost_nanos: int | None = 0
    """What grading cost, in nano-dollars; `None` where a part of it is unknown."""
    detail: Mapping[str, Any] = {}
    """What a report on the grader itself needs."""


async def difference(
    scorer: Scorer | PairScorer, sample: Sample, baseline: Answered, candidate: Answered
) -> Difference:
    """Grades a unit.

    Args:
        scorer: Of `graders.make`.
        sample: What was asked.
        baseline: The baseline's answer.
        candidate: The candidate's; for the noise floor, the baseline's second answer.

    Returns:
        The difference. No verdict on one of the answers is no verdict on the unit; so is a grader that raises, or
        that gives what is no score. Being cancelled is the one thing that gets through.
    """
    if hasattr(scorer, "compare"):
        said = await asyncio.gather(scorer.compare(sample, baseline, candidate), return_exceptions=True)
        pair = _checked(said[0], low=-1.0)
        return Difference(d=pair.value, reason=pair.reason, cost_nanos=pair.cost_nanos, detail=pair.detail)
    both = await asyncio.gather(
        scorer.score(sample, baseline), scorer.score(sample, candidate), return_exceptions=True
    )
    first, second = (_checked(said, low=0.0) for said in both)
    costs = [score.cost_nanos for score in (first, second)]
    cost = None if None in costs else sum(cost for cost in costs if cost is not None)
    return Difference(
        d=None if first.value is None or second.value is None else second.value - first.value,
        baseline=first.value,
        candidate=second.value,
        reason=_reason(first, second),
        cost_nanos=cost,
        detail={"baseline": first.reason, "candidate": second.reason},
    )


def _checked(said: object, *, low: float) -> Score:
    if isinstance(said, asyncio.CancelledError):
        raise said
    if isinstance(said, BaseException):
        return no_verdict("grader_failed", type(said).__name__)
    if not isinstance(said, Score):
        return no_verdict("grader_failed", f"it returned {type(said).__name__}")
    value: object = said.value
    if value is None:
        return said
    # A function of somebody's own may put anything there.
    if not isinstance(value, (int, float)):
        return no_verdict("grader_failed", f"its score is {type(value).__name__}", cost_nanos=said.cost_nanos)
    # Not a number fails every comparison.
    if not low <= value <= 1.0:
        return no_verdict("score_out_of_range", f"{value:g}", cost_nanos=said.cost_nanos)
    return msgspec.structs.replace(said, value=float(value))


def _reason(first: Score, second: Score) -> str:
    for name, score in (("candidate", second), ("baseline", first)):
        if score.value is None:
            code, _, detail = score.reason.partition(":")
            return f"{code}: {name}{':' + detail if detail else ''}"
    return f"baseline: {first.reason}; candidate: {second.reason}"

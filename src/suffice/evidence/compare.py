"""LEARN: one answered unit, graded: what the candidate's answer is worth beside the baseline's."""

from __future__ import annotations

from suffice.evidence.grading import Answered, PairScorer, Sample, Score, Scorer

import msgspec


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's paired difference, and how it came about."""

    d: float | None
    """Candidate minus baseline, in [-1, 1]; `None` is no verdict."""
    baseline: float | None = None
    """The baseline's own score in [0, 1]; `None` where the grader judges pairs, or gave no verdict."""
    candidate: float | None = None
    """The candidate's own score, likewise."""
    reason: str
    """In words. Without a verdict: a snake_case code first (`grading.code_of`), then which answer it is about."""
    cost_nanos: int | None = 0
    """What grading cost, in nano-dollars; `None` where a part of it is unknown."""
    detail: dict[str, object] = {}
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
        The difference; no verdict on one of the answers is no verdict on the unit.
    """
    raise NotImplementedError

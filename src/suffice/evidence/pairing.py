"""LEARN: what a grader says of the two answers to one unit, or why nobody can say anything.

A unit without both answers, or whose grader fails, is kept without a verdict and with the reason: it is in no mean.
"""

from __future__ import annotations

import asyncio

import msgspec

from suffice.evidence.asking import Answer, NotAskedError, Unit, at_work
from suffice.evidence.compare import difference
from suffice.evidence.grading import Answered, PairScorer, Sample, Scorer
from suffice.evidence.trial import Graded
from suffice.types import LoggedCall

Pair = tuple[Answer | BaseException, Answer | BaseException]
"""The baseline's answer and the candidate's, or what came instead."""


class Pairing:
    """Compares answers, a few units at a time.

    Args:
        at_once: Units that are graded at the same time: each may run a program, or ask a judge twice.
    """

    def __init__(self, at_once: int) -> None:
        self._turn = asyncio.Semaphore(at_once)

    async def compare(
        self, bucket: str, scorer: Scorer | PairScorer, call: LoggedCall, pair: Pair
    ) -> Graded | None:
        """Returns what the grader says of two answers; `None` if the trial has halted before it could.

        Args:
            bucket: The use case.
            scorer: Its grader.
            call: The logged call that was asked again.
            pair: What came of it.

        Raises:
            Exception: What asking has raised, a halt aside.
        """
        for answer in pair:
            if isinstance(answer, BaseException) and not isinstance(answer, NotAskedError):
                raise answer
        baseline, candidate = pair
        if not isinstance(baseline, Answer) or not isinstance(candidate, Answer):
            return None
        graded = Graded(
            unit=call.id,
            d=None,
            baseline_cost_nanos=baseline.cost_nanos,
            candidate_cost_nanos=candidate.cost_nanos,
            baseline_tokens=baseline.output_tokens,
            candidate_tokens=candidate.output_tokens,
        )
        if baseline.answered is None or candidate.answered is None:
            which, lost = (
                ("the baseline", baseline) if baseline.answered is None else ("the candidate", candidate)
            )
            return msgspec.structs.replace(graded, reason=f"{lost.reason} (of {which})")
        sample = Sample(id=call.id, bucket=bucket, request=call.request, expected=call.expected)
        return await self._graded(scorer, sample, graded, (baseline.answered, candidate.answered))

    async def _graded(
        self, scorer: Scorer | PairScorer, sample: Sample, graded: Graded, pair: tuple[Answered, Answered]
    ) -> Graded | None:
        unit = Unit(id=sample.id)
        token = at_work.set(unit)
        try:
            async with self._turn:
                found = await difference(scorer, sample, *pair)
        finally:
            at_work.reset(token)
        if unit.refused:
            return None
        return msgspec.structs.replace(
            graded,
            d=found.d,
            reason=found.reason,
            baseline_score=found.baseline,
            candidate_score=found.candidate,
            grading_nanos=found.cost_nanos or 0,
        )

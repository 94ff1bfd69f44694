"""LEARN: the baseline's own answer in the place of a right one.

It says how often a candidate answers otherwise than the baseline, not how often it is wrong. The baseline counts as
right by definition: a candidate loses where it differs and can never win, so the mean difference is minus the share of
disagreement, and a lower bound of what it is really worth. Where the lower bound is above -delta, the candidate may
serve all the same; where it is not, a right answer or a judge may still say that it suffices.
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import msgspec

from suffice.evidence.grading import Answered, Sample, Score, Scorer, no_verdict


class Comparable(Scorer, Protocol):
    """A scorer that can take an answer for the right one."""

    def reference_of(self, answer: Answered) -> Any:
        """Returns what another answer is held against; `None` if this answer has nothing to offer."""
        ...


class AgainstBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """Makes a pair scorer of a scorer: its score of the candidate, with the baseline's answer expected, minus 1."""

    NAME: ClassVar[str] = "against_baseline"
    VERSION: ClassVar[str] = "1"
    scorer: Comparable

    @property
    def advisory(self) -> bool:
        """As the scorer is."""
        return self.scorer.advisory

    async def compare(self, sample: Sample, baseline: Answered, candidate: Answered) -> Score:
        """Returns a score in [-1, 0]; no verdict where the baseline's answer is none to go by."""
        expected = self.scorer.reference_of(baseline)
        if expected is None:
            return no_verdict("no_reference", "the baseline's answer has nothing to compare with")
        score = await self.scorer.score(msgspec.structs.replace(sample, expected=expected), candidate)
        if score.value is None:
            return score
        reason = f"held against the baseline's answer: {score.reason}"
        return msgspec.structs.replace(score, value=score.value - 1.0, reason=reason)

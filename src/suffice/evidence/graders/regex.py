"""What a pattern finds in the answer is the right text; or, without a right text, the pattern matches at all."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders._texts import (
    Judgement,
    as_text,
    normal,
    reference_text,
    taken,
    taking_of,
    text_score,
)
from suffice.evidence.grading import Answered, Sample, Score
from suffice.evidence.taking import Taking

VERSION = "1"
READS = frozenset({"field", "pattern", "flags", "ignore_case", "ignore_spaces"})
NEEDS = frozenset({"pattern"})
REFERENCES = ("expected", "baseline", "none")


class Regex(msgspec.Struct, frozen=True, kw_only=True):
    """1 where what the pattern's last match finds equals the right text, else 0.

    Of a pattern with a group, the group counts. A list of right texts accepts any of them.
    """

    NAME: ClassVar[str] = "regex"
    VERSION: ClassVar[str] = VERSION
    taking: Taking
    compared: bool = True
    """Whether there is a right text; else a match is enough."""
    ignore_case: bool = False
    ignore_spaces: bool = False
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns 1 or 0."""
        if self.compared:
            return text_score(sample, answer, self.taking, self._judge)
        found, silent = taken(answer, self.taking)
        return (
            Score(value=0.0, reason=silent)
            if found is None
            else Score(value=1.0, reason="the pattern matches")
        )

    def reference_of(self, answer: Answered) -> Any:
        """Returns what another answer is held against."""
        return reference_text(answer, self.taking)

    def _judge(self, found: str, expected: Any) -> Judgement | None:
        accepted = expected if isinstance(expected, list) else [expected]
        if not accepted:
            return None
        if self._normal(found) in {self._normal(as_text(one)) for one in accepted}:
            return 1.0, "what the pattern finds is right"
        return 0.0, "what the pattern finds is not right"

    def _normal(self, text: str) -> str:
        return normal(text, ignore_case=self.ignore_case, ignore_spaces=self.ignore_spaces)


def grader(settings: GraderSettings, parts: Parts) -> Regex:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings."""
    return Regex(
        taking=taking_of(settings),
        compared=settings.reference != "none",
        ignore_case=settings.ignore_case,
        ignore_spaces=settings.ignore_spaces,
    )

"""How alike the answer and the right text are, by their fingerprints. Advisory: no certificate rests on it."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders._texts import Judgement, as_text, reference_text, taking_of, text_score
from suffice.evidence.grading import Answered, Sample, Score
from suffice.evidence.taking import Taking
from suffice.features.grams import hashes_of

VERSION = "1"
READS = frozenset({"field", "pattern", "flags"})
NEEDS: frozenset[str] = frozenset()
REFERENCES = ("expected", "baseline")


class Embedding(msgspec.Struct, frozen=True, kw_only=True):
    """The cosine of the two fingerprints, not below 0: texts about the same thing are alike, right or wrong."""

    NAME: ClassVar[str] = "embedding"
    VERSION: ClassVar[str] = VERSION
    taking: Taking
    advisory: bool = True

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns the cosine."""
        return text_score(sample, answer, self.taking, self._judge)

    def reference_of(self, answer: Answered) -> Any:
        """Returns what another answer is held against."""
        return reference_text(answer, self.taking)

    def _judge(self, found: str, expected: Any) -> Judgement | None:
        # Here, because it brings numpy and a table of vectors.
        from suffice.quality.fingerprint import embed  # noqa: PLC0415 -- see above

        first, second = (embed(hashes_of(text.casefold())) for text in (found, as_text(expected)))
        if not second.any():
            return None
        cosine = min(max(float(first @ second), 0.0), 1.0)
        return cosine, f"cosine {cosine:.2f}"


def grader(settings: GraderSettings, parts: Parts) -> Embedding:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings."""
    return Embedding(taking=taking_of(settings))

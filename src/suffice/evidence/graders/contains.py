"""The answer contains the right text, or all texts of a list, in normal form."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders._texts import Judgement, as_text, reference_text, taking_of, text_score
from suffice.evidence.grading import Answered, Sample, Score
from suffice.evidence.taking import Taking
from suffice.features.grams import UNSPACED

VERSION = "2"
READS = frozenset({"field", "pattern", "flags", "partial"})
NEEDS: frozenset[str] = frozenset()
REFERENCES = ("expected", "baseline")
_OTHER = re.compile(r"[\W_]+")
_LETTER = re.compile(rf"([{UNSPACED}])")


class Contains(msgspec.Struct, frozen=True, kw_only=True):
    """1 where every right text stands in the answer as whole words, else 0; with `partial` the share that does.

    Where a script puts no spaces between words, each letter counts as one.
    """

    NAME: ClassVar[str] = "contains"
    VERSION: ClassVar[str] = VERSION
    taking: Taking
    partial: bool = False
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns 1 or 0, or the share."""
        return text_score(sample, answer, self.taking, self._judge)

    def reference_of(self, answer: Answered) -> Any:
        """Returns what another answer is held against."""
        return reference_text(answer, self.taking)

    def _judge(self, found: str, expected: Any) -> Judgement | None:
        wanted = [words_of(as_text(one)) for one in (expected if isinstance(expected, list) else [expected])]
        if not wanted or not all(wanted):
            return None
        inside = f" {words_of(found)} "
        there = sum(f" {words} " in inside for words in wanted)
        share = there / len(wanted)
        return (
            share if self.partial else float(share == 1)
        ), f"{there} of {len(wanted)} texts are in the answer"


def words_of(text: str) -> str:
    """Returns the words of a text in normal form: compatibility forms unified, no case, no accents, one space between.

    Of a script without spaces between words, each letter is a word.

    >>> words_of("  Der  Müller-Satz, №1! ")
    'der muller satz no1'
    """
    # Twice: folding undoes some of what unifying did, and the other way round.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _OTHER.sub(" ", _LETTER.sub(r" \1 ", plain)).strip()


def grader(settings: GraderSettings, parts: Parts) -> Contains:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings."""
    return Contains(taking=taking_of(settings), partial=settings.partial)

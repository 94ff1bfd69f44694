"""The answer's number is the right one, within a tolerance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders._texts import Judgement, as_text, taking_of, text_score
from suffice.evidence.grading import Answered, Sample, Score, said_nothing
from suffice.evidence.numbers import Number, boxed, last_number, number_of
from suffice.evidence.taking import MOST_CHARS, Taking

VERSION = "2"
READS = frozenset({"field", "pattern", "flags", "relative_tolerance", "absolute_tolerance"})
NEEDS: frozenset[str] = frozenset()
REFERENCES = ("expected", "baseline")


class Numeric(msgspec.Struct, frozen=True, kw_only=True):
    r"""1 where the number is near enough, else 0.

    With `field` or `pattern` the number is what they take. Without, it is what the last `\boxed{}` holds, else the last
    number of the answer; but of an answer that was cut off, the last number is where it was cut, so it has none.
    """

    NAME: ClassVar[str] = "numeric"
    VERSION: ClassVar[str] = VERSION
    taking: Taking
    relative: float
    absolute: float
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns 1 or 0."""
        if self.taking.field is not None or self.taking.pattern is not None:
            return text_score(sample, answer, self.taking, self._judge)
        stated = msgspec.structs.replace(answer, text=self._stated(answer) or "")
        if said_nothing(answer) is None and not stated.text:
            stated = msgspec.structs.replace(stated, text="no number")
        return text_score(sample, stated, self.taking, self._judge)

    def reference_of(self, answer: Answered) -> Any:
        """Returns what another answer is held against; `None` where this one says nothing, or states no number."""
        if said_nothing(answer) is not None:
            return None
        if self.taking.field is None and self.taking.pattern is None:
            return self._stated(answer)
        found = self.taking.of(answer.text)
        return None if found is None or number_of(found) is None else found

    def _stated(self, answer: Answered) -> str | None:
        text = answer.text[-MOST_CHARS:]
        inside = boxed(text)
        if inside is not None:
            return inside
        return None if answer.finish == "length" else last_number(text)

    def _judge(self, found: str, expected: Any) -> Judgement | None:
        states = isinstance(expected, (str, int, float)) and not isinstance(expected, bool)
        right = number_of(as_text(expected)) if states else None
        if right is None:
            return None
        number = number_of(found)
        if number is None:
            return 0.0, "the answer has no number"
        if self._near(number, right) or self._near_percent(number, right, found, as_text(expected)):
            return 1.0, f"{_shown(number)} is within tolerance of {_shown(right)}"
        return 0.0, f"{_shown(number)} is not {_shown(right)}"

    def _near(self, number: Number, right: Number) -> bool:
        # Exact: two numbers may differ by less than floats can tell, or be beyond them.
        off = abs(Fraction(number) - Fraction(right))
        return off <= max(Fraction(self.absolute), Fraction(self.relative) * abs(Fraction(right)))

    def _near_percent(self, number: Number, right: Number, found: str, expected: str) -> bool:
        """`45` and `45%` mean the same where only one of them has the sign."""
        signs = ["%" in text or "percent" in text for text in (found, expected)]
        if signs[0] == signs[1]:
            return False
        return self._near(number * 100, right) if signs[0] else self._near(number, right * 100)


def _shown(number: Number) -> str:
    try:
        return f"{float(number):.10g}"
    except OverflowError:
        return "a number beyond 1e308"


def grader(settings: GraderSettings, parts: Parts) -> Numeric:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings."""
    return Numeric(
        taking=taking_of(settings),
        relative=settings.relative_tolerance,
        absolute=settings.absolute_tolerance,
    )

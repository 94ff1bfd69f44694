"""The answer, or a part of it, is the right text."""

from __future__ import annotations

import ast
from typing import Any, ClassVar

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.graders._texts import as_text, normal, reference_text, taking_of, text_score
from suffice.evidence.grading import Answered, Sample, Score
from suffice.evidence.taking import Taking

VERSION = "1"
READS = frozenset({"field", "pattern", "flags", "ignore_case", "ignore_spaces", "literals"})
NEEDS: frozenset[str] = frozenset()
REFERENCES = ("expected", "baseline")
_LONGEST_LITERAL = 10_000


class Exact(msgspec.Struct, frozen=True, kw_only=True):
    """1 where the texts are equal, else 0."""

    NAME: ClassVar[str] = "exact"
    VERSION: ClassVar[str] = VERSION
    taking: Taking
    ignore_case: bool = False
    ignore_spaces: bool = False
    literals: bool = False
    """Compare what the texts stand for as JSON or Python literals."""
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns 1 or 0."""
        return text_score(sample, answer, self.taking, self._judge)

    def reference_of(self, answer: Answered) -> Any:
        """Returns what another answer is held against."""
        return reference_text(answer, self.taking)

    def _judge(self, found: str, expected: Any) -> tuple[float, str]:
        if self._equal(found, as_text(expected)):
            return 1.0, "equal"
        return 0.0, "not equal"

    def _equal(self, found: str, expected: str) -> bool:
        if not self.literals:
            return self._normal(found) == self._normal(expected)
        if self.ignore_case or self.ignore_spaces:
            found, expected = self._normal(found), self._normal(expected)
        stood = _stands_for(found), _stands_for(expected)
        # A text may stand there without its quotes on one of the sides; then the spaces around it are part of it.
        return same(*stood) or stood[0] == expected or stood[1] == found

    def _normal(self, text: str) -> str:
        return normal(text, ignore_case=self.ignore_case, ignore_spaces=self.ignore_spaces)


def literal(text: str) -> Any:
    """Returns what a text stands for as a JSON or Python literal; the text itself if it is none.

    >>> literal("[1, 2]"), literal("'a'"), literal("true"), literal("a b")
    ([1, 2], 'a', True, 'a b')
    """
    if len(text) > _LONGEST_LITERAL:
        return text
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _stands_for(text: str) -> Any:
    value = literal(text.strip())
    return text if value == text.strip() else value


def same(first: Any, second: Any) -> bool:
    """Tells whether two values are equal, with truth values and numbers kept apart at every depth.

    >>> same([1, {"a": 2.0}], [1.0, {"a": 2}]), same(True, 1), same([0], [False])
    (True, False, False)
    """
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)) and type(first) is type(second):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def grader(settings: GraderSettings, parts: Parts) -> Exact:  # noqa: ARG001 -- all graders are made alike
    """Returns the grader of some settings."""
    return Exact(
        taking=taking_of(settings),
        ignore_case=settings.ignore_case,
        ignore_spaces=settings.ignore_spaces,
        literals=settings.literals,
    )

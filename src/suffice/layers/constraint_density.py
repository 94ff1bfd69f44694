"""Each instruction is easy to obey by itself; many at once are not."""

from __future__ import annotations

from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 16
READS = "words of obligation, items of lists, the form of the answer, a named length"
SOURCE = "house heuristic: the number of constraints n as n / (n + 8): 2 are 0.2, 8 are 0.5, 24 are 0.75"

_HALF = 8
_ABSTAINS = Score(None, "no text was read")


def score(features: Features) -> Score:
    """Returns a demand that grows with the constraints, below 1; abstains without text."""
    instructions, question = features.excerpts
    if not (question.word_count or instructions.word_count):
        return _ABSTAINS
    marks = features.marks
    directives, items = marks.directives, marks.items
    # A list of data has as many items as a list of rules: items count where there are words of obligation.
    constraints = 3 * directives if items > 2 * directives else directives + items
    if features.contract is not None or "json" in features.cues:
        constraints += 1
    return _scored(constraints + 1 if marks.measured else constraints)


@lru_cache(maxsize=1_024)
def _scored(constraints: int) -> Score:
    if constraints == 0:
        return Score(0.0, "no constraint is seen")
    plural = "constraint" if constraints == 1 else "constraints"
    return Score(constraints / (constraints + _HALF), f"about {constraints} {plural} at once")

"""Each instruction is easy to obey by itself; many at once are not."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 16
READS = "words of obligation, items of lists, the form of the answer, a named length"
SOURCE = "house heuristic: the number of constraints n as n / (n + 8): 2 are 0.2, 8 are 0.5, 24 are 0.75"

_HALF = 8


def score(features: Features) -> Score:
    """Returns a demand that grows with the constraints, below 1; abstains without text."""
    instructions, question = features.excerpts
    if not (question.word_count or instructions.word_count):
        return Score(None, "no text was read")
    marks = features.marks
    # A list of data has as many items as a list of rules: items count where there are words of obligation.
    constraints = marks.directives + min(marks.items, 2 * marks.directives)
    constraints += 1 if features.contract is not None or features.cues.get("json", 0) else 0
    constraints += 1 if marks.measured else 0
    if constraints == 0:
        return Score(0.0, "no constraint is seen")
    plural = "constraint" if constraints == 1 else "constraints"
    return Score(constraints / (constraints + _HALF), f"about {constraints} {plural} at once")

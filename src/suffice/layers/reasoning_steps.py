"""A chain of more than five steps is where small models lose the thread."""

from __future__ import annotations

from suffice.features import Features
from suffice.types import Score

NUMBER = 13
READS = "words of order, planning and puzzles, numbered items, questions, numbers in a problem"
SOURCE = "house heuristic: the number of chained steps n as n / 8; more than five are 0.7 and more"

_FULL_STEPS = 8
_SIGNS = frozenset(
    {"order", "explain", "puzzle", "plan", "proof", "contest", "higher_maths", "arithmetic", "step_by_step"}
)
_ABSTAINS = Score(None, "no chain of steps is asked for")


def score(features: Features) -> Score:
    """Returns a demand that grows with the steps asked for; abstains where none are seen."""
    steps = steps_of(features)
    if steps == 0:
        return _ABSTAINS
    return Score(min(1.0, steps / _FULL_STEPS), f"about {steps} chained {'step' if steps == 1 else 'steps'}")


def steps_of(features: Features) -> int:
    """Returns about how many steps follow from one another; 0 if nothing says so."""
    cues, marks = features.cues, features.marks
    if marks.questions <= 2 and _SIGNS.isdisjoint(cues):
        return 0
    order, explain = cues.get("order", 0), cues.get("explain", 0)
    steps = 0
    if order > 1:
        steps += min(4, order)
    if puzzle := cues.get("puzzle", 0):
        # A puzzle's clues are its steps.
        steps += 1 + min(3, puzzle) + min(4, marks.items // 3)
    if plan := cues.get("plan", 0):
        steps += 1 + min(3, plan)
    if cues.get("proof", 0):
        steps += 4
    elif (maths := cues.get("contest", 0) + cues.get("higher_maths", 0)) and (marks.formulas or maths > 1):
        steps += 3
    elif cues.get("arithmetic", 0) > 1 and marks.numbers > 1:
        steps += min(4, marks.numbers // 2)
    if cues.get("step_by_step", 0):
        steps += 2
    if marks.questions > 2:
        steps += min(2, marks.questions - 2)
    return steps + (1 if explain and (steps or explain > 1) else 0)

"""A chain of more than five steps is where small models lose the thread."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 13
READS = "words of order, planning and puzzles, numbered items, questions, numbers in a problem"
SOURCE = "house heuristic: the number of chained steps n as n / 8; more than five are 0.7 and more"

_FULL_STEPS = 8
_ABSTAINS = Score(None, "no chain of steps is asked for")


def score(features: Features) -> Score:
    """Returns a demand that grows with the steps asked for; abstains where none are seen."""
    steps = steps_of(features)
    return _scored(steps) if steps else _ABSTAINS


@lru_cache(maxsize=1_024)
def _scored(steps: int) -> Score:
    return Score(min(1.0, steps / _FULL_STEPS), f"about {steps} chained {'step' if steps == 1 else 'steps'}")


def steps_of(features: Features) -> int:
    """Returns about how many steps follow from one another; 0 if nothing says so."""
    cues, marks = features.cues, features.marks
    steps = 0
    # Comparisons, where most texts come by: `min` takes four times as long.
    if "order" in cues and (order := cues["order"]) > 1:
        steps = 4 if order > 3 else order
    if "puzzle" in cues:
        # A puzzle's clues are its steps.
        steps += 1 + min(3, cues["puzzle"]) + min(4, marks.items // 3)
    if "plan" in cues:
        steps += 1 + min(3, cues["plan"])
    if "proof" in cues:
        steps += 4
    elif ("contest" in cues or "higher_maths" in cues) and (marks.formulas or _more_than_a_word(cues)):
        steps += 3
    elif "arithmetic" in cues and cues["arithmetic"] > 1:
        steps += 4 if marks.numbers > 7 else marks.numbers // 2
    if "step_by_step" in cues:
        steps += 2
    if marks.questions > 2:
        steps += 1 if marks.questions == 3 else 2
    return steps + 1 if "explain" in cues and (steps or cues["explain"] > 1) else steps


def _more_than_a_word(cues: Mapping[str, int]) -> bool:
    return cues.get("contest", 0) + cues.get("higher_maths", 0) > 1

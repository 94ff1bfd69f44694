"""Where tone matters and the ask leaves it open, a reader notices the difference between models."""

from __future__ import annotations

from collections.abc import Mapping

from suffice.features import Features
from suffice.types import Score

NUMBER = 17
READS = "words of creative writing, prose, letters, tone and audience; how open the ask is"
SOURCE = (
    "house heuristic: a letter 0.4, prose 0.6, creative writing 0.65, a tone 0.6, to an audience 0.8; "
    "0.1 more where the ask is vague, 0.1 less where more than 6 directives bind it"
)

_VAGUE, _BOUND, _MANY_DIRECTIVES = 0.1, 0.1, 6
_ABSTAINS = Score(None, "nothing is to be written for a reader")


def score(features: Features) -> Score:
    """Returns a demand that grows with how much tone matters; abstains where nothing is to be written for a reader."""
    cues = features.cues
    found = _kind(cues) if "make" in cues or "tone" in cues or "creative" in cues else None
    if found is None:
        return _ABSTAINS
    demand, reason = found
    if features.question_cues.get("vague", 0):
        return Score(min(1.0, demand + _VAGUE), f"{reason}, and the ask is open")
    if features.marks.directives > _MANY_DIRECTIVES:
        return Score(demand - _BOUND, f"{reason}, bound by many directives")
    return Score(demand, reason)


def _kind(cues: Mapping[str, int]) -> tuple[float, str] | None:
    tone, make = cues.get("tone", 0), "make" in cues
    written = make or "letter" in cues
    if tone and written and (tone > 1 or "audience" in cues):
        return 0.8, "words to a reader whose mood matters"
    if "creative" in cues and (make or cues["creative"] > 1):
        return 0.65, "creative writing"
    if tone > 1 or (tone and written):
        return 0.6, "a tone is asked for"
    if not make:
        return None
    if "prose" in cues:
        return 0.6, "prose to be read"
    return (0.5 if "audience" in cues else 0.4, "a letter or a post") if "letter" in cues else None

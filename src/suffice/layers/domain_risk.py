"""In medicine, law, money and safety a wrong answer is costly, most of all where somebody will act on it."""

from __future__ import annotations

from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 19
READS = "words of medicine, law, finance and safety, and words that ask for advice"
SOURCE = (
    "house heuristic: two words of a subject 0.4, 0.1 more for each further one up to 0.7; 0.2 more for advice to "
    "a person"
)

_SUBJECTS = ("medical", "legal", "financial", "safety")
_FEWEST = 2
_ABSTAINS = Score(None, "no subject is seen where a wrong answer is costly")


def score(features: Features) -> Score:
    """Returns a demand that grows with the signs of a costly subject; abstains where there are fewer than two."""
    cues = features.cues
    subject, signs = "", 0
    for name in _SUBJECTS:
        if name in cues and cues[name] > signs:
            subject, signs = name, cues[name]
    if not signs:
        return _ABSTAINS
    # A word or two that ask what to do make one sign enough.
    return _scored(subject, signs, features.question_cues.get("advice", 0) > 1)


@lru_cache(maxsize=1_024)
def _scored(subject: str, signs: int, advice: bool) -> Score:
    if signs < _FEWEST and not advice:
        return _ABSTAINS
    demand = min(0.7, 0.4 + 0.1 * max(0, signs - _FEWEST)) + (0.2 if advice else 0.0)
    return Score(demand, f"a {subject} subject{', advice to a person' if advice else ''}")

"""The further a conversation has gone, and the more its last turn leans on it, the more must be held together."""

from __future__ import annotations

import math
from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 3
READS = "user turns, and words of the last one that point back"
SOURCE = (
    "house heuristic: logarithmic from 1 user turn (0) to 30 (0.7); "
    "up to 0.3 more for a short turn that points back"
)

_FULL_TURNS, _MOST_FROM_TURNS = 30, 0.7
_SPAN = math.log(_FULL_TURNS)
_PER_WORD, _MOST_FROM_WORDS = 0.1, 0.3
_SHORT_TOKENS = 120
_ABSTAINS, _FIRST = Score(None, "no user turn was read"), Score(0.0, "the first user turn of a conversation")


def score(features: Features) -> Score:
    """Returns 0 for a first turn, up to 1 for a late one that leans on earlier ones; abstains without a user turn."""
    turns = features.user_turns
    if turns < 2:
        return _FIRST if turns else _ABSTAINS
    short = features.question_tokens <= _SHORT_TOKENS
    return _scored(turns, features.question_cues.get("lean", 0) if short else 0)


@lru_cache(maxsize=1_024)
def _scored(turns: int, back: int) -> Score:
    demand = _MOST_FROM_TURNS * min(1.0, math.log(turns) / _SPAN)
    if not back:
        return Score(demand, f"user turn {turns}, which stands by itself")
    return Score(demand + min(_MOST_FROM_WORDS, _PER_WORD * back), f"user turn {turns}, which points back")

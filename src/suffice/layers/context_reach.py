"""The further the needed facts lie from the question, the more working memory it takes to bring them together."""

from __future__ import annotations

import math

from suffice.features import Features
from suffice.types import Score

NUMBER = 15
READS = "tokens before and around the question, and whether it points back or reconciles"
SOURCE = (
    "house heuristic: logarithmic from 1,000 tokens (0) to 200,000 (1), times 0.7 where nothing says that far facts "
    "are needed"
)

_NEAR, _FAR = 1_000, 200_000
_SPAN = math.log(_FAR / _NEAR)
_UNTOLD = 0.7
_ABSTAINS, _NEARBY = (
    Score(None, "no text was read"),
    Score(0.0, "all that is needed lies within 1,000 tokens"),
)


def score(features: Features) -> Score:
    """Returns 0 where all lies within 1,000 tokens, 1 where it reaches over 200,000; abstains without text."""
    tokens = sum(features.tokens_by_role.values())
    if tokens == 0:
        return _ABSTAINS
    if tokens <= _NEAR:
        return _NEARBY
    demand = min(1.0, math.log(tokens / _NEAR) / _SPAN)
    if _reaches(features):
        return Score(demand, f"facts may lie {tokens:,} tokens apart, and are to be brought together")
    return Score(_UNTOLD * demand, f"facts may lie up to {tokens:,} tokens apart")


def _reaches(features: Features) -> bool:
    cues = features.cues
    if features.documents > 1 or cues.get("reconcile", 0) or features.files > 2:
        return True
    return features.user_turns > 1 and features.question_cues.get("lean", 0) > 1

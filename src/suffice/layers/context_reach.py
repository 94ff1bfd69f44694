"""The further the needed facts lie from the question, the more working memory it takes to bring them together."""

from __future__ import annotations

from math import log

from suffice.features import Features
from suffice.types import Score

NUMBER = 15
READS = "tokens before and around the question, and whether it points back or reconciles"
SOURCE = (
    "house heuristic: logarithmic from 1,000 tokens (0) to 200,000 (1), times 0.7 where nothing says that far facts "
    "are needed"
)

_NEAR, _FAR = 1_000, 200_000
_SPAN = log(_FAR / _NEAR)
_UNTOLD = 0.7
_ABSTAINS, _NEARBY = (
    Score(None, "no text was read"),
    Score(0.0, "all that is needed lies within 1,000 tokens"),
)


def score(features: Features) -> Score:
    """Returns 0 where all lies within 1,000 tokens, 1 where it reaches over 200,000; abstains without text."""
    tokens = sum(features.tokens_by_role.values())
    if tokens <= _NEAR:
        return _NEARBY if tokens else _ABSTAINS
    demand = log(tokens / _NEAR) / _SPAN if tokens < _FAR else 1.0
    far = features.documents > 1 or features.files > 2 or "reconcile" in features.cues
    if far or (features.user_turns > 1 and features.question_cues.get("lean", 0) > 1):
        return Score(demand, f"facts may lie {tokens:,} tokens apart, and are to be brought together")
    return Score(_UNTOLD * demand, f"facts may lie up to {tokens:,} tokens apart")

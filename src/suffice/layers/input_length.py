"""A long prompt needs a model that can hold it together."""

from __future__ import annotations

import math
from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 1
READS = "estimated tokens in, by role"
SOURCE = (
    "house heuristic: logarithmic from 250 tokens (0) to 200,000 (1), the working memory of current flagships"
)

_NONE, _FULL = 250, 200_000
_ABSTAINS = Score(None, "no text was read")


def score(features: Features) -> Score:
    """Returns 0 for up to 250 tokens, 1 from 200,000."""
    tokens = features.input_tokens
    if tokens == 0:
        return _ABSTAINS
    heaviest, most = "user", -1
    for role, own in features.tokens_by_role.items():
        if own > most:
            heaviest, most = role, own
    return _scored(tokens, heaviest)


@lru_cache(maxsize=4_096)
def _scored(tokens: int, heaviest: str) -> Score:
    demand = math.log(max(tokens, _NONE) / _NONE) / math.log(_FULL / _NONE)
    return Score(min(1.0, demand), f"about {tokens:,} tokens in, most of them from the {heaviest}")

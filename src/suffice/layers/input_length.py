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
    tokens, by_role = features.input_tokens, features.tokens_by_role
    if tokens == 0:
        return _ABSTAINS
    return _scored(tokens, max(by_role, key=by_role.__getitem__, default="user"))


@lru_cache(maxsize=4_096)
def _scored(tokens: int, heaviest: str) -> Score:
    demand = math.log(max(tokens, _NONE) / _NONE) / math.log(_FULL / _NONE)
    return Score(min(1.0, demand), f"about {tokens:,} tokens in, most of them from the {heaviest}")

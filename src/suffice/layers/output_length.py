"""A long answer shows a smaller model's limits; a short one hardly can."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from suffice.features import Features
from suffice.types import Score

NUMBER = 2
READS = "the length that the text asks for, the answer's schema, verbosity, the output limit"
SOURCE = "house heuristic: logarithmic from 50 tokens (0) to 4,000 (1); under 500 counts as short"

_NONE, _FULL = 50, 4_000
_SHORT_TOKENS, _LONG_TOKENS, _PER_PROPERTY = 40, 1_500, 15
_LOW_LIMIT = 1_000
_ABSTAINS = Score(None, "nothing says how long the answer should be")
_VERBOSITY = {"low": 100, "medium": 400, "high": 1_500}


def expected_tokens(features: Features) -> tuple[int, str] | None:
    """Returns how long an answer is asked for, and by what; `None` if nothing says."""
    length = features.marks.length_tokens
    if length is not None:
        return length, "the text names a length"
    cues = features.cues
    if "short_answer" in cues or "detail" in cues or "brief" in cues:
        return _told(cues)
    contract = features.contract
    if contract is not None and contract.shape.properties:
        return _PER_PROPERTY * contract.shape.properties, "the answer's schema is small or large"
    verbosity = features.decoding.verbosity
    if verbosity is not None:
        return _VERBOSITY[verbosity], f"verbosity {verbosity}"
    limit = features.output_limit
    return (limit, "the client's limit is low") if limit is not None and limit <= _LOW_LIMIT else None


def _told(cues: Mapping[str, int]) -> tuple[int, str]:
    if "short_answer" in cues:
        return _SHORT_TOKENS, "the text asks for a short answer"
    if "detail" in cues:
        return _LONG_TOKENS, "the text asks for a detailed answer"
    return _VERBOSITY["low"], "the text asks to be brief"


def score(features: Features) -> Score:
    """Returns 0 for answers of up to 50 tokens, 1 from 4,000; abstains if nothing says how long."""
    expected = expected_tokens(features)
    return _ABSTAINS if expected is None else _scored(*expected)


@lru_cache(maxsize=1_024)
def _scored(tokens: int, because: str) -> Score:
    demand = math.log(max(tokens, _NONE) / _NONE) / math.log(_FULL / _NONE)
    return Score(min(1.0, demand), f"about {tokens:,} tokens out: {because}")

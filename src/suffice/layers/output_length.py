"""A long answer shows a smaller model's limits; a short one hardly can."""

from __future__ import annotations

import math

from suffice.features import Features
from suffice.types import Score

NUMBER = 2
READS = "the length that the text asks for, the answer's schema, verbosity, the output limit"
SOURCE = "house heuristic: logarithmic from 50 tokens (0) to 4,000 (1); under 500 counts as short"

_NONE, _FULL = 50, 4_000
_SHORT_TOKENS, _LONG_TOKENS, _PER_PROPERTY = 40, 1_500, 15
_LOW_LIMIT = 1_000
_VERBOSITY = {"low": 100, "medium": 400, "high": 1_500}


def expected_tokens(features: Features) -> tuple[int, str] | None:
    """Returns how long an answer is asked for, and by what; `None` if nothing says."""
    return _told(features) or _set(features)


def _told(features: Features) -> tuple[int, str] | None:
    cues = features.cues
    if features.marks.length_tokens is not None:
        return features.marks.length_tokens, "the text names a length"
    if cues.get("short_answer", 0):
        return _SHORT_TOKENS, "the text asks for a short answer"
    if cues.get("detail", 0):
        return _LONG_TOKENS, "the text asks for a detailed answer"
    return (_VERBOSITY["low"], "the text asks to be brief") if cues.get("brief", 0) else None


def _set(features: Features) -> tuple[int, str] | None:
    if features.contract is not None and features.contract.shape.properties:
        return _PER_PROPERTY * features.contract.shape.properties, "the answer's schema is small or large"
    verbosity = features.decoding.verbosity
    if verbosity is not None:
        return _VERBOSITY[verbosity], f"verbosity {verbosity}"
    if features.output_limit is not None and features.output_limit <= _LOW_LIMIT:
        return features.output_limit, "the client's limit is low"
    return None


def score(features: Features) -> Score:
    """Returns 0 for answers of up to 50 tokens, 1 from 4,000; abstains if nothing says how long."""
    expected = expected_tokens(features)
    if expected is None:
        return Score(None, "nothing says how long the answer should be")
    tokens, because = expected
    demand = math.log(max(tokens, _NONE) / _NONE) / math.log(_FULL / _NONE)
    return Score(min(1.0, demand), f"about {tokens:,} tokens out: {because}")

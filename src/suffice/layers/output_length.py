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
_SHORT = (
    "one sentence",
    "one word",
    "single word",
    "in a sentence",
    "briefly",
    "yes or no",
    "only the label",
    "just the",
)
_SHORT_WORDS = frozenset({"sentence", "word", "briefly", "yes", "label", "just"})
_BRIEF = frozenset({"concise", "concisely", "brevemente", "brièvement", "knapp", "кратко"})
_LONG = frozenset(
    [
        "detail", "detailed", "comprehensive", "in-depth", "long-form", "thorough", "exhaustive", "detallado",
        "detallada", "détaillé", "détaillée", "ausführlich", "dettagliato", "dettagliata", "detalhado", "подробно",
    ]
)  # fmt: skip
_VERBOSITY = {"low": 100, "medium": 400, "high": 1_500}


def expected_tokens(features: Features) -> tuple[int, str] | None:
    """Returns how long an answer is asked for, and by what; `None` if nothing says."""
    return _told(features) or _set(features)


def _told(features: Features) -> tuple[int, str] | None:
    words = features.words
    if features.marks.length_tokens is not None:
        return features.marks.length_tokens, "the text names a length"
    if not words.isdisjoint(_SHORT_WORDS) and any(phrase in features.text for phrase in _SHORT):
        return _SHORT_TOKENS, "the text asks for a short answer"
    if not words.isdisjoint(_LONG):
        return _LONG_TOKENS, "the text asks for a detailed answer"
    return None if words.isdisjoint(_BRIEF) else (_VERBOSITY["low"], "the text asks to be brief")


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

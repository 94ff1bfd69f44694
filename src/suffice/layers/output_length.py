"""A long answer shows a smaller model's limits; a short one hardly can."""

from __future__ import annotations

import math
import re

from suffice.features import Features
from suffice.types import Score

NUMBER = 2
READS = "the output limit, and the length that the text asks for"
SOURCE = "house heuristic: logarithmic from 50 tokens (0) to 4,000 (1); under 500 counts as short"

_NONE, _FULL = 50, 4_000
_PER_TOKEN = {"word": 0.74, "token": 1.0, "character": 4.0}
_ASKED = re.compile(r"\b(\d{1,3}(?:,\d{3})|\d{2,5})[- ]?(words?|tokens?|characters?)\b")
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
_LONG = frozenset({"detail", "detailed", "comprehensive", "in-depth", "long-form", "thorough", "exhaustive"})
_UNITS = frozenset({"word", "words", "token", "tokens", "character", "characters"})


def expected_tokens(features: Features) -> tuple[int, str] | None:
    """Returns how long an answer is asked for, and by what; `None` if nothing says."""
    if not features.words.isdisjoint(_UNITS) and (named := _named(features.question.lower())) is not None:
        return named, "the text names a length"
    if not features.words.isdisjoint(_SHORT_WORDS) and _says(features, _SHORT):
        return 40, "the text asks for a short answer"
    if not features.words.isdisjoint(_LONG):
        return 1_500, "the text asks for a detailed answer"
    if features.contract is not None and features.contract.shape.properties:
        return 15 * features.contract.shape.properties, "the answer's schema is small or large"
    if features.output_limit is not None and features.output_limit <= 1_000:
        return features.output_limit, "the client's limit is low"
    return None


def _says(features: Features, phrases: tuple[str, ...]) -> bool:
    return any(phrase in features.text for phrase in phrases)


def _named(text: str) -> int | None:
    found = _ASKED.search(text)
    if found is None:
        return None
    number = int(found[1].replace(",", ""))
    return max(1, round(number / _PER_TOKEN[found[2].rstrip("s")]))


def score(features: Features) -> Score:
    """Returns 0 for answers of up to 50 tokens, 1 from 4,000; abstains if nothing says how long."""
    expected = expected_tokens(features)
    if expected is None:
        return Score(None, "nothing says how long the answer should be")
    tokens, because = expected
    demand = math.log(max(tokens, _NONE) / _NONE) / math.log(_FULL / _NONE)
    return Score(min(1.0, demand), f"about {tokens:,} tokens out: {because}")

"""The measurable side of a prompt as a short vector: sizes, marks, cues, and what layers 1 to 19 demand."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from suffice.features import Features
from suffice.types import Score

DEMAND = "demand:"
"""Begins the name of a column that holds a layer's demand."""
CUE = "cue:"
"""Begins the name of a column that counts the words of one kind."""

SIZES = (
    "log_tokens", "log_question_tokens", "log_words", "distinct_share", "characters_per_word", "numbers",
    "numbers_share", "decimals", "items", "options", "questions", "formulas", "directives", "turns", "tools",
    "documents", "fences",
)  # fmt: skip
"""Names of what `sizes_of` returns, in its order."""


def sizes_of(features: Features) -> list[float]:
    """Returns sizes and marks of a prompt, in the order of `SIZES`; all finite and of moderate size."""
    marks, words = features.marks, len(features.hashes) // 4
    log = math.log1p
    return [
        log(features.input_tokens),
        log(features.question_tokens),
        log(words),
        len(features.words) / (words + 1.0),
        min(len(features.text) / (words + 1.0), 50.0),
        log(marks.numbers),
        marks.numbers / (words + 1.0),
        log(_decimals(features.text)) if marks.numbers > 1 else 0.0,
        log(marks.items),
        float(marks.options),
        log(marks.questions),
        log(marks.formulas),
        log(marks.directives),
        log(features.turns),
        0.0 if features.tools is None else log(features.tools.count),
        log(features.documents),
        log(features.fences),
    ]


def _decimals(text: str) -> int:
    """How many numbers have a point in them."""
    parts = text.split(".")
    return sum(before[-1:].isdigit() and after[:1].isdigit() for before, after in pairwise(parts))


def places_of(kinds: Sequence[str]) -> dict[str, int]:
    """Returns the place of each kind of cue."""
    return {kind: at for at, kind in enumerate(kinds)}


def cues_of(features: Features, places: Mapping[str, int]) -> list[float]:
    """Returns how many words of each kind a prompt has, by their logarithm.

    Args:
        features: Of the prompt.
        places: Of each kind among the values; other kinds are not counted.
    """
    values = [0.0] * len(places)
    for kind, count in features.cues.items():
        place = places.get(kind)
        if place is not None:
            values[place] = math.log1p(count)
    return values


def demands_of(scores: Mapping[str, Score], layers: Sequence[str], usual: Sequence[float]) -> list[float]:
    """Returns the demand of each layer; one that abstains, or is not there, counts as its usual value."""
    found = []
    for layer, otherwise in zip(layers, usual, strict=True):
        score = scores.get(layer)
        found.append(otherwise if score is None or score.demand is None else score.demand)
    return found

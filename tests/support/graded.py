"""Graded requests of a made-up world whose truth is known, for the tests of what learns from them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache

from suffice.features import read
from suffice.layers import LAYERS
from suffice.quality.artifact import Artifact
from suffice.quality.fit import fit
from suffice.quality.outcomes import Example
from suffice.types import Request

BIG, SMALL = "big", "small"
TRUTH: Mapping[str, float] = {"faq": 0.95, "triage": 0.75, "law": 0.35}
"""How often the small model is right, by use case; the big one always is."""
HARD_WORD, HARM = "notwithstanding", 0.3
"""A word that makes the small model wrong so much more often."""
_WORDS = (
    "parcel", "invoice", "refund", "contract", "clause", "summer", "window", "garden", "letter", "answer", "table",
    "number", "river", "station", "evening", "market", "doctor", "school", "bridge", "music", "winter", "paper",
)  # fmt: skip


def example(
    text: str, quality: Mapping[str, float], *, bucket: str = "faq", group: str | None = None
) -> Example:
    """One graded request with this question and tag."""
    body = {"messages": [{"role": "user", "content": text}]}
    features = read(Request(api="chat_completions", provider="openai", model=BIG, body=body, feature=bucket))
    scores = {name: layer(features) for name, layer in LAYERS.items()}
    return Example(features=features, scores=scores, bucket=bucket, quality=quality, group=group or text)


def chance(bucket: str, *, hard: bool) -> float:
    """How probable a right answer of the small model is, in truth."""
    return TRUTH[bucket] - (HARM if hard else 0.0)


def world(count: int, seed: int = 1) -> list[Example]:
    """Examples drawn from the truth, use cases in turns; one of three has the hard word."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        bucket = list(TRUTH)[number % len(TRUTH)]
        hard = rng.random() < 1 / 3
        words = rng.choices(_WORDS, k=12) + ([HARD_WORD] if hard else [])
        rng.shuffle(words)
        right = float(rng.random() < chance(bucket, hard=hard))
        text = f"{' '.join(words)} {seed}-{number}"
        found.append(example(text, {BIG: 1.0, SMALL: right}, bucket=bucket))
    return found


def is_hard(one: Example) -> bool:
    """Tells whether the hard word is in it."""
    return HARD_WORD in one.features.words


@cache
def learned() -> tuple[tuple[Example, ...], Artifact]:
    """Examples of the world, and what a fit learned from them."""
    examples = tuple(world(600))
    return examples, fit(examples, [(BIG, SMALL)])

"""What was learned from a hundred outcomes of our own invention, for tests of what reads an artifact."""

from __future__ import annotations

from functools import cache

import msgspec
from asks import chat

from suffice.features import read
from suffice.layers import LAYERS
from suffice.quality.artifact import Artifact
from suffice.quality.fit import FitOptions, fit
from suffice.quality.outcomes import Example, bucket_of

PAIRS = (("gpt-5.4", "gpt-5.4-mini"), ("gpt-5.4", "gpt-5.4-nano"))
TEXT = "Summarize the {} about the {}."


@cache
def artifact(delta: float = 0.0) -> Artifact:
    """An artifact that knows two pairs: small models write short texts as well, and long ones not."""
    return msgspec.structs.replace(_fitted(), delta=delta)


@cache
def _fitted() -> Artifact:
    examples = [_example(number) for number in range(240)]
    return fit(examples, PAIRS, FitOptions(folds=3, most_columns=64))


def _example(number: int) -> Example:
    about = ("thread", "report", "letter")[number % 3], ("soup", "bread", "seat", "bill", "view")[number % 5]
    length = (30, 60, 120, 250, 500, 700, 900, 1_000)[number % 8]
    features = read(chat(TEXT.format(*about), max_tokens=length))
    lucky = number % 7 == 0
    return Example(
        features=features,
        scores={name: layer(features) for name, layer in LAYERS.items()},
        bucket=bucket_of(features),
        quality={
            "gpt-5.4": 1.0,
            "gpt-5.4-mini": float(length <= 500 or lucky),
            "gpt-5.4-nano": float(length <= 120 or lucky),
        },
        group=str(number),
    )

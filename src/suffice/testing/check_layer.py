"""The contract that every layer keeps, ours or yours: call it from a test."""

from __future__ import annotations

from collections.abc import Iterable

from suffice.features import Features
from suffice.layers import Layer

_LONGEST_REASON = 200
_TELLING_CHARS = 24


def check_layer(layer: Layer, samples: Iterable[Features]) -> None:
    """Checks a layer on samples of features.

    Args:
        layer: The layer's `score`.
        samples: What it is tried on; include hostile ones.

    Raises:
        AssertionError: It raised, is not deterministic, left [0, 1], gave no reason, or quoted the prompt.
    """
    for features in samples:
        score = layer(features)
        if score != layer(features):
            raise AssertionError(f"the same features gave {score} and then another score")
        if score.demand is not None and not 0.0 <= score.demand <= 1.0:
            raise AssertionError(f"a demand of {score.demand} is outside of [0, 1]")
        if not 0 < len(score.reason) <= _LONGEST_REASON:
            raise AssertionError(
                f"a reason of {len(score.reason)} characters; 1 to {_LONGEST_REASON} are readable"
            )
        for text in (features.question, features.instructions):
            if len(text) >= _TELLING_CHARS and text[:_TELLING_CHARS] in score.reason:
                raise AssertionError("the reason quotes the prompt")

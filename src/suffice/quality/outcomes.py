"""PREDICT: what a fit learns from: requests whose answers by several models have been graded."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from suffice.features import Features
from suffice.features.task import TASKS
from suffice.types import Score

UNTAGGED = "untagged"
"""The tag of a request whose client names no use case."""
_BY_TASK: Mapping[str | None, str] = {None: UNTAGGED, **{task: f"task:{task}" for task in TASKS}}


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and how good each model's answer to it was."""

    features: Features
    scores: Mapping[str, Score]
    """By the name of the layer, of `suffice.layers.LAYERS`."""
    bucket: str
    """Its use-case bucket; see `bucket_of`."""
    quality: Mapping[str, float]
    """Model to score in [0, 1]; a model that did not answer is absent."""
    output_tokens: Mapping[str, float] = {}
    """Model to the length of its answer in tokens; one that is not known is absent."""
    group: str
    """Examples of one group are never split between learning and testing: variants of one prompt, say."""


def bucket_of(features: Features) -> str:
    """Returns the use-case bucket of a request: the client's tag, else the recognised kind of task."""
    if features.feature != UNTAGGED:
        return features.feature
    return _BY_TASK[features.task]

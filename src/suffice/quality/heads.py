"""PREDICT: linear heads over the words and measures of a prompt: one a pair of models, read all at once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.quality.space import Row

_LARGEST_BYTE = 127


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What words and measures add to a use case's mean gain."""

    words: bytes
    """By column, int8."""
    scale: float
    """A word's weight is its byte times this."""
    dense: tuple[float, ...]
    """Weights of the measured columns."""
    centre: float
    """What it gives on average over what it learned from; taken off, so that use cases keep their means."""
    prior_variance: float
    """Of its value on a prompt of which it learned no word: the mean variance over the mean novelty."""


def compact(words: NDArray[np.float64], dense: NDArray[np.float64]) -> Head:
    """Returns a head with weights rounded to a byte each, not yet centred.

    Args:
        words: Shape (d,).
        dense: Shape (q,).
    """
    largest = float(np.abs(words).max(initial=0.0))
    scale = largest / _LARGEST_BYTE if largest > 0 else 1.0
    return Head(
        words=np.rint(words / scale).astype(np.int8).tobytes(),
        scale=scale,
        dense=tuple(map(float, dense)),
        centre=0.0,
        prior_variance=0.0,
    )


class Stack:
    """Several heads beside each other: one look-up of a prompt's words serves all.

    Args:
        heads: `None` for a pair without a head: its value is always 0.
        columns: Of the space; what is unknown reads the one behind the last, which weighs nothing.
        measures: How many measured columns the space has.
    """

    def __init__(self, heads: Sequence[Head | None], columns: int, measures: int) -> None:
        self._words = np.zeros((columns + 1, len(heads)), np.float32)
        self._dense = np.zeros((measures, len(heads)), np.float32)
        self._centre = np.zeros(len(heads), np.float32)
        for place, head in enumerate(heads):
            if head is not None:
                self._words[:-1, place] = np.frombuffer(head.words, np.int8) * np.float32(head.scale)
                self._dense[:, place] = head.dense
                self._centre[place] = head.centre

    def values(self, row: Row) -> list[float]:
        """Returns each head's part of the gain, within [-1, 1]."""
        found = row.values @ self._words.take(row.columns, axis=0)
        found += row.dense @ self._dense
        found -= self._centre
        return [min(max(value, -1.0), 1.0) for value in found.tolist()]

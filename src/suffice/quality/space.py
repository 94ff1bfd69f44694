"""PREDICT: the coordinates that a head reads a prompt in: words by their rarity, and measured columns to one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.features import Features
from suffice.quality.dense import CUE, DEMAND, SIZES, cues_of, demands_of, places_of, sizes_of
from suffice.quality.words import Columns, columns_of
from suffice.types import Score

FEWEST_DIMENSIONS, MOST_DIMENSIONS = 1 << 12, 1 << 17
DENSE_WEIGHT = 0.05
"""How much a measured column counts beside the words, whose row has length 1. Chosen on inner folds."""
_FARTHEST = 4.0
_STEPS = 16.0
"""In which a logarithm is kept as a byte."""
_LEAST_SPREAD = 0.1
"""A column that hardly changes is not blown up: nothing would be known of the prompt in which it does."""
_SPREAD_PENALTY = 10.0


class Row(msgspec.Struct, frozen=True):
    """A prompt in a space."""

    columns: NDArray[np.int64]
    values: NDArray[np.float32]
    """Of the columns, unit length."""
    dense: NDArray[np.float32]
    novelty: float
    """In [0, 1]: 1 where none of its words was learned from, towards 0 where all were, often."""


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """A layer's column."""

    layer: str
    place: int
    """Among the measured columns."""
    scale: float
    """A demand of 1 instead of 0 changes the column by this."""
    usual: float


class Space(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The coordinates, as learned from the prompts of a fit; no outcome takes part."""

    dimensions: int
    rarity: bytes
    """By column, one byte: 16 times the logarithm of how few prompts fill it; 0 where none does."""
    seen: bytes
    """By column, one byte: 16 times log(1 + how much of it was learned from)."""
    kinds: tuple[str, ...]
    """Of the cues that are counted."""
    layers: tuple[str, ...]
    usual: tuple[float, ...]
    """The mean demand of each layer where it did not abstain."""
    middle: tuple[float, ...]
    """Mean of each measured column: sizes, cues, demands."""
    spread: tuple[float, ...]
    """Standard deviation of the same; at least 0.1."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the measured columns, in their order."""
        return (
            *SIZES,
            *(CUE + kind for kind in self.kinds),
            *(DEMAND + layer for layer in self.layers),
        )


class Reader:
    """Reads prompts into a space: what `Space` says, ready to use.

    Args:
        space: The coordinates.
    """

    def __init__(self, space: Space) -> None:
        self._dimensions = space.dimensions
        self._rarity = np.frombuffer(space.rarity, np.uint8).astype(np.float32) / np.float32(_STEPS)
        seen = np.expm1(np.frombuffer(space.seen, np.uint8).astype(np.float32) / np.float32(_STEPS))
        self._novelty = np.float32(_SPREAD_PENALTY) / (seen + np.float32(_SPREAD_PENALTY))
        self._kinds = places_of(space.kinds)
        self._layers, self._usual = space.layers, space.usual
        self._middle = np.array(space.middle, np.float64)
        self._scale = DENSE_WEIGHT / np.array(space.spread, np.float64)
        self._sizes = len(self._middle) - len(self._layers)
        self._farthest = _FARTHEST * DENSE_WEIGHT

    def read(self, features: Features, scores: Mapping[str, Score]) -> Row:
        """Returns a prompt in this space."""
        columns, counted = columns_of(features.hashes, self._dimensions)
        values = counted * self._rarity[columns]
        squares = values * values
        length = float(squares.sum())
        novelty = 1.0
        if length > 0:
            novelty = float(squares @ self._novelty[columns]) / length
            values /= np.float32(length**0.5)
        measured = sizes_of(features)
        measured += cues_of(features, self._kinds)
        measured += demands_of(scores, self._layers, self._usual)
        dense = (np.array(measured) - self._middle) * self._scale
        # A size may be beyond all that was seen; a demand never is, and what it does has to stay linear.
        np.clip(dense[: self._sizes], -self._farthest, self._farthest, out=dense[: self._sizes])
        return Row(columns, values, dense.astype(np.float32), novelty)

    @property
    def demands(self) -> tuple[Demand, ...]:
        """Where the layers' demands stand among the measured columns."""
        first = len(self._scale) - len(self._layers)
        return tuple(
            Demand(layer=layer, place=first + at, scale=float(self._scale[first + at]), usual=usual)
            for at, (layer, usual) in enumerate(zip(self._layers, self._usual, strict=True))
        )


def learn_space(
    features: Sequence[Features], scores: Sequence[Mapping[str, Score]], dimensions: int | None = None
) -> Space:
    """Returns the coordinates that suit some prompts.

    Args:
        features: Of each prompt.
        scores: Of each prompt, by layer.
        dimensions: How many columns the words are hashed to, a power of two; `None` takes twice as many as there are
            different words and pairs, within bounds.
    """
    lists = [columns_of(one.hashes, 8 * MOST_DIMENSIONS) for one in features]
    if dimensions is None:
        dimensions = _roomy(lists)
    # Of a power of two columns the numbers are the low bits.
    lists = [(columns & (dimensions - 1), counted) for columns, counted in lists]
    filled = np.zeros(dimensions)
    for columns, _ in lists:
        filled[np.unique(columns)] += 1.0
    rarity = _bytes(np.where(filled > 0, np.log((1.0 + len(features)) / (1.0 + filled)), 0.0))
    kinds = tuple(sorted({kind for one in features for kind in one.cues}))
    layers = tuple(sorted({layer for one in scores for layer in one}))
    places = places_of(kinds)
    usual = tuple(_usual(scores, layer) for layer in layers)
    measured = np.array(
        [
            sizes_of(one) + cues_of(one, places) + demands_of(score, layers, usual)
            for one, score in zip(features, scores, strict=True)
        ]
    ).reshape(len(features), -1)
    spread = measured.std(axis=0)
    least = np.full(len(spread), _LEAST_SPREAD)
    return Space(
        dimensions=dimensions,
        rarity=rarity.tobytes(),
        seen=_seen(lists, rarity),
        kinds=kinds,
        layers=layers,
        usual=usual,
        middle=tuple(map(float, measured.mean(axis=0))),
        spread=tuple(map(float, np.maximum(spread, least))),
    )


def _usual(scores: Sequence[Mapping[str, Score]], layer: str) -> float:
    demands = [
        score.demand for one in scores if (score := one.get(layer)) is not None and score.demand is not None
    ]
    return sum(demands) / len(demands) if demands else 0.5


def _seen(lists: Sequence[Columns], rarity: NDArray[np.uint8]) -> bytes:
    seen = np.zeros(len(rarity))
    for columns, counted in lists:
        squares = (counted * rarity[columns]) ** 2
        total = float(squares.sum())
        if total > 0:
            np.add.at(seen, columns, squares / total)
    return _bytes(np.log1p(seen)).tobytes()


def _bytes(logarithms: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.minimum(np.rint(logarithms * _STEPS), 255.0).astype(np.uint8)


def _roomy(lists: Sequence[Columns]) -> int:
    """A power of two, at least twice the number of different columns that the words would fill if there was room."""
    filled = np.zeros(8 * MOST_DIMENSIONS, np.bool_)
    for columns, _ in lists:
        filled[columns] = True
    wanted = 1 << (2 * int(filled.sum())).bit_length()
    return min(max(wanted, FEWEST_DIMENSIONS), MOST_DIMENSIONS)

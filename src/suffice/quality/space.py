"""PREDICT: the coordinates that a head reads a prompt in: words by their rarity, and measured columns to one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.features import Features
from suffice.quality.dense import CUE, DEMAND, SIZES, cues_of, demands_of, places_of, sizes_of
from suffice.quality.words import Columns, columns_of, numbers_of_words
from suffice.types import Score

NARROWEST, WIDEST = 1 << 12, 1 << 20
"""How many numbers words and pairs are hashed to: so many that two seldom share one."""
MOST_COLUMNS = 1 << 17
"""How many of these numbers are kept as columns: the rest are of words and pairs that hardly any prompt has."""
DENSE_WEIGHT = 0.05
"""How much a measured column counts beside the words, whose row has length 1. Chosen on inner folds."""
_FARTHEST = 3.0
_STEPS = 16.0
"""In which a logarithm is kept as a byte."""
_LEAST_SPREAD = 0.1
"""A column that hardly changes is not blown up: nothing would be known of the prompt in which it does."""
_SPREAD_PENALTY = 10.0
_EVEN_WORD, _EVEN_PAIR = 1.0, 2.0
"""What a word and a pair count where all count alike. Chosen on GSM8K, on other folds than its page shows."""


class Row(msgspec.Struct, frozen=True):
    """A prompt in a space."""

    columns: NDArray[np.int32]
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

    width: int
    """How many numbers words and pairs are hashed to, a power of two."""
    kept: bytes
    """A bit for each number, the lowest first: whether it has a column."""
    even: bool
    """Whether all words count alike, and pairs with one word between are read too: for prompts of one kind, that
    differ by how things are said more than by what they are about."""
    rarity: bytes
    """By column, one byte: 16 times what it counts. That is the logarithm of how few prompts fill it, or is alike."""
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
    def columns(self) -> int:
        """How many columns words and pairs have."""
        return len(self.rarity)

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
        self._width, self._even = space.width, space.even
        kept = np.unpackbits(np.frombuffer(space.kept, np.uint8), bitorder="little").nonzero()[0]
        # What has no column is sent to one behind the last, whose rarity is 0.
        self._columns = np.full(space.width, space.columns, np.int32)
        self._columns[kept] = np.arange(space.columns, dtype=np.int32)
        self._rarity = _logarithms(space.rarity)
        self._novelty = np.float32(_SPREAD_PENALTY) / (
            np.expm1(_logarithms(space.seen)) + np.float32(_SPREAD_PENALTY)
        )
        self._kinds = places_of(space.kinds)
        self._layers, self._usual = space.layers, space.usual
        self._middle = np.array(space.middle, np.float32)
        self._scale = (DENSE_WEIGHT / np.array(space.spread)).astype(np.float32)
        self._sizes = len(self._middle) - len(self._layers)
        self._farthest = np.float32(_FARTHEST * DENSE_WEIGHT)

    def read(self, features: Features, scores: Mapping[str, Score]) -> Row:
        """Returns a prompt in this space."""
        numbers, counted = columns_of(features.hashes, self._width, between=self._even)
        columns = self._columns.take(numbers)
        values = counted * self._rarity.take(columns)
        length = float(values @ values)
        novelty = 1.0
        if length > 0:
            values /= np.float32(length**0.5)
            known = np.count_nonzero(values) / len(values)
            novelty += known * (float((values * values) @ self._novelty.take(columns)) - 1.0)
        measured = sizes_of(features)
        measured += cues_of(features, self._kinds)
        measured += demands_of(scores, self._layers, self._usual)
        dense = np.array(measured, np.float32)
        dense -= self._middle
        dense *= self._scale
        # A size may be beyond all that was seen; a demand never is, and what it does has to stay linear.
        capped = dense[: self._sizes]
        np.minimum(capped, self._farthest, out=capped)
        np.maximum(capped, -self._farthest, out=capped)
        return Row(columns, values, dense, novelty)

    @property
    def demands(self) -> tuple[Demand, ...]:
        """Where the layers' demands stand among the measured columns."""
        first = len(self._scale) - len(self._layers)
        return tuple(
            Demand(layer=layer, place=first + at, scale=float(self._scale[first + at]), usual=usual)
            for at, (layer, usual) in enumerate(zip(self._layers, self._usual, strict=True))
        )


def learn_space(
    features: Sequence[Features],
    scores: Sequence[Mapping[str, Score]],
    most_columns: int = MOST_COLUMNS,
    *,
    even: bool = False,
) -> Space:
    """Returns the coordinates that suit some prompts.

    Args:
        features: Of each prompt.
        scores: Of each prompt, by layer.
        most_columns: Words and pairs that the fewest prompts have are left out until no more are left than this.
        even: How words count; see `Space.even`.
    """
    lists = [columns_of(one.hashes, WIDEST, between=even) for one in features]
    width = _roomy(lists)
    # Of a power of two the numbers are the low bits.
    lists = [(numbers & (width - 1), counted) for numbers, counted in lists]
    filled = np.zeros(width)
    for numbers, _ in lists:
        filled[np.unique(numbers)] += 1.0
    kept = _kept(filled, most_columns)
    counts = _evenly(features, width) if even else np.log((1.0 + len(features)) / (1.0 + filled))
    rarity = _bytes(counts[kept])
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
        width=width,
        kept=np.packbits(kept, bitorder="little").tobytes(),
        even=even,
        rarity=rarity.tobytes(),
        seen=_seen(lists, kept, rarity),
        kinds=kinds,
        layers=layers,
        usual=usual,
        middle=tuple(map(float, measured.mean(axis=0))),
        spread=tuple(map(float, np.maximum(spread, least))),
    )


def _evenly(features: Sequence[Features], width: int) -> NDArray[np.float64]:
    found = np.full(width, _EVEN_PAIR)
    for one in features:
        found[numbers_of_words(one.hashes, width)] = _EVEN_WORD
    return found


def _usual(scores: Sequence[Mapping[str, Score]], layer: str) -> float:
    demands = [
        score.demand for one in scores if (score := one.get(layer)) is not None and score.demand is not None
    ]
    return sum(demands) / len(demands) if demands else 0.5


def _seen(lists: Sequence[Columns], kept: NDArray[np.bool_], rarity: NDArray[np.uint8]) -> bytes:
    by_number = np.zeros(len(kept))
    by_number[kept] = rarity
    seen = np.zeros(len(kept))
    for numbers, counted in lists:
        squares = (counted * by_number[numbers]) ** 2
        total = float(squares.sum())
        if total > 0:
            np.add.at(seen, numbers, squares / total)
    return _bytes(np.log1p(seen[kept])).tobytes()


def _kept(filled: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    least = 1.0
    while np.count_nonzero(filled >= least) > most:
        least += 1.0
    return filled >= least


def _bytes(logarithms: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.minimum(np.rint(logarithms * _STEPS), 255.0).astype(np.uint8)


def _logarithms(data: bytes) -> NDArray[np.float32]:
    """What `_bytes` wrote, with a 0 behind it."""
    found = np.zeros(len(data) + 1, np.float32)
    found[:-1] = np.frombuffer(data, np.uint8) / np.float32(_STEPS)
    return found


def _roomy(lists: Sequence[Columns]) -> int:
    """A power of two, at least eight times the number of different words and pairs, within bounds."""
    filled = np.zeros(WIDEST, np.bool_)
    for numbers, _ in lists:
        filled[numbers] = True
    wanted = 1 << (8 * int(filled.sum())).bit_length()
    return min(max(wanted, NARROWEST), WIDEST)

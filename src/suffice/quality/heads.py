"""PREDICT: linear heads over the words and measures of a prompt, two a pair of models, read all at once.

One head says how the candidate's score departs from its mean in the use case, one how the baseline's does; the gain is
their difference. Where a model is nearly always right, or nearly always wrong, the same words move its score less: so a
head counts in a use case as much as the model's scores vary there. For scores of 0 and 1 that is the first-order
expansion of a logistic regression around the use case's mean, whose slope there is p (1 - p) (Source: McCullagh and
Nelder, Generalized Linear Models, 2nd ed. 1989, section 2.5). It stays linear in the prompt. Sizes and cues have
weights of their own in each use case beside those that all have in common: longer is harder in one, and easier in
another. Demands of layers count alike in all use cases, so that what one of them does can be told without knowing the
use case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.quality.space import Row

_LARGEST_BYTE = 127


class Side(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What words and measures say of one model's score."""

    words: bytes
    """By column, int8."""
    scale: float
    """A word's weight is its byte times this."""
    dense: tuple[float, ...]
    """Weights of the measured columns, demands last."""
    apart: Mapping[str, bytes]
    """By use case, what is added there to the weights of the measured columns that are no demands, int8."""
    apart_scale: float
    """That is a byte times this."""


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What words and measures add to a use case's mean gain."""

    candidate: Side
    baseline: Side
    leeway: Mapping[str, tuple[float, float]]
    """By use case: how much the scores of candidate and baseline vary there, 1 for as much as on average. Other use
    cases have 1."""
    centre: float
    """What it gives on average over what it learned from; taken off, so that use cases keep their means."""
    prior_variance: float
    """Of its value on a prompt of which it learned no word: the mean variance over the mean novelty."""


def compact(
    words: NDArray[np.float64], dense: NDArray[np.float64], apart: Mapping[str, NDArray[np.float64]]
) -> Side:
    """Returns a side with weights of words, and those of single use cases, rounded to a byte each.

    Args:
        words: Shape (d,).
        dense: Shape (q,).
        apart: By use case, shape (q - demands,).
    """
    scale = _scale_of(words)
    apart_scale = _scale_of(np.concatenate([np.zeros(1), *apart.values()]))
    return Side(
        words=_bytes(words, scale),
        scale=scale,
        dense=tuple(map(float, dense)),
        apart={name: _bytes(weights, apart_scale) for name, weights in apart.items()},
        apart_scale=apart_scale,
    )


def _scale_of(weights: NDArray[np.float64]) -> float:
    largest = float(np.abs(weights).max(initial=0.0))
    return largest / _LARGEST_BYTE if largest > 0 else 1.0


def _bytes(weights: NDArray[np.float64], scale: float) -> bytes:
    return np.rint(weights / scale).astype(np.int8).tobytes()


def _numbers(data: bytes, scale: float) -> NDArray[np.float32]:
    return np.frombuffer(data, np.int8) * np.float32(scale)


class Design:
    """What heads are fitted on: a matrix of which all but the last columns count as much as each row's leeway says.

    It does what `suffice.stats.ridge.ridge` asks of a matrix, with another leeway for each target.

    Args:
        scaled: Words, sizes and cues, a sparse matrix (n, d).
        alike: Demands, shape (n, q).
        leeway: Shape (n, k), for k targets.
    """

    def __init__(self, scaled: Any, alike: NDArray[np.float64], leeway: NDArray[np.float64]) -> None:
        self._scaled, self._alike, self._leeway = scaled, alike, leeway
        # By row like the matrix itself: scipy multiplies so four times as fast as through the transposed view.
        self._turned = Transposed(scaled.T.tocsr(), alike.T, leeway)

    def __matmul__(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns the values of k heads, (n, k), from weights (d + q, k)."""
        first = self._scaled.shape[1]
        # One after the other: for long columns that is faster than all at once.
        found = np.stack([self._scaled @ np.ascontiguousarray(one) for one in weights[:first].T], axis=1)
        return np.asarray(self._leeway * found + self._alike @ weights[first:])

    @property
    def T(self) -> Transposed:  # noqa: N802 -- as numpy and scipy call it
        """Is the same, turned."""
        return self._turned


class Transposed:
    """A `Design`, turned."""

    def __init__(self, scaled: Any, alike: NDArray[np.float64], leeway: NDArray[np.float64]) -> None:
        self._scaled, self._alike, self._leeway = scaled, alike, leeway

    def __matmul__(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns weights (d + q, k) from values (n, k)."""
        return np.concatenate([self._scaled @ (self._leeway * values), self._alike @ values])


class Stack:
    """Several heads beside each other: one look-up of a prompt's words serves all.

    Args:
        heads: `None` for a pair without a head: its value is always 0.
        columns: Of the space; what is unknown reads the one behind the last, which weighs nothing.
        measures: How many measured columns the space has.
        demands: How many of these, the last, are demands of layers.
    """

    def __init__(self, heads: Sequence[Head | None], columns: int, measures: int, demands: int) -> None:
        k = len(heads)
        self._count, self._sizes = k, measures - demands
        # Candidates first, then baselines with their sign turned: the gain is the sum of both.
        self._words = np.zeros((columns + 1, 2 * k), np.float32)
        dense = np.zeros((measures, 2 * k), np.float32)
        self._centre = np.zeros(k, np.float32)
        there = [head for head in heads if head is not None]
        names = {
            name for head in there for name in (*head.leeway, *head.candidate.apart, *head.baseline.apart)
        }
        leeway = {name: np.ones(2 * k, np.float32) for name in names}
        apart = {name: np.zeros((self._sizes, 2 * k), np.float32) for name in names}
        for place, head in enumerate(heads):
            if head is None:
                continue
            for at, side, sign in ((place, head.candidate, 1), (place + k, head.baseline, -1)):
                self._words[:-1, at] = _numbers(side.words, sign * side.scale)
                dense[:, at] = np.array(side.dense, np.float32) * sign
                for name, weights in side.apart.items():
                    apart[name][:, at] = _numbers(weights, sign * side.apart_scale)
            self._centre[place] = head.centre
            for name, both in head.leeway.items():
                leeway[name][[place, place + k]] = both
        # Elsewhere scores vary as usual, and sizes weigh what they weigh everywhere.
        self._usual = (np.ones(2 * k, np.float32), dense[: self._sizes])
        self._special = {name: (leeway[name], dense[: self._sizes] + apart[name]) for name in names}
        self._demands = dense[self._sizes :, :k] + dense[self._sizes :, k:]

    def values(self, row: Row, use_case: str) -> list[float]:
        """Returns each head's part of the gain, within [-1, 1]."""
        leeway, measured = self._special.get(use_case, self._usual)
        found = row.values @ self._words.take(row.columns, axis=0)
        found += row.dense[: self._sizes] @ measured
        found *= leeway
        gains = found[: self._count] + found[self._count :]
        gains += row.dense[self._sizes :] @ self._demands
        gains -= self._centre
        return [min(max(value, -1.0), 1.0) for value in gains.tolist()]

"""The words of a prompt as a short list of columns: what a linear head reads.

Each word or mark and each pair of neighbours is hashed to a column and a sign (Source: Weinberger et al., "Feature
hashing for large scale multitask learning", ICML 2009). A space may ask for pairs with one word between as well.
How often a gram occurs counts by its logarithm, how rare it is by `Space.rarity`; the row has unit length.
Everything is a function of `Features.hashes`: no text is read again, and no process differs from another.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MOST_WORDS = 1_200
"""Of a longer text the first and the last are read; the columns of 1,200 words take about 0.1 ms."""
REMEMBERED = 512
"""Prompts whose columns are kept: a retry, or the next candidate's head, costs nothing."""

_HALF = np.uint32(1 << 31)
_WEIGHT = (1.0 + np.log(np.maximum(np.arange(MOST_WORDS + 1), 1.0))).astype(np.float32)
_NEXT = np.uint32(0x9E3779B1)
_SECOND = np.uint32(0x85EBCA77)
_SHUFFLE = np.uint32(0x7FEB352D)

Columns = tuple[NDArray[np.int64], NDArray[np.float32]]


@lru_cache(maxsize=REMEMBERED)
def columns_of(hashes: bytes, dimensions: int, *, between: bool = False) -> Columns:
    """Returns the numbers of a text's words and pairs, and what each puts there before rarity: sign times log count.

    Args:
        hashes: Of `suffice.features.grams`.
        dimensions: How many numbers there are; a power of two.
        between: Whether pairs of words with one between them are read too.
    """
    words = np.frombuffer(hashes, "<u4", len(hashes) // 4)
    if words.size > MOST_WORDS:
        words = np.concatenate((words[: MOST_WORDS * 2 // 3], words[-MOST_WORDS // 3 :]))
    if not words.size:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    parts = [words, words[:-1] * _NEXT + words[1:]]
    if between:
        parts.append(words[:-2] * _SECOND + words[2:])
    grams = _mixed(np.concatenate(parts))
    grams.sort()
    first = np.empty(grams.size, np.bool_)
    first[0] = True
    np.not_equal(grams[1:], grams[:-1], out=first[1:])
    starts = first.nonzero()[0]
    counts = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=counts[:-1])
    counts[-1] = grams.size - starts[-1]
    found = grams[starts]
    values = _WEIGHT.take(counts, mode="clip")
    np.negative(values, out=values, where=found >= _HALF)
    return (found & np.uint32(dimensions - 1)).astype(np.int64), values


def numbers_of_words(hashes: bytes, dimensions: int) -> NDArray[np.int64]:
    """Returns the numbers of a text's words alone, one a word that is read or not; see `columns_of`."""
    words = np.frombuffer(hashes, "<u4", len(hashes) // 4).copy()
    return (_mixed(words) & np.uint32(dimensions - 1)).astype(np.int64)


def _mixed(grams: NDArray[np.uint32]) -> NDArray[np.uint32]:
    # One round of a mixer, in place: sums of CRCs are not spread evenly over their low bits.
    grams ^= grams >> np.uint32(15)
    grams *= _SHUFFLE
    grams ^= grams >> np.uint32(16)
    return grams

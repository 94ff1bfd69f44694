"""Finds the clusters of a lot of fingerprints. For fitting; a proxy only looks them up.

Spherical k-means (Dhillon and Modha, "Concept Decompositions for Large Sparse Text Data", Machine Learning 2001) along
one path: all rows in one cluster, then again and again the cluster with the most scatter is cut in two along its first
principal component (Boley, "Principal Direction Divisive Partitioning", 1998) and all centres settle. No dice are
rolled, and the order of the rows does not matter.

How many clusters: the number with the largest product of what they explain and what of it is real. What they explain is
the share of the scatter around one centre that is gone with k. What is real is how far two halves of the rows agree:
each half is clustered by itself, both say where every row belongs, and the adjusted Rand index of the two answers is
averaged over three halvings (the idea: Tibshirani and Walther, "Cluster Validation by Prediction Strength", JCGS 2005).
The product itself is a house heuristic: agreement alone prefers too few clusters, what they explain always more.
"""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from suffice.quality.clusters import Clusters

Vectors = NDArray[np.float32]

SMALLEST = 50
"""Rows: a cluster of less than twice this is not cut, so that each use case can gather evidence of its own."""
LARGEST_NUMBER = 32
SAMPLE = 4_000
"""Of more rows, the number of clusters and where they start come from this many; all rows then settle the centres."""
OUTSIDE = 0.02
"""Share of a cluster's rows that its floor leaves out."""
_NEWCOMERS = 3 * OUTSIDE
_HALVINGS = 3
_STEPS = 30


def fit_clusters(vectors: Vectors, *, version: str, previous: Clusters | None = None) -> Clusters:
    """Returns the clusters of some fingerprints.

    Args:
        vectors: Unit length, shape (n, d); rows of zeros are left out.
        version: Of the table that the fingerprints came from.
        previous: Clusters of earlier traffic. They are moved, not replaced, and keep their numbers; new ones are only
            added for rows that are far from all of them, where these are more than a few. Of another version they
            say nothing, and only their numbers are not used again.

    Returns:
        At least one cluster if any row is not zero; numbers from 0 by falling size.
    """
    rows = mixed(vectors[vectors.any(axis=1)])
    if not len(rows):
        return previous or _empty(version, vectors.shape[1])
    next_number = 0 if previous is None else max(previous.numbers, default=-1) + 1
    if previous is None or previous.version != version or not previous.numbers:
        centres = settle(rows, _start(rows))
        numbers = tuple(range(next_number, next_number + len(centres)))
        return _finish(rows, _by_size(rows, centres), numbers, version)
    centres, numbers = previous.centres, previous.numbers
    strangers = rows[previous.assign(rows) < 0]
    if len(strangers) >= max(2 * SMALLEST, _NEWCOMERS * len(rows)):
        fresh = _by_size(strangers, _start(strangers))
        numbers = (*numbers, *range(next_number, next_number + len(fresh)))
        centres = np.vstack([centres, fresh])
    return _finish(rows, settle(rows, centres), numbers, version)


def settle(rows: Vectors, centres: Vectors) -> Vectors:
    """Returns the centres after k-means steps; one without rows stays where it is."""
    for _ in range(_STEPS):
        places = (rows @ centres.T).argmax(axis=1)
        sums = _sums(rows, places, len(centres))
        length = np.sqrt((sums * sums).sum(axis=1))
        moved = np.where(length[:, None] > 1e-6, sums / np.maximum(length, 1e-6)[:, None], centres)
        if np.abs(moved - centres).max() < 1e-5:
            return moved
        centres = moved
    return centres


def path(rows: Vectors, most: int = LARGEST_NUMBER) -> Iterator[Vectors]:
    """Yields the centres of one cluster, of two, and so on, as far as clusters are large enough to cut."""
    centres = settle(rows, rows[:1])
    yield centres
    while len(centres) < most:
        similarities = rows @ centres.T
        places = similarities.argmax(axis=1)
        size = np.bincount(places, minlength=len(centres))
        scatter = size - np.bincount(places, similarities.max(axis=1), len(centres))
        scatter[size < 2 * SMALLEST] = 0
        widest = int(scatter.argmax())
        # All alike: there is nothing to cut.
        if scatter[widest] <= 1e-3:
            return
        halves = _cut(rows[places == widest])
        centres = settle(rows, np.vstack([np.delete(centres, widest, axis=0), halves]))
        yield centres


def agreement(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Returns the adjusted Rand index of two groupings of the same rows: 1 if they are one, about 0 by chance.

    Source: Hubert and Arabie, "Comparing Partitions", Journal of Classification 1985.

    >>> agreement(np.array([0, 0, 1, 1]), np.array([5, 5, 3, 3]))
    1.0
    """
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one, other), 1)

    def pairs(counts: NDArray[np.float64]) -> float:
        return float((counts * (counts - 1)).sum() / 2)

    together, by_one, by_other = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = by_one * by_other / max(pairs(np.array([float(len(one))])), 1.0)
    best = (by_one + by_other) / 2
    return 1.0 if best <= chance else (together - chance) / (best - chance)


def _start(rows: Vectors) -> Vectors:
    sample = rows[:SAMPLE]
    candidates = list(path(sample, min(LARGEST_NUMBER, max(1, len(sample) // SMALLEST))))
    if len(candidates) == 1:
        return candidates[0]
    agreed = [agreements(sample, halving, len(candidates)) for halving in range(_HALVINGS)]
    depth = min(map(len, agreed))
    scatter = np.array([_scatter(sample, centres) for centres in candidates[:depth]])
    worth = np.mean([found[:depth] for found in agreed], axis=0) * (1 - scatter / scatter[0])
    return candidates[int(worth.argmax())]


def _scatter(rows: Vectors, centres: Vectors) -> float:
    return float((1 - (rows @ centres.T).max(axis=1)).sum())


def agreements(rows: Vectors, halving: int, most: int) -> list[float]:
    """Returns how far two halves of the rows agree who belongs together, for one cluster, two, and so on.

    Args:
        rows: In the order of `mixed`, shape (n, d).
        halving: Which way to halve them, from 0.
        most: Clusters at most; there are fewer values if the rows do not make as many.
    """
    # Rows come in the order of a hash: any bit of the place halves them as a coin would.
    side = (np.arange(len(rows)) >> halving) & 1 == 0
    one, other = path(rows[side], most), path(rows[~side], most)
    return [
        agreement((rows @ mine.T).argmax(axis=1), (rows @ theirs.T).argmax(axis=1))
        for mine, theirs in zip(one, other, strict=False)
    ]


def _cut(rows: Vectors) -> Vectors:
    around = rows - rows.mean(axis=0)
    direction = np.linalg.eigh(around.T @ around)[1][:, -1]
    upper = around @ direction > 0
    return settle(rows, np.stack([_unit(rows[upper].sum(axis=0)), _unit(rows[~upper].sum(axis=0))]))


def _unit(vector: Vectors) -> Vectors:
    return vector / np.float32(max(float(np.sqrt(vector @ vector)), 1e-6))


def _sums(rows: Vectors, places: NDArray[np.int64], count: int) -> Vectors:
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(count))
    sums = np.add.reduceat(np.vstack([rows[order], np.zeros_like(rows[:1])]), starts, axis=0)
    sums[np.bincount(places, minlength=count) == 0] = 0
    return sums


def mixed(rows: Vectors) -> Vectors:
    """Orders rows by a hash of their content: a random order, but the same one wherever they came from."""
    rows = np.ascontiguousarray(rows, np.float32)
    keys = [crc32(row.tobytes()) for row in rows]
    return rows[np.argsort(keys, kind="stable")]


def _by_size(rows: Vectors, centres: Vectors) -> Vectors:
    size = np.bincount((rows @ centres.T).argmax(axis=1), minlength=len(centres))
    return centres[np.argsort(-size, kind="stable")]


def _finish(rows: Vectors, centres: Vectors, numbers: tuple[int, ...], version: str) -> Clusters:
    similarities = rows @ centres.T
    places, near = similarities.argmax(axis=1), similarities.max(axis=1)
    # A cluster that has lost its rows takes no new ones by accident: only what is very near.
    floors = np.full(len(centres), 0.9, np.float32)
    for place in np.unique(places):
        floors[place] = max(0.0, float(np.quantile(near[places == place], OUTSIDE)))
    return Clusters(version=version, numbers=numbers, centres=centres, floors=floors)


def _empty(version: str, dimensions: int) -> Clusters:
    return Clusters(
        version=version,
        numbers=(),
        centres=np.zeros((0, dimensions), np.float32),
        floors=np.zeros(0, np.float32),
    )

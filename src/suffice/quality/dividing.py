"""Divides the prompts of one group into clusters of like ones, where there are clearly several kinds. For fitting.

How many clusters: the most for which two halves of the prompts agree about who belongs together (the rule of Tibshirani
and Walther, "Cluster Validation by Prediction Strength", JCGS 2005, with the adjusted Rand index as the measure, as in
`suffice.quality.clustering`). So prompts of one program that only differ in what is put in stay together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.quality.clustering import agreements, mixed, path
from suffice.quality.clusters import Clusters
from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.naming import label_words, shape_label
from suffice.quality.scheme import Group
from suffice.quality.view import SHAPE, View

SMALLEST = 50
"""Prompts that a cluster needs."""
MOST_CLUSTERS = 12
AGREEMENT = 0.9
LOOSE_AGREEMENT = 0.7
"""Adjusted Rand index that halves have to reach: among prompts of one template, which are of one program as a rule, and
among those of a kind of task, which are not (house heuristic)."""
OUTSIDE = 0.005
"""Share of a cluster's prompts that its floor leaves out."""
_HALVINGS = 3
_ROWS_TO_CLUSTER = 3_000
_ALIKE = 1e-3
Vectors = NDArray[np.float32]


class Prompt(Protocol):
    """What is divided."""

    @property
    def view(self) -> View:
        """Is how it looks."""
        ...

    @property
    def words(self) -> frozenset[str]:
        """Are its words, or some of them."""
        ...


def divide(rows: Sequence[Prompt], *, loosely: bool) -> tuple[Group, Mapping[int, tuple[str, list[int]]]]:
    """Returns the clusters of a group's prompts.

    Args:
        rows: All prompts of the group; at least one.
        loosely: They are of a kind of task, not of one program: halves need not agree as much.

    Returns:
        A group without name and labels; and for each cluster's number the words that set it apart, and the places of
        its rows. No clusters where the rows are all of a kind.
    """
    fingerprints = np.stack([row.view.fingerprint for row in rows])
    shapes = np.stack([row.view.shape for row in rows])
    spread = shapes.std(axis=0)
    group = Group(
        name="",
        rows=len(rows),
        mean=fingerprints.mean(axis=0),
        centre=shapes.mean(axis=0),
        scale=np.where(spread > _ALIKE, 1 / np.maximum(spread, _ALIKE), 0).astype(np.float32),
        clusters=_clusters(np.zeros((0, fingerprints.shape[1] + len(SHAPE)), np.float32), None),
    )
    if len(rows) < 2 * SMALLEST:
        return group, {}
    vectors = np.stack([group.relative(row.view) for row in rows])
    # Halves that share repeats of one prompt agree about those whatever they are.
    distinct = list({row.words: at for at, row in enumerate(rows)}.values())
    centres = _centres(vectors[distinct], LOOSE_AGREEMENT if loosely else AGREEMENT)
    if len(centres) < 2:
        return group, {}
    places = (vectors @ centres.T).argmax(axis=1)
    members = [np.flatnonzero(places == number).tolist() for number in range(len(centres))]
    labels = label_words([[rows[at].words for at in some] for some in members])
    inside = {
        number: (label or shape_label((shapes[some].mean(axis=0) - group.centre) * group.scale), some)
        for number, (label, some) in enumerate(zip(labels, members, strict=True))
    }
    return msgspec.structs.replace(group, clusters=_clusters(centres, vectors)), inside


def _centres(vectors: Vectors, least: float) -> Vectors:
    """The centres of the most clusters about which halves of the rows agree; of one, if of no more."""
    sample = mixed(vectors)[:_ROWS_TO_CLUSTER]
    most = max(1, min(MOST_CLUSTERS, len(sample) // SMALLEST))
    candidates = list(path(sample, most))
    depth = len(candidates)
    if depth < 2:
        return candidates[0]
    found = [agreements(sample, halving, depth) for halving in range(_HALVINGS)]
    depth = min(depth, *map(len, found))
    agreement = np.mean([one[:depth] for one in found], axis=0)
    for count in range(depth, 1, -1):
        centres = candidates[count - 1]
        sizes = np.bincount((sample @ centres.T).argmax(axis=1), minlength=count)
        if agreement[count - 1] >= least and sizes.min() >= SMALLEST / 2:
            return centres[np.argsort(-sizes, kind="stable")]
    return candidates[0]


def _clusters(centres: Vectors, vectors: Vectors | None) -> Clusters:
    floors = np.zeros(len(centres), np.float32)
    if vectors is not None:
        similarities = vectors @ centres.T
        places, near = similarities.argmax(axis=1), similarities.max(axis=1)
        for place in np.unique(places):
            floors[place] = max(0.0, float(np.quantile(near[places == place], OUTSIDE)))
    return Clusters(
        version=fingerprint_table().version,
        numbers=tuple(range(len(centres))),
        centres=centres,
        floors=floors,
    )

"""PREDICT: new outcomes into an artifact, by adding to its sums; heads, clusters and curves stay as they were fitted.

The result is what a fit with the same heads would have made of all the outcomes at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from suffice.quality.artifact import Artifact, Pair
from suffice.quality.fitted import FittedPredictor
from suffice.quality.lessons import ROUNDING
from suffice.quality.outcomes import Example
from suffice.quality.posterior import NO_CLUSTER, Cells
from suffice.stats.moments import Moments

_Name = TypeVar("_Name")


def updated(artifact: Artifact, examples: Sequence[Example]) -> Artifact:
    """Returns the artifact with some outcomes more; the one that was given is as it was.

    Args:
        artifact: What was learned until now.
        examples: Graded requests that it has not learned from; a pair of models that it does not know is left out.
    """
    predictor = FittedPredictor(artifact)
    return msgspec.structs.replace(
        artifact, pairs=tuple(_with(pair, examples, predictor, artifact.delta) for pair in artifact.pairs)
    )


def _with(pair: Pair, examples: Sequence[Example], predictor: FittedPredictor, delta: float) -> Pair:
    cells: dict[str, dict[int, list[float]]] = {}
    good: dict[str, list[float]] = {}
    for example in examples:
        if pair.baseline in example.quality and pair.candidate in example.quality:
            left, cluster = predictor.residual(example, pair.baseline, pair.candidate)
            row = cells.setdefault(example.bucket, {})
            row.setdefault(NO_CLUSTER if cluster is None else cluster, []).append(left)
            gain = example.quality[pair.candidate] - example.quality[pair.baseline]
            good.setdefault(example.bucket, []).append(float(gain >= -delta - ROUNDING))
    new = {name: {number: Moments.of(lot) for number, lot in row.items()} for name, row in cells.items()}
    return msgspec.structs.replace(
        pair,
        cells=_sum(pair.cells, new),
        good=_added(pair.good, {name: Moments.of(lot) for name, lot in good.items()}),
    )


def _sum(first: Cells, second: Cells) -> Cells:
    return {
        name: _added(first.get(name, {}), second.get(name, {})) for name in dict.fromkeys([*first, *second])
    }


def _added(first: Mapping[_Name, Moments], second: Mapping[_Name, Moments]) -> dict[_Name, Moments]:
    found = dict(first)
    for name, moments in second.items():
        found[name] = found.get(name, Moments()).plus(moments)
    return found

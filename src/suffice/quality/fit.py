"""PREDICT: learns from graded outcomes how much better or worse each candidate answers than each baseline."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from suffice.errors import PolicyError
from suffice.quality.artifact import Artifact, Pair
from suffice.quality.calibration import fit_platt
from suffice.quality.outcomes import Example
from suffice.stats.moments import Moments
from suffice.stats.shrinkage import Guess, shrink

GAIN = Guess(between=0.01, within=0.15)
"""House heuristic: use cases differ by about 10 points of gain, answers by about 40."""


class FitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to fit."""

    delta: float = 0.0
    """Tolerance: an answer is good if its score is at least the baseline's minus this."""
    folds: int = 5
    """Inner folds, for what has to be learned out of fold."""
    seed: int = 7


def fit(
    examples: Sequence[Example], pairs: Sequence[tuple[str, str]], options: FitOptions = FitOptions()
) -> Artifact:
    """Returns what the examples teach.

    Args:
        examples: Graded requests; those that lack a model of a pair are left out for that pair.
        pairs: (baseline, candidate).
        options: How to fit.

    Raises:
        PolicyError: A pair has no example.
    """
    return Artifact(delta=options.delta, pairs=tuple(_fit_pair(examples, pair, options) for pair in pairs))


def _fit_pair(examples: Sequence[Example], pair: tuple[str, str], options: FitOptions) -> Pair:
    baseline, candidate = pair
    known = [example for example in examples if baseline in example.quality and candidate in example.quality]
    if not known:
        raise PolicyError(f"no request was answered by both {baseline} and {candidate}", code="no_outcomes")
    gains: dict[str, list[float]] = {}
    for example in known:
        gains.setdefault(example.bucket, []).append(example.quality[candidate] - example.quality[baseline])
    buckets = {name: Moments.of(values) for name, values in sorted(gains.items())}
    shrunken = shrink(buckets, GAIN)
    expected = np.array([shrunken.of(example.bucket).mean for example in known])
    good = np.array(
        [example.quality[candidate] >= example.quality[baseline] - options.delta - 1e-9 for example in known]
    )
    return Pair(baseline=baseline, candidate=candidate, buckets=buckets, platt=fit_platt(expected, good))

"""PREDICT: learns from graded outcomes how much better or worse each candidate answers than each baseline.

The gain of a candidate on a prompt is the sum of what its use case, its cluster of like prompts and its words say. The
head of words and measures is a ridge regression for each of both models: of what the mean of its scores in the use case
leaves. Then use cases and clusters are weighed again on what the head leaves of the gain, which is the joint solution's
own condition for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.quality.artifact import Artifact, Pair, Report
from suffice.quality.calibration import fit_curve
from suffice.quality.clusters import Clusters
from suffice.quality.crossfit import OutOfFold, Strength, cells_of, design_of, out_of_fold, rates_of, sides_of
from suffice.quality.fingerprint import embed
from suffice.quality.heads import Head, Side, Stack, compact
from suffice.quality.lessons import APART, Lessons, folds_of, lessons_of
from suffice.quality.outcomes import Example
from suffice.quality.posterior import NO_CLUSTER
from suffice.quality.space import MOST_COLUMNS, Space
from suffice.quality.spacing import space_for
from suffice.quality.verbosity import verbosity_of
from suffice.stats.ridge import ridge
from suffice.stats.scoring import auc, brier, calibration_error

SURE = 0.9
"""A `p_good` from which on a report counts a candidate as sure."""
_CENTRAL_95 = 1.96


class FitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to fit."""

    delta: float = 0.0
    """Tolerance: an answer is good if its score is at least the baseline's minus this."""
    folds: int = 5
    """Inner folds, for all that has to be learned out of fold."""
    seed: int = 7
    """Of the folds."""
    most_columns: int = MOST_COLUMNS
    """How many words and pairs a head may weigh, a byte each."""
    clusters: Clusters | None = None
    """Of like prompts, for the fingerprint layer."""


_DEFAULT = FitOptions()
_Told = Callable[[str], None]


def fit(
    examples: Sequence[Example],
    pairs: Sequence[tuple[str, str]],
    options: FitOptions = _DEFAULT,
    told: _Told = lambda _: None,
) -> Artifact:
    """Returns what the examples teach.

    Args:
        examples: Graded requests; those that lack a model of a pair are left out for that pair.
        pairs: (baseline, candidate).
        options: How to fit.
        told: Is called with what is done next, for a person who waits.

    Raises:
        PolicyError: A pair has no example, or names one model twice.
    """
    told("reading prompts")
    together_on = _answered_together(examples, pairs)
    space = space_for(examples, together_on, options.most_columns, options.seed)
    clusters = _clusters_of(examples, options.clusters)
    found: dict[tuple[str, str], Pair] = {}
    for rows, together in together_on.items():
        told(", ".join(f"{candidate} for {baseline}" for baseline, candidate in together))
        lessons = lessons_of(
            [examples[row] for row in rows], together, space, clusters[list(rows)], options.delta
        )
        for pair in _fit_pairs(lessons, together, space, options):
            found[pair.baseline, pair.candidate] = pair
    return Artifact(
        delta=options.delta,
        space=space,
        clusters=b"" if options.clusters is None else options.clusters.encode(),
        verbosity=verbosity_of(examples, pairs),
        pairs=tuple(found[pair] for pair in dict.fromkeys(pairs)),
    )


def _clusters_of(examples: Sequence[Example], clusters: Clusters | None) -> NDArray[np.int64]:
    if clusters is None or not examples:
        return np.full(len(examples), NO_CLUSTER)
    return clusters.assign(np.stack([embed(example.features.hashes) for example in examples]))


def _answered_together(
    examples: Sequence[Example], pairs: Sequence[tuple[str, str]]
) -> dict[tuple[int, ...], list[tuple[str, str]]]:
    """Pairs by the examples that they can learn from: those of one lot share folds, designs and solvers."""
    found: dict[tuple[int, ...], list[tuple[str, str]]] = {}
    for baseline, candidate in dict.fromkeys(pairs):
        if baseline == candidate:
            raise PolicyError(f"{baseline} cannot stand in for itself", code="no_outcomes")
        rows = tuple(
            row
            for row, example in enumerate(examples)
            if baseline in example.quality and candidate in example.quality
        )
        if not rows:
            raise PolicyError(
                f"no request was answered by both {baseline} and {candidate}", code="no_outcomes"
            )
        found.setdefault(rows, []).append((baseline, candidate))
    return found


def _fit_pairs(
    lessons: Lessons, pairs: Sequence[tuple[str, str]], space: Space, options: FitOptions
) -> list[Pair]:
    folds = folds_of(lessons.groups, options.folds, options.seed)
    everything = np.ones(len(folds), np.bool_)
    expected = out_of_fold(lessons, folds)
    found = []
    heads = _heads(lessons, expected, space)
    values = _values(Stack(heads, space.columns, len(space.names), lessons.demands), lessons)
    for at, (baseline, candidate) in enumerate(pairs):
        good = lessons.good[:, at]
        curve = fit_curve(expected.gains[:, at], expected.rate_odds[:, at], good)
        p_good = np.array(
            [
                curve.p_good(*both)
                for both in zip(expected.gains[:, at], expected.rate_odds[:, at], strict=True)
            ]
        )
        found.append(
            Pair(
                baseline=baseline,
                candidate=candidate,
                cells=cells_of(lessons, lessons.gains[:, at] - values[:, at], everything),
                good=rates_of(good, lessons.buckets, everything),
                head=heads[at],
                curve=curve,
                report=_report(lessons, at, expected.strengths[at], p_good),
            )
        )
    return found


def _heads(lessons: Lessons, expected: OutOfFold, space: Space) -> list[Head | None]:
    """The heads, learned from all examples, each at its own strength."""
    everything = np.ones(len(lessons.rows), np.bool_)
    sides, k = sides_of(lessons, everything), lessons.gains.shape[1]
    novelty = max(float(np.mean([row.novelty for row in lessons.rows])), 1e-6)
    heads: list[Head | None] = []
    for at, strength in enumerate(expected.strengths):
        if strength is None:
            heads.append(None)
            continue
        both = [at, k + at]
        design = design_of(lessons, strength.emphasis, sides.leeway[:, both], everything)
        candidate, baseline = (
            _side(weights, lessons, strength.emphasis)
            for weights in ridge(design, sides.targets[:, both], strength.penalty).T
        )
        head = Head(
            candidate=candidate,
            baseline=baseline,
            leeway={
                name: (leeway, sides.by_use_case[k + at].get(name, 1.0))
                for name, leeway in sides.by_use_case[at].items()
            },
            centre=0.0,
            prior_variance=0.0,
        )
        raw = Stack([head], space.columns, len(space.names), lessons.demands)
        centre = float(_values(raw, lessons).mean())
        heads.append(
            msgspec.structs.replace(
                head, centre=centre, prior_variance=float(expected.head_variance[at]) / novelty
            )
        )
    return heads


def _side(weights: NDArray[np.float64], lessons: Lessons, emphasis: float) -> Side:
    """One model's weights as the artifact holds them; they come as `design_of` has its columns."""
    sizes = lessons.design.shape[1] - lessons.words - lessons.demands
    ends = np.cumsum([lessons.words, sizes, lessons.apart.shape[1]])
    words, alike, apart, demands = np.split(weights, ends)
    by_use_case = APART * apart.reshape(len(lessons.use_cases), sizes)
    return compact(
        words,
        np.concatenate([alike, demands]) * emphasis,
        dict(zip(lessons.use_cases, by_use_case, strict=True)),
    )


def _values(stack: Stack, lessons: Lessons) -> NDArray[np.float64]:
    return np.array(
        [stack.values(row, name) for row, name in zip(lessons.rows, lessons.buckets, strict=True)]
    )


def _report(lessons: Lessons, at: int, strength: Strength | None, p_good: NDArray[np.float64]) -> Report:
    gains, good = lessons.gains[:, at], lessons.good[:, at]
    mean = float(gains.mean())
    # Groups, not examples, are independent: variants of one prompt count as one.
    sums = np.bincount(lessons.groups, weights=gains - mean)
    error = float(np.sqrt((sums**2).sum())) / len(gains)
    area = auc(p_good, good)
    sure = p_good >= SURE
    return Report(
        count=len(gains),
        mean_gain=mean,
        mean_low=mean - _CENTRAL_95 * error,
        mean_high=mean + _CENTRAL_95 * error,
        penalty=None if strength is None else strength.penalty,
        auc=None if np.isnan(area) else area,
        brier=brier(p_good, good),
        calibration_error=calibration_error(p_good, good),
        sure=float(sure.mean()),
        sure_good=float(good[sure].mean()) if sure.any() else None,
    )

"""PREDICT: what the parts of a predictor say of examples that they did not learn from, and which strength suits them.

Everything that is chosen is chosen here, on folds of the examples of the fit alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.quality.calibration import odds_of
from suffice.quality.heads import Design
from suffice.quality.lessons import Lessons
from suffice.quality.posterior import Cells, rates_from, spread_from, weigh
from suffice.stats.moments import Moments
from suffice.stats.ridge import ridge

PENALTIES = {1.0: (100.0, 30.0, 15.0, 9.0, 5.0, 3.0), 5.0: (30.0, 9.0)}
"""By emphasis of the measured columns. The larger is seldom taken, so it is tried at two only."""
LEAST_LEEWAY, MOST_LEEWAY = 0.1, 4.0
"""Of a use case whose scores hardly vary, or vary most."""


class Strength(NamedTuple):
    """How a head is held back."""

    penalty: float
    emphasis: float
    """How much more measured columns count beside the words than `DENSE_WEIGHT` says."""


STRENGTHS = tuple(
    Strength(penalty, emphasis) for emphasis, penalties in PENALTIES.items() for penalty in penalties
)
"""Those that a head may have; of one emphasis, the one that shrinks most first."""


class Sides(NamedTuple):
    """What heads learn: how each model's scores depart from their mean in the use case."""

    targets: NDArray[np.float64]
    """Score minus the shrunk mean of the use case, (n, 2 k); candidates first, as in `Lessons.scores`."""
    leeway: NDArray[np.float64]
    """How much the scores vary in the use case, 1 for as much as on average, (n, 2 k)."""
    by_use_case: tuple[Mapping[str, float], ...]
    """The same by name, of each column."""


class OutOfFold(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of each example by parts that learned from other folds."""

    strengths: tuple[Strength | None, ...]
    """The strength of each pair's head, (k,); `None` where a head does not help."""
    gains: NDArray[np.float64]
    """Expected gains, (n, k)."""
    rate_odds: NDArray[np.float64]
    """Log-odds of the rate of good answers in the use case, (n, k)."""
    head_variance: NDArray[np.float64]
    """Of a head's value, from how far the heads of the folds are apart, (k,)."""


def out_of_fold(lessons: Lessons, folds: NDArray[np.int64]) -> OutOfFold:
    """Returns expected gains and rates out of fold, with heads of the strength that makes the gains' error least.

    Args:
        lessons: At least two folds of them.
        folds: Number of each example's fold, (n,).
    """
    n, k = lessons.gains.shape
    heads = np.zeros((len(STRENGTHS), n, k))
    means = np.zeros((n, k))
    paths = {}
    for fold in np.unique(folds).tolist():
        learn, test = folds != fold, folds == fold
        of_use_case = use_case_means(lessons, learn)
        means[test] = of_use_case[test]
        paths[fold] = _path(lessons, learn)
        heads[:, test] = paths[fold][:, test]
    errors = (lessons.gains - means - heads) ** 2
    best = _best(errors)
    chosen_errors = np.take_along_axis(errors.mean(axis=1), best[None, :], axis=0)[0]
    helps = chosen_errors < ((lessons.gains - means) ** 2).mean(axis=0)
    strengths = tuple(STRENGTHS[at] if better else None for at, better in zip(best, helps, strict=True))
    chosen = {
        fold: np.where(helps, np.take_along_axis(path, best[None, None, :], axis=0)[0], 0.0)
        for fold, path in paths.items()
    }
    gains, rate_odds = _expected(lessons, folds, chosen)
    return OutOfFold(
        strengths=strengths, gains=gains, rate_odds=rate_odds, head_variance=_jackknife(list(chosen.values()))
    )


def errors_of(lessons: Lessons, folds: NDArray[np.int64], penalty: float) -> NDArray[np.float64]:
    """Returns squared errors of the gains expected out of fold by use cases and heads of one strength, (n, k)."""
    expected = np.zeros_like(lessons.gains)
    for fold in np.unique(folds).tolist():
        learn, test = folds != fold, folds == fold
        heads = _path(lessons, learn, {1.0: (penalty,)})[0]
        expected[test] = (use_case_means(lessons, learn) + heads)[test]
    return np.asarray((lessons.gains - expected) ** 2)


def use_case_means(lessons: Lessons, learn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Returns the shrunk mean gain of each example's use case, learned from some of the examples; (n, k)."""
    found = np.zeros_like(lessons.gains)
    for pair in range(lessons.gains.shape[1]):
        evidence = weigh(cells_of(lessons, lessons.gains[:, pair], learn, clustered=False))
        means = {name: evidence.use_cases.of(name).mean for name in set(lessons.buckets)}
        found[:, pair] = [means[name] for name in lessons.buckets]
    return found


def cells_of(
    lessons: Lessons, values: NDArray[np.float64], learn: NDArray[np.bool_], *, clustered: bool = True
) -> Cells:
    """Returns sums of values by use case and cluster, over some of the examples, names in order."""
    lots: dict[tuple[str, int], list[float]] = {}
    numbers = lessons.clusters.tolist() if clustered else [-1] * len(values)
    for name, number, value, learned in zip(
        lessons.buckets, numbers, values.tolist(), learn.tolist(), strict=True
    ):
        if learned:
            lots.setdefault((name, number), []).append(value)
    cells: dict[str, dict[int, Moments]] = {}
    for (name, number), lot in sorted(lots.items()):
        cells.setdefault(name, {})[number] = Moments.of(lot)
    return cells


def sides_of(lessons: Lessons, learn: NDArray[np.bool_]) -> Sides:
    """Returns what heads learn of every example, by means and variances of some of them."""
    targets, leeway = np.zeros_like(lessons.scores), np.ones_like(lessons.scores)
    found: list[Mapping[str, float]] = []
    for column, scores in enumerate(lessons.scores.T):
        means = rates_from(rates_of(scores, lessons.buckets, learn))
        targets[:, column] = scores - [means.of(name).mean for name in lessons.buckets]
        squares = targets[:, column] ** 2
        usual = float(squares[learn].mean()) if learn.any() else 0.0
        spread = spread_from(rates_of(squares, lessons.buckets, learn))
        found.append(
            {
                name: min(max(posterior.mean / usual, LEAST_LEEWAY), MOST_LEEWAY) if usual > 0 else 1.0
                for name, posterior in spread.groups.items()
            }
            # Of one use case there is nothing to tell apart.
            if len(spread.groups) > 1
            else {}
        )
        leeway[:, column] = [found[-1].get(name, 1.0) for name in lessons.buckets]
    return Sides(targets, leeway, tuple(found))


def design_of(
    lessons: Lessons, emphasis: float, leeway: NDArray[np.float64], rows: NDArray[np.bool_]
) -> Design:
    """Returns what heads are fitted on, of some of the examples.

    Args:
        lessons: All of them.
        emphasis: Of the measured columns.
        leeway: Of each example and target, (n, k).
        rows: Which examples, (n,).
    """
    from scipy import sparse  # type: ignore[import-untyped]  # noqa: PLC0415 -- only a fit needs it

    design = lessons.emphasised(emphasis)[rows]
    first = design.shape[1] - lessons.demands
    scaled = sparse.hstack([design[:, :first], lessons.apart[rows]], format="csr")
    return Design(scaled, design[:, first:].toarray(), leeway[rows])


def rates_of(good: NDArray[Any], buckets: Sequence[str], learn: NDArray[np.bool_]) -> dict[str, Moments]:
    """Returns counts of good answers, or sums of other values, by use case over some examples, names in order."""
    lots: dict[str, list[float]] = {}
    for name, value, learned in zip(buckets, good.tolist(), learn.tolist(), strict=True):
        if learned:
            lots.setdefault(name, []).append(float(value))
    return {name: Moments.of(lot) for name, lot in sorted(lots.items())}


def _best(errors: NDArray[np.float64]) -> NDArray[np.int64]:
    """The strength of the least error, (k,), from squared errors (strengths, n, k).

    Of one emphasis that which shrinks most and has at most one standard error of the difference more (Source: Hastie,
    Tibshirani and Friedman, The Elements of Statistical Learning, 2nd ed. 2009, section 7.10). The larger emphasis has
    to be better by two: what measures seem to tell beyond the words is mostly chance, and a head that rests on sizes
    reaches far outside of what it has seen.
    """
    first = len(PENALTIES[1.0])
    plain, bold = _most_held_back(errors[:first]), first + _most_held_back(errors[first:])
    pairs = np.arange(errors.shape[2])
    saved = errors[plain, :, pairs] - errors[bold, :, pairs]
    sure = saved.mean(axis=1) > 2.0 * saved.std(axis=1) / np.sqrt(errors.shape[1])
    return np.asarray(np.where(sure, bold, plain))


def _most_held_back(errors: NDArray[np.float64]) -> NDArray[np.int64]:
    least = errors.mean(axis=1).argmin(axis=0)
    more = errors - errors[least, :, np.arange(errors.shape[2])].T
    tolerated = more.mean(axis=1) <= more.std(axis=1) / np.sqrt(errors.shape[1])
    return np.asarray(tolerated.argmax(axis=0))


def _jackknife(heads: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean variance of the heads' values, by leaving out a fold at a time, (k,). Source: Tukey 1958."""
    apart = np.array(heads)
    return np.asarray((len(heads) - 1) * apart.var(axis=0).mean(axis=0))


def _path(
    lessons: Lessons, learn: NDArray[np.bool_], strengths: Mapping[float, Sequence[float]] = PENALTIES
) -> NDArray[np.float64]:
    """Values of heads of every strength on all examples, centred on those learned from: (strengths, n, k)."""
    if not learn.any():
        return np.zeros((sum(map(len, strengths.values())), *lessons.gains.shape))
    found = []
    sides, k = sides_of(lessons, learn), lessons.gains.shape[1]
    targets = sides.targets[learn]
    for emphasis, penalties in strengths.items():
        everything = design_of(lessons, emphasis, sides.leeway, np.ones_like(learn))
        design = design_of(lessons, emphasis, sides.leeway, learn)
        weights: NDArray[np.float64] | None = None
        for penalty in penalties:
            weights = ridge(design, targets, penalty, weights)
            both = everything @ weights
            values = both[:, :k] - both[:, k:]
            found.append(values - values[learn].mean(axis=0))
    return np.array(found)


def _expected(
    lessons: Lessons, folds: NDArray[np.int64], heads: Mapping[int, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    gains, odds = np.zeros_like(lessons.gains), np.zeros_like(lessons.gains)
    for fold, values in heads.items():
        learn, test = folds != fold, np.flatnonzero(folds == fold)
        for pair in range(gains.shape[1]):
            head = values[:, pair]
            evidence = weigh(cells_of(lessons, lessons.gains[:, pair] - head, learn))
            rates = rates_from(rates_of(lessons.good[:, pair], lessons.buckets, learn))
            for row in test.tolist():
                cluster = evidence.of_cluster(int(lessons.clusters[row]))
                name = lessons.buckets[row]
                gains[row, pair] = (
                    evidence.use_cases.of(name).mean + head[row] + (0.0 if cluster is None else cluster.mean)
                )
                odds[row, pair] = odds_of(rates.of(name).mean)
    return gains, odds

"""Learns what `suffice.quality.ability` uses: how items weigh the abilities of models, from the scores there are.

Alternating least squares with every number's own uncertainty in it (expectation-maximisation): the abilities of all
models given the items, then the items given the abilities. Items are pulled towards what items are like on average, as
far as few models were measured on them (empirical Bayes), so that two models and one benchmark already make an answer,
only a wide one. The rank, and how much wider the truth lies than the formulas say, come from holding out models: half
of the scores of each is shown, the other half expected.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from suffice.errors import PolicyError
from suffice.quality.ability import MOST_RANK, Abilities, Array, profile_of, to_log_odds
from suffice.quality.outcomes import Example
from suffice.types import Candidate

Scores: TypeAlias = Mapping[str, Mapping[str, tuple[float, float]]]
"""Model to item to (mean score, how many answers it is the mean of)."""

STEPS = 20
FOLDS = 5
FEW_MODELS = 6
"""With fewer there is nothing to hold out: one ability, and the spread that the formulas say."""
_Z90 = 1.6449
_IMAGINARY = 2.0
_DEVIATION = 0.1
_ITEM_VARIANCES = (1.5, 0.25)
"""Before any data: how much offsets and loadings differ between items, variances."""
_LOADING = 0.8
_LEAST_VARIANCE = 0.01


class _Cells(NamedTuple):
    """Scores as arrays, models by items, in log-odds."""

    value: Array
    """0 where there is none."""
    error: Array
    """Variance of the sampling error; infinite where there is no score."""
    there: Array
    """1 where there is a score, else 0."""


class _Items(NamedTuple):
    weights: Array
    covariance: Array
    noise: Array
    centre: Array
    between: Array


def fit_abilities(scores: Scores, rank: int | None = None) -> Abilities:
    """Returns what the scores teach.

    Args:
        scores: Of each model on each item that it was measured on; a missing one is absent.
        rank: How many directions of ability, 1 to 3; `None` takes what expects held-out models best.

    Raises:
        PolicyError: There are no scores, one is not in [0, 1], or the rank is none of these.
    """
    known = {model: dict(items) for model, items in sorted(scores.items()) if items}
    if not known:
        raise PolicyError("there are no scores to learn abilities from", code="no_outcomes")
    if rank is not None and not 1 <= rank <= MOST_RANK:
        raise PolicyError(f"rank {rank} is not in 1..{MOST_RANK}", code="bad_rank")
    ranks = range(1, MOST_RANK + 1) if rank is None else [rank]
    if len(known) < FEW_MODELS:
        return _fit(known, min(ranks), 1.0)
    tried = {number: _hold_out(known, number) for number in ranks}
    rank = _simplest({number: np.concatenate(found)[:, 0] ** 2 for number, found in tried.items()})
    # What is asked for may be like what is shown or of another kind: the worse of the two is what may be claimed.
    spread = max(_widening(*found.T) for found in tried[rank])
    return _fit(known, rank, float(np.clip(spread, 1.0, 3.0)))


def scores_of(
    examples: Iterable[Example], models: Iterable[Candidate]
) -> dict[str, dict[str, tuple[float, float]]]:
    """Returns one table of what is known of models: their profiles, and their mean scores in each use case.

    Args:
        examples: Graded requests.
        models: Of the catalog.
    """
    table: dict[str, dict[str, tuple[float, float]]] = {one.model: profile_of(one) for one in models}
    lots: dict[tuple[str, str], list[float]] = {}
    for example in examples:
        for model, score in example.quality.items():
            lots.setdefault((model, example.bucket), []).append(score)
    for (model, bucket), lot in lots.items():
        table.setdefault(model, {})[bucket] = (math.fsum(lot) / len(lot), float(len(lot)))
    return table


def _simplest(squares: Mapping[int, Array]) -> int:
    """Returns the lowest rank that is not worse than the best by more than two standard errors of the difference."""
    best = min(squares, key=lambda rank: float(squares[rank].sum()))
    for rank in sorted(squares):
        worse = squares[rank] - squares[best]
        if worse.sum() <= 2 * math.sqrt(len(worse)) * worse.std():
            return rank
    return best


def _widening(misses: Array, spreads: Array) -> float:
    """Returns what standard deviations have to be multiplied by for 90% intervals to hold 90% of what was missed."""
    if not len(misses):
        return 1.0
    wide = float(np.quantile(np.abs(misses) / spreads, 0.9)) / _Z90
    # A few imaginary misses of the expected size: two models that agree by luck do not claim certainty.
    return (len(misses) * wide + 20.0) / (len(misses) + 20.0)


def _hold_out(known: Scores, rank: int) -> tuple[Array, Array]:
    """Returns the misses on hidden scores of held-out models, and the standard deviations that were said.

    Returns:
        Two arrays, (n, 2): with every other score of a model hidden, and with one half of them in one piece.
    """
    models = sorted(known)
    found: tuple[list[list[float]], list[list[float]]] = ([], [])
    for fold in range(FOLDS):
        held = models[fold::FOLDS]
        fitted = _fit({model: known[model] for model in models if model not in held}, rank, 1.0)
        for model in held:
            items = sorted(known[model])
            middle = len(items) // 2
            for number, hidden in enumerate((items[::2], items[1::2], items[:middle], items[middle:])):
                found[number // 2].extend(_misses(fitted, known[model], hidden))
    one, other = (np.array(rows, np.float64).reshape(-1, 2) for rows in found)
    return one, other


def _misses(
    fitted: Abilities, profile: Mapping[str, tuple[float, float]], hidden: list[str]
) -> list[list[float]]:
    shown = {item: score for item, score in profile.items() if item not in hidden}
    rows = []
    for item in hidden:
        score, count = profile[item]
        mean, sd = fitted.predict(shown, item)
        rows.append([score - mean, math.sqrt(sd**2 + max(mean * (1 - mean), 0.01) / count)])
    return rows


def _fit(known: Scores, rank: int, spread: float) -> Abilities:
    names = tuple(sorted({item for items in known.values() for item in items}))
    cells = _cells(known, names)
    items = _first_guess(cells, rank)
    for _ in range(STEPS):
        items = _items(cells, items, *_abilities(cells, items))
    prior_noise = float(np.mean(items.noise))
    return Abilities(
        items=names,
        weights=np.vstack([items.weights, items.centre]),
        uncertainty=np.concatenate([items.covariance, np.diag(items.between)[None]]),
        noise=np.append(items.noise, prior_noise),
        spread=spread,
        known=known,
    )


def _cells(known: Scores, names: tuple[str, ...]) -> _Cells:
    shape = (len(known), len(names))
    value, error, there = np.zeros(shape), np.full(shape, np.inf), np.zeros(shape)
    for row, profile in enumerate(known.values()):
        for column, name in enumerate(names):
            if name in profile:
                value[row, column], error[row, column] = to_log_odds(profile[name])
                there[row, column] = 1.0
    return _Cells(value, error, there)


def _first_guess(cells: _Cells, rank: int) -> _Items:
    count = cells.value.shape[1]
    offsets, lead = _additive(cells)
    rest = (cells.value - offsets) * cells.there
    # A model's lead fills what is missing; then the directions of most variance.
    _, size, directions = np.linalg.svd(np.where(cells.there > 0, rest, lead[:, None]), full_matrices=False)
    loadings = np.zeros((count, rank))
    kept = min(rank, len(size))
    loadings[:, :kept] = (directions[:kept] * size[:kept, None] / np.sqrt(len(cells.value))).T
    sign = np.sign(loadings.sum(axis=0))
    loadings *= np.where(sign == 0, 1.0, sign)
    centre = np.concatenate(([offsets.mean(), _LOADING], np.zeros(rank - 1)))
    between = np.concatenate(([_ITEM_VARIANCES[0]], np.full(rank, _ITEM_VARIANCES[1])))
    weights = np.column_stack([offsets, loadings])
    return _Items(weights, np.zeros((count, rank + 1, rank + 1)), np.full(count, _DEVIATION), centre, between)


def _additive(cells: _Cells) -> tuple[Array, Array]:
    """Returns the offset of each item and the lead of each model that together fit best, leads pulled towards 0.

    Solved at once: where sets of items have few models in common, steps would take for ever to carry what these say
    from set to set.
    """
    models = len(cells.there)
    normal = np.diag(np.concatenate([cells.there.sum(axis=1) + 0.5, cells.there.sum(axis=0) + 0.01]))
    normal[:models, models:] = cells.there
    normal[models:, :models] = cells.there.T
    total = np.concatenate([cells.value.sum(axis=1), cells.value.sum(axis=0)])
    found = np.linalg.solve(normal, total)
    return found[models:], found[:models]


def _abilities(cells: _Cells, items: _Items) -> tuple[Array, Array]:
    """Returns the posterior of each model's ability: means (m, r) and covariances (m, r, r)."""
    loadings = items.weights[:, 1:]
    doubt = items.noise + np.trace(items.covariance, axis1=1, axis2=2)
    weight = cells.there / (doubt + np.where(cells.there > 0, cells.error, 0.0))
    precision = np.einsum("mi,ir,is->mrs", weight, loadings, loadings) + np.eye(loadings.shape[1])
    pull = np.einsum("mi,ir->mr", weight * (cells.value - items.weights[:, 0]), loadings)
    covariance = np.linalg.inv(precision)
    return np.einsum("mrs,ms->mr", covariance, pull), covariance


def _items(cells: _Cells, items: _Items, ability: Array, doubt: Array) -> _Items:
    """Returns the items given the posterior of the abilities."""
    models, rank = ability.shape
    design = np.column_stack([np.ones(models), ability])
    squares = np.einsum("mr,ms->mrs", design, design)
    squares[:, 1:, 1:] += doubt
    weight = cells.there / (items.noise + np.where(cells.there > 0, cells.error, 0.0))
    precision = np.einsum("mi,mrs->irs", weight, squares) + np.diag(1.0 / items.between)
    pull = np.einsum("mi,mr->ir", weight * cells.value, design) + items.centre / items.between
    covariance = np.linalg.inv(precision)
    weights = np.einsum("irs,is->ir", covariance, pull)
    spare = cells.value - design @ weights.T
    second = covariance + np.einsum("ir,is->irs", weights, weights)
    blurred = np.einsum("irs,mrs->mi", covariance, squares) + np.einsum(
        "ir,mrs,is->mi", weights[:, 1:], doubt, weights[:, 1:]
    )
    noise = _noise(cells, spare**2 + blurred)
    guess = np.concatenate(([weights[:, 0].mean(), _LOADING], np.zeros(rank - 1)))
    count = len(weights)
    centre = np.where(
        np.arange(rank + 1) < 2, (weights.sum(axis=0) + _IMAGINARY * guess) / (count + _IMAGINARY), 0.0
    )
    away = np.diagonal(second, axis1=1, axis2=2) - 2 * weights * centre + centre**2
    prior = np.concatenate(([_ITEM_VARIANCES[0]], np.full(rank, _ITEM_VARIANCES[1])))
    between = (away.sum(axis=0) + _IMAGINARY * prior) / (count + _IMAGINARY)
    return _Items(weights, covariance, noise, centre, between)


def _noise(cells: _Cells, squares: Array) -> Array:
    """Returns each item's variance of own deviations: what is left after the sampling error, steadied by all items."""
    left = cells.there * (squares - np.where(cells.there > 0, cells.error, 0.0))
    count = cells.there.sum()
    common = max((left.sum() + _IMAGINARY * _DEVIATION) / (count + _IMAGINARY), _LEAST_VARIANCE)
    steady = 2 * _IMAGINARY
    own = (left.sum(axis=0) + steady * common) / (cells.there.sum(axis=0) + steady)
    return np.asarray(np.maximum(own, _LEAST_VARIANCE))

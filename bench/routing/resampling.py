"""Folds, draws and bootstrap intervals, all seeded. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from routing.curves import Curve, sorted_curve

REPEATS = 1000
Scores = tuple[np.ndarray, np.ndarray]
"""Of the baseline and of the candidate on each prompt, (n,) each."""


def rng_of(*parts: int | str) -> np.random.Generator:
    """Returns a generator that is the same wherever its parts are."""
    return np.random.default_rng([_number(part) for part in parts])


def _number(part: int | str) -> int:
    return part if isinstance(part, int) else int.from_bytes(part.encode()[:64], "little")


def folds(groups: Sequence[str], count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns the fold of each row, (n,): rows of one group share a fold, and folds have like numbers of groups."""
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    of_group = rng.permutation(np.arange(group.max() + 1) % count)
    return of_group[group]


def splits(
    groups: Sequence[str], count: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields the rows to fit on and the rows to test on, fold by fold."""
    fold = folds(groups, count, rng)
    for number in range(count):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)


def per_bucket(buckets: Sequence[str], count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns rows with at most `count` of each bucket, drawn without replacement, in rising order."""
    names = np.asarray(buckets)
    drawn = [rng.permutation(np.flatnonzero(names == name))[:count] for name in np.unique(names)]
    return np.sort(np.concatenate(drawn))


def interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Returns the ends of the central interval of bootstrap values; those that are not numbers are left out."""
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resample(
    measure: Callable[[np.ndarray], np.ndarray | float],
    count: int,
    rng: np.random.Generator,
    repeats: int = REPEATS,
) -> np.ndarray:
    """Returns a measure of `repeats` samples of `count` rows drawn with replacement, (repeats, ...)."""
    return np.array([measure(rng.integers(0, count, count)) for _ in range(repeats)])


def resampled_curves(
    needs: Mapping[str, np.ndarray],
    scores: Scores,
    measure: Callable[[Curve], np.ndarray | float],
    rng: np.random.Generator,
    repeats: int = REPEATS,
) -> dict[str, np.ndarray]:
    """Returns a measure of each router's curve on samples of the prompts: the same samples for all routers.

    Args:
        needs: By router, (n,).
        scores: The baseline's and the candidate's.
        measure: Of one curve: a number, or an array of them.
        rng: Draws the samples.
        repeats: How many.

    Returns:
        By router, (repeats, ...); so a difference of two routers is paired.
    """
    baseline, candidate = scores
    count = len(baseline)
    orders = {name: np.argsort(need, kind="stable") for name, need in needs.items()}
    found: dict[str, list[np.ndarray | float]] = {name: [] for name in needs}
    for _ in range(repeats):
        times = np.bincount(rng.integers(0, count, count), minlength=count)
        for name, order in orders.items():
            rows = np.repeat(order, times[order])
            found[name].append(measure(sorted_curve(needs[name][rows], baseline[rows], candidate[rows])))
    return {name: np.array(values) for name, values in found.items()}


def shuffled_curves(
    need: np.ndarray,
    scores: Scores,
    measure: Callable[[Curve], float],
    rng: np.random.Generator,
    repeats: int = REPEATS,
) -> np.ndarray:
    """Returns what a measure gains over cost-matched shuffled decisions, on samples of the prompts, (repeats,).

    In each sample the same decisions are dealt to the prompts at random: as many calls to the baseline at each
    threshold, to the wrong prompts. The interval therefore holds the luck of the deal as well.
    """
    baseline, candidate = scores
    count = len(baseline)
    gains = np.empty(repeats)
    for repeat in range(repeats):
        rows = rng.integers(0, count, count)
        rows = rows[np.argsort(need[rows], kind="stable")]
        dealt = rng.permutation(rows)
        ours = measure(sorted_curve(need[rows], baseline[rows], candidate[rows]))
        gains[repeat] = ours - measure(sorted_curve(need[rows], baseline[dealt], candidate[dealt]))
    return gains

"""How many draws a verdict will take, before they are paid for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from suffice.stats.betting import Capital, Numbers

QUANTILES = (0.1, 0.5, 0.9)
_MOST_DRAWS = 10_000
_BLOCK = 4
_DOUBT = 1.0
"""Weight, in observations, of what the differences are too few to show: spread evenly over -1, 0 and 1."""


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What sampling on is expected to take and to end in. Draws already made are not counted."""

    draws: tuple[int | None, int | None, int | None]
    """The 10%, 50% and 90% quantile of draws to a verdict; `None` where none comes: the whole population has a mean of
    exactly -delta, or 10,000 draws without an end of the population are not enough."""
    mean_draws: float
    """Mean of the draws to a verdict, or to the end of the population where there is none."""
    p_above: float
    """Probability that the mean is shown to lie above -delta."""
    p_below: float
    """Probability that it is shown to lie below."""


def expected_samples(  # noqa: PLR0913 -- what is tested, what is known of it, and how it is played
    differences: Sequence[float],
    *,
    delta: float,
    alpha: float,
    population: int | None,
    rng: np.random.Generator,
    repeats: int = 200,
    seen: Sequence[float] = (),
) -> Forecast:
    """Plays sampling on, with the bets that will be made, on populations that look like what is guessed or was seen.

    Each repeat has a population of its own: shares of the differences, and of -1, 0 and 1 for what they are too few to
    show, drawn by a Bayesian bootstrap (Rubin, Annals of Statistics 1981). The weight of the latter is a house
    heuristic: without it twenty clean draws would promise that no other kind will come.

    Args:
        differences: A guess of the distribution, or what was seen of it; each in [-1, 1].
        delta: Tolerance in [0, 1]; what is tested is a mean of -delta.
        alpha: Error of each one-sided bound, in (0, 1).
        population: How many values there are, drawn without replacement; `None` for very many.
        rng: The dice.
        repeats: Populations played.
        seen: What was drawn already, in order: sampling goes on from there.

    Raises:
        ValueError: A number is out of range, or more was seen than there is.
    """
    _check(differences, seen, delta, alpha)
    left = _MOST_DRAWS if population is None else population - len(seen)
    if left < 0:
        raise ValueError(f"{len(seen)} values were seen of a population of {population}")
    stream = _streams(differences, left, repeats, rng)
    points = np.full(repeats, (1.0 - delta) / 2.0)
    above, below = Capital(points, population=population), Capital(1.0 - points, population=population)
    if len(seen):
        # Block by block as in `stream`, each repeat having seen the same.
        for block in np.array_split(_unit(seen), max(1, len(seen) // _BLOCK)):
            above.update(block)
            below.update(1.0 - block)
    return _played(stream, above, below, alpha)


def _check(differences: Sequence[float], seen: Sequence[float], delta: float, alpha: float) -> None:
    for value in (*differences, *seen):
        if not -1.0 <= value <= 1.0:
            raise ValueError(f"a difference lies in [-1, 1]: not {value}")
    if not 0.0 <= delta <= 1.0 or not 0.0 < alpha < 1.0:
        raise ValueError(f"delta is in [0, 1] and alpha in (0, 1): not {delta} and {alpha}")


def _unit(values: Sequence[float]) -> Numbers:
    return (np.asarray(values, dtype=np.float64) + 1.0) / 2.0


def _streams(differences: Sequence[float], length: int, repeats: int, rng: np.random.Generator) -> Numbers:
    """Returns what is drawn from now on, shape (length, repeats), in [0, 1]."""
    values, counts = np.unique(_unit([*differences, -1.0, 0.0, 1.0]), return_counts=True)
    weights = counts.astype(np.float64)
    weights[np.isin(values, (0.0, 0.5, 1.0))] -= 1.0 - _DOUBT / 3.0
    edges = np.cumsum(rng.dirichlet(weights, size=repeats), axis=1)[:, :-1]
    drawn = rng.random((length, repeats))
    at = np.zeros(drawn.shape, dtype=np.intp)
    for edge in edges.T:
        at += drawn > edge
    return values[at]


def _played(stream: Numbers, above: Capital, below: Capital, alpha: float) -> Forecast:
    length, repeats = stream.shape
    ends = np.full(repeats, math.inf)
    won = np.zeros(repeats, dtype=bool)
    drawn = 0
    while True:
        undecided = np.isinf(ends)
        up = undecided & (above.total >= 1.0 / alpha)
        down = undecided & ~up & (below.total >= 1.0 / alpha)
        ends[up | down] = drawn
        won |= up
        if drawn == length or not np.isinf(ends).any():
            break
        block = stream[drawn : drawn + _BLOCK]
        above.update(block)
        below.update(1.0 - block)
        drawn += len(block)
    found = np.quantile(ends, QUANTILES, method="higher")
    low, middle, high = (None if math.isinf(value) else int(value) for value in found)
    return Forecast(
        draws=(low, middle, high),
        mean_draws=float(np.minimum(ends, length).mean()),
        p_above=float(won.mean()),
        p_below=float((~won & np.isfinite(ends)).mean()),
    )

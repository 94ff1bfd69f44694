"""What is simulated: differences of -1, 0 and 1, drawn with and without replacement, in strata or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suffice.stats.betting import Numbers


@dataclass(frozen=True)
class Kind:
    """How often a candidate loses and wins; the rest are ties."""

    p_loss: float
    p_win: float

    @property
    def mean(self) -> float:
        return self.p_win - self.p_loss

    @property
    def variance(self) -> float:
        return self.p_win + self.p_loss - self.mean**2

    def __str__(self) -> str:
        return f"{100 * self.p_loss:g}% / {100 * self.p_win:g}%"


def with_replacement(kind: Kind, draws: int, runs: int, rng: np.random.Generator) -> Numbers:
    """Returns differences, shape (draws, runs)."""
    dice = rng.random((draws, runs))
    return np.where(dice < kind.p_loss, -1.0, np.where(dice > 1 - kind.p_win, 1.0, 0.0))


def population(kind: Kind, size: int) -> Numbers:
    """Returns differences with shares as near to the kind's as whole numbers allow."""
    losses, wins = round(kind.p_loss * size), round(kind.p_win * size)
    return np.array([-1.0] * losses + [1.0] * wins + [0.0] * (size - losses - wins))


def without_replacement(values: Numbers, runs: int, rng: np.random.Generator) -> Numbers:
    """Returns the whole population in random orders, shape (size, runs)."""
    return rng.permuted(np.repeat(values[:, None], runs, axis=1), axis=0)


def in_strata(strata: list[Numbers], runs: int, rng: np.random.Generator) -> Numbers:
    """Returns blocks of one draw of each stratum, shape (size, runs)."""
    each = [without_replacement(values, runs, rng) for values in strata]
    return np.stack(each, axis=1).reshape(-1, runs)

"""What may be expected of a model of which only its benchmark profile is known: the product's way and controls."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from suffice.quality.ability import Abilities
from suffice.quality.ability_fit import fit_abilities


class Table(NamedTuple):
    """Models by use cases. `nan` where a model was not measured."""

    models: list[str]
    buckets: list[str]
    baseline: str
    score: np.ndarray
    """(m, b), mean scores."""
    gain: np.ndarray
    """(m, b), mean score less the baseline's on the same prompts."""
    noise: np.ndarray
    """(m, b), standard errors of `gain`."""
    count: np.ndarray
    """(m, b), prompts."""

    def without(self, model: str) -> Table:
        """Returns the table of all other models."""
        keep = np.array([name != model for name in self.models])
        return Table(
            [name for name in self.models if name != model],
            self.buckets,
            self.baseline,
            *(values[keep] for values in (self.score, self.gain, self.noise, self.count)),
        )


class Expecter(Protocol):
    """What is measured."""

    def __call__(self, others: Table, profile: np.ndarray, bucket: int) -> tuple[float, float]:
        """Returns the expected gain of a new model in one use case, and its sd (`nan` if it gives none).

        Args:
            others: Outcomes of the models that are known, in every use case.
            profile: (b,), the new model's mean scores; `nan` in the use case that is asked for.
            bucket: The column of that use case.
        """


def mean_of_others(others: Table, profile: np.ndarray, bucket: int) -> tuple[float, float]:  # noqa: ARG001 -- ignores it
    """Control: what the known models gain on average."""
    gains = others.gain[:, bucket]
    return float(np.nanmean(gains)), float(np.nanstd(gains))


def one_number(others: Table, profile: np.ndarray, bucket: int) -> tuple[float, float]:
    """Control: as much better or worse than the known models as on the average of the profile."""
    known = np.isfinite(profile)
    lead = np.nanmean(profile[known] - np.nanmean(others.score[:, known], axis=0))
    return float(np.nanmean(others.gain[:, bucket]) + lead), float("nan")


def nearest(others: Table, profile: np.ndarray, bucket: int) -> tuple[float, float]:
    """Control: what the known model with the most similar profile gains."""
    known = np.isfinite(profile)
    apart = (others.score[:, known] - profile[known]) ** 2
    shared = np.isfinite(apart).any(axis=1) & np.isfinite(others.gain[:, bucket])
    distance = np.nanmean(apart[shared], axis=1)
    return float(others.gain[shared, bucket][int(np.argmin(distance))]), float("nan")


class FromProfile:
    """The product: abilities fitted on the known models' scores, and the new model's place told by its profile."""

    def __init__(self) -> None:
        self._fitted: dict[tuple[str, ...], Abilities] = {}

    def __call__(self, others: Table, profile: np.ndarray, bucket: int) -> tuple[float, float]:
        """Returns the expected gain and its sd; the abilities are fitted once for each set of known models."""
        names = (others.baseline, *others.buckets, *others.models)
        if names not in self._fitted:
            # One held-out model is asked for in all use cases in turn: the last fit is all that is needed.
            self._fitted = {names: Abilities.decode(fit_abilities(_scores(others)).encode())}
        shown = {others.buckets[at]: float(profile[at]) for at in np.flatnonzero(np.isfinite(profile))}
        return self._fitted[names].gain(shown, others.baseline, others.buckets[bucket])


def _scores(others: Table) -> dict[str, dict[str, tuple[float, float]]]:
    return {
        model: {
            bucket: (float(np.clip(others.score[row, column], 0, 1)), float(others.count[row, column]))
            for column, bucket in enumerate(others.buckets)
            if np.isfinite(others.score[row, column])
        }
        for row, model in enumerate(others.models)
    }


EXPECTERS: dict[str, Expecter] = {
    "suffice, from the profile": FromProfile(),
    "the most similar known model": nearest,
    "the profile's average alone": one_number,
    "the mean of the known models": mean_of_others,
}

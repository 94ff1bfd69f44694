"""What may be expected of a model of which only its benchmark profile is known: the product's way and controls."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


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
    distance = np.sqrt(np.nanmean((others.score[:, known] - profile[known]) ** 2, axis=1))
    distance[~np.isfinite(others.gain[:, bucket])] = np.inf
    return float(others.gain[int(np.nanargmin(distance)), bucket]), float("nan")


def _product() -> Expecter | None:
    """The product's ability model; `None` as long as it is not built."""
    return None


EXPECTERS: dict[str, Expecter | None] = {
    "suffice, from the profile": _product(),
    "the most similar known model": nearest,
    "the profile's average alone": one_number,
    "the mean of the known models": mean_of_others,
}

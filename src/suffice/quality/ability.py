"""How good a model is likely to be where it was never measured, from where it was: its benchmark profile.

Models differ along very few directions. In log-odds, the score of model m on item i, a benchmark or a bucket, is

    y[m, i] = offset[i] + loading[i] . ability[m] + own deviation,      ability ~ N(0, 1), deviation ~ N(0, noise[i])

so a handful of published figures says where a new model stands, with an uncertainty that is honest about the rest:
that of its ability, of the item's own numbers where few models were measured on it, and of the deviation. Outcomes of
the model itself on the item then take over, normal by normal. Source: probabilistic principal components with missing
values (Tipping and Bishop, JRSS-B 1999); one ability, one difficulty is the Rasch model of psychometrics.

`suffice.quality.ability_fit` learns the numbers; this only uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.stats.moments import Moments
from suffice.types import Candidate, Tier

Array: TypeAlias = NDArray[np.float64]
Profile: TypeAlias = Mapping[str, "float | tuple[float, float]"]
"""Item to score in [0, 1], or to (score, how many graded answers it is the mean of)."""

PUBLISHED = 100.0
"""Graded answers that a published score is taken to rest on, where nothing is said; house heuristic."""
TIER = "tier"
_TIERS: Mapping[Tier, tuple[float, float]] = {
    "nano": (0.35, 10.0),
    "mini": (0.60, 10.0),
    "flagship": (0.85, 10.0),
}
"""A model's tier as an item like others, worth ten answers: what a vendor's price says where no benchmark speaks. House
heuristic."""
MOST_RANK = 3
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


class LogOdds(NamedTuple):
    """What is known of one model on one item, in log-odds."""

    mean: float
    variance: float
    direction: Array | None = None
    """(rank + 1,), how the item's own numbers enter; `None` once the model's own outcomes speak."""


class _Plain(msgspec.Struct, frozen=True, array_like=True):
    items: tuple[str, ...]
    rank: int
    weights: bytes
    uncertainty: bytes
    noise: bytes
    spread: float
    known: dict[str, dict[str, tuple[float, float]]]


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a fit knows of items and models. The last row of each array is for an item that it has never seen."""

    items: tuple[str, ...]
    weights: Array
    """(n_items + 1, rank + 1), offset and loadings."""
    uncertainty: Array
    """(n_items + 1, rank + 1, rank + 1), covariance of `weights`."""
    noise: Array
    """(n_items + 1,), variance of a model's own deviation."""
    spread: float = 1.0
    """What standard deviations are multiplied by: how far models that were held out lay outside of what was said."""
    known: Mapping[str, Mapping[str, tuple[float, float]]] = {}
    """The profiles of the models that the fit has seen."""

    def predict(self, profile: Profile, item: str) -> tuple[float, float]:
        """Returns the expected score of a model on an item, and the standard deviation of what is known about it.

        Args:
            profile: Of the model; items that the fit does not know say nothing.
            item: A benchmark or bucket. In the profile itself, its outcomes take over as far as they are many.

        Returns:
            Score in [0, 1] and sd. Of an empty profile: what models reach, and how they differ. Of an unknown item:
            what items are like, wide.

        Raises:
            PolicyError: A score of the profile is not in [0, 1], or rests on no answers.
        """
        found = self.log_odds(profile, item)
        return _score(found.mean, found.variance)

    def gain(self, candidate: Profile | str, baseline: Profile | str, item: str) -> tuple[float, float]:
        """Returns the expected score of the candidate less the baseline's, and its standard deviation.

        Args:
            candidate: Its profile, or the name of a model that the fit has seen.
            baseline: The same, of the model that it would stand in for.
            item: A bucket.

        Raises:
            PolicyError: A name that the fit has not seen, or a profile that cannot be.
        """
        one, other = (self.log_odds(self._profile(side), item) for side in (candidate, baseline))
        shared = 0.0
        if one.direction is not None and other.direction is not None:
            # Neither was measured there: what is not known of the item itself moves both alike.
            shared = float(one.direction @ self.uncertainty[self._place(item)] @ other.direction)
            shared *= self.spread**2
        return _difference(one, other, shared)

    def log_odds(self, profile: Profile, item: str) -> LogOdds:
        """Returns what is known of a model on an item in log-odds; see `predict`."""
        place = self._place(item)
        mean, covariance = self.ability({name: score for name, score in profile.items() if name != item})
        direction = np.concatenate(([1.0], mean))
        loadings, uncertainty = self.weights[place, 1:], self.uncertainty[place]
        variance = (
            direction @ uncertainty @ direction
            + np.sum(uncertainty[1:, 1:] * covariance)
            + loadings @ covariance @ loadings
            + self.noise[place]
        ) * self.spread**2
        expected = float(self.weights[place] @ direction)
        if item not in profile:
            return LogOdds(expected, float(variance), direction)
        own, error = to_log_odds(profile[item])
        trust = variance / (variance + error)
        return LogOdds(expected + trust * (own - expected), float(variance - trust * variance))

    def ability(self, profile: Profile) -> tuple[Array, Array]:
        """Returns where a model stands: the posterior of its ability, mean (rank,) and covariance (rank, rank)."""
        seen = [(place, score) for name, score in profile.items() if (place := self._place(name)) >= 0]
        if not seen:
            rank = self.weights.shape[1] - 1
            return np.zeros(rank), np.eye(rank)
        places = [place for place, _ in seen]
        own, error = np.array([to_log_odds(score) for _, score in seen]).T
        loadings = self.weights[places, 1:]
        doubt = np.trace(self.uncertainty[places], axis1=1, axis2=2)
        weighted = loadings / (self.noise[places] + error + doubt)[:, None]
        covariance = np.linalg.inv(np.eye(loadings.shape[1]) + loadings.T @ weighted)
        return np.asarray(covariance @ ((own - self.weights[places, 0]) @ weighted)), np.asarray(covariance)

    def encode(self) -> bytes:
        """Returns the bytes that `decode` reads: names, numbers and arrays of little-endian 64-bit floats."""
        arrays = (self.weights, self.uncertainty, self.noise)
        weights, uncertainty, noise = (array.astype("<f8").tobytes() for array in arrays)
        known = {model: dict(profile) for model, profile in self.known.items()}
        plain = _Plain(self.items, self.weights.shape[1] - 1, weights, uncertainty, noise, self.spread, known)
        return msgspec.msgpack.encode(plain, order="deterministic")

    @staticmethod
    def decode(data: bytes) -> Abilities:
        """Returns the abilities of some bytes.

        Raises:
            PolicyError: They are nothing that can be used.
        """
        try:
            plain = msgspec.msgpack.decode(data, type=_Plain)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PolicyError(f"these are no abilities: {error}", code="bad_abilities") from error
        rows, columns = len(plain.items) + 1, plain.rank + 1
        sizes = (rows * columns, rows * columns**2, rows)
        arrays = (plain.weights, plain.uncertainty, plain.noise)
        if not 1 <= plain.rank <= MOST_RANK or [len(array) for array in arrays] != [8 * n for n in sizes]:
            raise PolicyError("these are no abilities: sizes disagree", code="bad_abilities")
        weights, uncertainty, noise = (np.frombuffer(array, "<f8") for array in arrays)
        numbers = np.concatenate((weights, uncertainty, noise, [plain.spread]))
        if not np.isfinite(numbers).all() or noise.min() <= 0 or plain.spread <= 0:
            raise PolicyError("these are no abilities: a number cannot be", code="bad_abilities")
        return Abilities(
            items=plain.items,
            weights=weights.reshape(rows, columns),
            uncertainty=uncertainty.reshape(rows, columns, columns),
            noise=noise,
            spread=plain.spread,
            known=plain.known,
        )

    def _place(self, item: str) -> int:
        # -1 is the last row, what items are like.
        return self.items.index(item) if item in self.items else -1

    def _profile(self, model: Profile | str) -> Profile:
        if not isinstance(model, str):
            return model
        if model not in self.known:
            raise PolicyError(f"no outcomes of {model} are known", code="unknown_model")
        return self.known[model]


def profile_of(candidate: Candidate) -> dict[str, tuple[float, float]]:
    """Returns a model's profile as the catalog knows it: its published scores, and its tier as a weak one more."""
    published = {name: (score, PUBLISHED) for name, score in candidate.benchmarks.items()}
    return {**published, TIER: _TIERS[candidate.tier]}


def with_outcomes(gain: float, sd: float, outcomes: Moments, within: float) -> tuple[float, float]:
    """Returns an expected gain after outcomes of the pair itself: their mean takes over as they become many.

    Args:
        gain: Expected before, such as from `Abilities.gain`.
        sd: Of what was known before.
        outcomes: Statistics of candidate's score less baseline's, one value a request.
        within: Variance of one such value around its bucket's mean, of all buckets together.

    >>> gain, sd = with_outcomes(-0.1, 0.1, Moments.of([0.0] * 100), within=0.25)
    >>> round(gain, 3), round(sd, 3)
    (-0.02, 0.045)
    """
    if outcomes.count <= 0:
        return gain, sd
    trust = sd**2 / (sd**2 + within / outcomes.count)
    return gain + trust * (outcomes.mean - gain), sd * float(np.sqrt(1.0 - trust))


def to_log_odds(score: float | tuple[float, float]) -> tuple[float, float]:
    """Returns the log-odds of a score, kept off 0 and 1 by half an answer, and the variance of its sampling error.

    Raises:
        PolicyError: It is not in [0, 1], or rests on no answers.
    """
    mean, count = score if isinstance(score, tuple | list) else (score, PUBLISHED)
    if not 0.0 <= mean <= 1.0 or not 0.0 < count < np.inf:
        raise PolicyError(f"{mean} of {count} answers is no score", code="bad_score")
    share = (mean * count + 0.5) / (count + 1.0)
    return float(np.log(share / (1.0 - share))), 1.0 / (count * share * (1.0 - share))


def _score(mean: float, variance: float) -> tuple[float, float]:
    scores = _logistic(mean + np.sqrt(variance) * _NODES)
    expected = float(_WEIGHTS @ scores)
    return expected, float(np.sqrt(_WEIGHTS @ (scores - expected) ** 2))


def _difference(one: LogOdds, other: LogOdds, shared: float) -> tuple[float, float]:
    """Mean and sd of the difference of two scores whose log-odds are normal with a covariance."""
    slope = shared / one.variance
    rest = max(other.variance - slope * shared, 0.0)
    first = np.sqrt(one.variance) * _NODES
    second = other.mean + slope * first[:, None] + np.sqrt(rest) * _NODES[None, :]
    differences = _logistic(one.mean + first)[:, None] - _logistic(second)
    expected = float(_WEIGHTS @ differences @ _WEIGHTS)
    return expected, float(np.sqrt(_WEIGHTS @ (differences - expected) ** 2 @ _WEIGHTS))


def _logistic(value: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -500.0, 500.0))))

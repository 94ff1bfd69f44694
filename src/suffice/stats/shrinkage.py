"""Means of many groups, each pulled towards the mean of all as far as its own evidence is thin: empirical Bayes.

The model is normal-normal: a group's true mean is drawn from N(mean of all, between), its values from N(true mean,
within). Both variances are estimated by moments (Source: DerSimonian and Laird, "Meta-analysis in clinical trials",
Controlled Clinical Trials 1986, for `between`; the pooled variance for `within`), each steadied by a few imaginary
degrees of freedom at a prior guess, so that two groups, or one of three equal values, do not claim certainty.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

from suffice.stats.moments import Moments

Name = TypeVar("Name")


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """What is thought of the mean of all and of the variances before any data, and how sure that is."""

    mean: float = 0.0
    mean_variance: float = 0.25
    between: float
    within: float
    between_freedom: float = 2.0
    within_freedom: float = 2.0
    """In degrees of freedom, as `between_freedom`."""


class Posterior(msgspec.Struct, frozen=True):
    """What is known of a group's true mean."""

    mean: float
    variance: float
    own: float
    """The share of the group's own mean in it; the rest is the mean of all."""
    count: float
    """Values of its own that it rests on."""

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.variance)


class Shrunken(msgspec.Struct, Generic[Name], frozen=True, kw_only=True):
    """The groups, shrunk; and what a group that was never seen is expected to be."""

    within: float
    """Variance of one value around its group's true mean."""
    between: float
    """Variance of the true means."""
    unseen: Posterior
    groups: Mapping[Name, Posterior]

    def of(self, name: Name) -> Posterior:
        """Returns what is known of one group."""
        return self.groups.get(name, self.unseen)


def shrink(groups: Mapping[Name, Moments], guess: Guess, *, centre: float | None = None) -> Shrunken[Name]:
    """Returns the posterior of each group's true mean, and of an unseen group's.

    Args:
        groups: Sufficient statistics by group; an empty group counts as unseen.
        guess: Of the mean and the variances.
        centre: The mean of all, where it is known; `None` estimates it.

    Returns:
        Means that go to the group's own as its count grows, and to the mean of all as it falls to 0. Without any
        group the mean of all is `centre`, or the guess.
    """
    known = {name: moments for name, moments in groups.items() if moments.count > 0}
    within = _within(known, guess)
    between = _between(known, within, guess)
    precisions = {name: 1.0 / (between + within / moments.count) for name, moments in known.items()}
    mean, mean_variance = _mean_of_all(known, precisions, guess) if centre is None else (centre, 0.0)
    found = {}
    for name, moments in known.items():
        own = between * precisions[name]
        variance = own * within / moments.count + (1.0 - own) ** 2 * mean_variance
        found[name] = Posterior(mean + own * (moments.mean - mean), variance, own, moments.count)
    return Shrunken(
        within=within,
        between=between,
        unseen=Posterior(mean, between + mean_variance, 0.0, 0.0),
        groups=found,
    )


def _within(known: Mapping[Name, Moments], guess: Guess) -> float:
    freedom = sum(moments.count - 1.0 for moments in known.values())
    spread = math.fsum(moments.spread for moments in known.values())
    return (spread + guess.within_freedom * guess.within) / (max(freedom, 0.0) + guess.within_freedom)


def _between(known: Mapping[Name, Moments], within: float, guess: Guess) -> float:
    freedom = len(known) - 1.0
    if freedom <= 0:
        return guess.between
    everything = sum(moments.count for moments in known.values())
    mean = math.fsum(moments.total for moments in known.values()) / everything
    scatter = math.fsum(moments.count * (moments.mean - mean) ** 2 for moments in known.values())
    unevenness = everything - math.fsum(moments.count**2 for moments in known.values()) / everything
    estimate = max(0.0, (scatter - freedom * within) / unevenness)
    return (freedom * estimate + guess.between_freedom * guess.between) / (freedom + guess.between_freedom)


def _mean_of_all(
    known: Mapping[Name, Moments], precisions: Mapping[Name, float], guess: Guess
) -> tuple[float, float]:
    weight = math.fsum((1.0 / guess.mean_variance, *precisions.values()))
    total = math.fsum(precisions[name] * known[name].mean for name in known)
    return (total + guess.mean / guess.mean_variance) / weight, 1.0 / weight

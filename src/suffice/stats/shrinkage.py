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
    """What is thought of the variances before any data, and how many degrees of freedom that is worth."""

    between: float
    within: float
    between_freedom: float = 2.0
    within_freedom: float = 2.0


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


def shrink(
    groups: Mapping[Name, Moments], guess: Guess, *, centre: float | None = None, nothing: float = 0.0
) -> Shrunken[Name]:
    """Returns the posterior of each group's true mean, and of an unseen group's.

    Args:
        groups: Sufficient statistics by group; an empty group counts as unseen.
        guess: Of the variances.
        centre: The mean of all, where it is known; `None` estimates it.
        nothing: What the mean of all is taken for without any value.

    Returns:
        Means that go to the group's own as its count grows, and to the mean of all as it falls to 0. Without any
        group the mean of all is `centre`, or `nothing` with the variance that one value has.
    """
    known = {name: moments for name, moments in groups.items() if moments.count > 0}
    within = _within(known, guess)
    between = _between(known, within, guess)
    precisions = {name: 1.0 / (between + within / moments.count) for name, moments in known.items()}
    mean, mean_variance = nothing, within
    if centre is not None:
        mean, mean_variance = centre, 0.0
    elif known:
        mean, mean_variance = _mean_of_all(known, precisions)
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


def _mean_of_all(known: Mapping[Name, Moments], precisions: Mapping[Name, float]) -> tuple[float, float]:
    weight = math.fsum(precisions.values())
    return math.fsum(precisions[name] * known[name].mean for name in known) / weight, 1.0 / weight

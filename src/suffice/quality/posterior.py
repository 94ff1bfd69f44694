"""PREDICT: what graded outcomes say of use cases and of clusters of like prompts, from sums alone.

A cell holds the outcomes of one use case and one cluster: count, sum and sum of squares of what the head leaves
unexplained. The effects of both add up; each is shrunk (`suffice.stats.shrinkage`), in turns, until they settle
(Source: backfitting, Buja, Hastie and Tibshirani, Annals of Statistics 1989). So new outcomes are added to sums, and
what follows is the same as if all had come at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from suffice.stats.moments import Moments
from suffice.stats.shrinkage import Guess, Posterior, Shrunken, shrink

NO_CLUSTER = -1
"""The number of no cluster: the prompt is of no known kind."""

Cells = Mapping[str, Mapping[int, Moments]]
"""Use case, then cluster, to the outcomes there."""

OF_USE_CASE = Guess(mean_variance=0.04, between=0.01, within=0.15)
"""House heuristic: a pair's mean gain is within 40 points of 0, use cases differ by about 10, answers by about 40."""
OF_CLUSTER = Guess(between=0.0004, within=0.15, between_freedom=4.0)
"""House heuristic: kinds of prompt within a use case differ by about 2 points."""
OF_RATE = Guess(mean=0.5, mean_variance=0.1, between=0.02, within=0.15)
"""House heuristic: the rates of good answers differ by about 14 points between use cases."""
OF_SPREAD = Guess(mean=0.15, mean_variance=0.01, between=0.003, within=0.04)
"""House heuristic: scores of 0 and 1 have a variance of up to 0.25; it differs by about 0.05 between use cases."""
_TURNS = 4


def rates_from(good: Mapping[str, Moments]) -> Shrunken[str]:
    """Returns the rate of good answers in each use case, from their counts; an even chance if there are none."""
    return shrink(good, OF_RATE)


def spread_from(squares: Mapping[str, Moments]) -> Shrunken[str]:
    """Returns the variance of a model's scores in each use case, from squares of how far they are from its mean."""
    return shrink(squares, OF_SPREAD)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the outcomes of one pair of models say."""

    use_cases: Shrunken[str]
    clusters: Shrunken[int] | None
    """Differences from the use case's mean; `None` where no prompt has a cluster."""

    def of_cluster(self, number: int) -> Posterior | None:
        """Returns what is known of a cluster; `None` if it has no outcome."""
        return None if self.clusters is None else self.clusters.groups.get(number)


def weigh(cells: Cells) -> Evidence:
    """Returns what the outcomes in the cells say of each use case and each cluster."""
    clustered = {number for row in cells.values() for number in row if number != NO_CLUSTER}
    use_cases = shrink({name: merged(row.values()) for name, row in cells.items()}, OF_USE_CASE)
    if not clustered:
        return Evidence(use_cases=use_cases, clusters=None)
    clusters: Shrunken[int] | None = None
    for _ in range(_TURNS):
        left: dict[int, Moments] = {}
        for name, row in cells.items():
            mean = use_cases.of(name).mean
            for number, moments in row.items():
                if number != NO_CLUSTER:
                    left[number] = left.get(number, Moments()).plus(moments.shifted(-mean))
        clusters = shrink(left, OF_CLUSTER, centre=0.0)
        effects = {number: posterior.mean for number, posterior in clusters.groups.items()}
        use_cases = shrink(
            {
                name: merged(moments.shifted(-effects.get(number, 0.0)) for number, moments in row.items())
                for name, row in cells.items()
            },
            OF_USE_CASE,
        )
    return Evidence(use_cases=use_cases, clusters=clusters)


def merged(lots: Iterable[Moments]) -> Moments:
    """Returns the statistics of all lots together."""
    total = Moments()
    for moments in lots:
        total = total.plus(moments)
    return total

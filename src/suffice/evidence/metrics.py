"""LEARN: one number of all units. Units without a verdict are left out and counted; without any, there is no number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from suffice.evidence.compare import Difference
from suffice.stats.agreement import cohen_kappa, observed_agreement


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A number, and what it rests on."""

    value: float | None
    """`None` where no unit has a verdict."""
    n: int
    """Units with a verdict."""
    no_verdict: int
    reasons: dict[str, int]
    """Why there is none, by code."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far two graders agree on whether an answer is good."""

    value: float | None
    """Share of answers that both call good or both call bad."""
    kappa: float | None
    """Cohen's; `None` where both give one and the same verdict throughout."""
    n: int
    no_verdict: int
    """Answers that one of them, or both, gave no verdict on."""


def mean_difference(units: Sequence[Difference]) -> Metric:
    """Returns the mean of candidate minus baseline, in [-1, 1]."""
    return _metric([unit.d for unit in units], (unit.reason for unit in units if unit.d is None))


def pass_rate(scores: Sequence[float | None], *, bar: float = 1.0) -> Metric:
    """Returns the share of scores that reach the bar.

    >>> pass_rate([1.0, 0.5, None]).value
    0.5
    """
    passed = [None if score is None else float(score >= bar) for score in scores]
    return _metric(passed, ("no_verdict" for score in scores if score is None))


def agreement(
    first: Sequence[float | None], second: Sequence[float | None], *, bar: float = 0.5
) -> Agreement:
    """Returns how far two graders agree on the same answers.

    Args:
        first: One grader's score of each answer.
        second: The other's, in the same order.
        bar: Scores from here on are good.

    >>> agreement([1.0, 0.0, None], [1.0, 1.0, 1.0]).value
    0.5
    """
    pairs = [
        (one >= bar, other >= bar)
        for one, other in zip(first, second, strict=True)
        if one is not None and other is not None
    ]
    ours, theirs = [one for one, _ in pairs], [other for _, other in pairs]
    return Agreement(
        value=observed_agreement(ours, theirs),
        kappa=cohen_kappa(ours, theirs),
        n=len(pairs),
        no_verdict=len(first) - len(pairs),
    )


def _metric(values: Sequence[float | None], missing: Iterable[str]) -> Metric:
    known = [value for value in values if value is not None]
    return Metric(
        value=sum(known) / len(known) if known else None,
        n=len(known),
        no_verdict=len(values) - len(known),
        reasons=dict(Counter(reason.partition(":")[0] for reason in missing)),
    )

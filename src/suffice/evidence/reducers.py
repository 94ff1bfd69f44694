"""LEARN: one score of the repeats of a unit. Repeats without a verdict are left out; without any, there is none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from suffice.evidence.grading import Score, no_verdict

Reducer = Callable[[Sequence[Score]], Score]


def mean(scores: Sequence[Score]) -> Score:
    """Returns the mean of the repeats.

    >>> mean([Score(value=1.0, reason=""), Score(value=0.0, reason=""), no_verdict("not_rated")]).value
    0.5
    """
    return _reduced(scores, lambda values: sum(values) / len(values), "the mean")


def worst(scores: Sequence[Score]) -> Score:
    """Returns the lowest of the repeats: for what must never fail."""
    return _reduced(scores, min, "the worst")


def majority(scores: Sequence[Score]) -> Score:
    """Returns the score that most repeats have; where several are as frequent, their mean.

    >>> majority([Score(value=value, reason="") for value in (1.0, 1.0, 0.0)]).value
    1.0
    """
    return _reduced(scores, _most_frequent, "the majority")


def _most_frequent(values: Sequence[float]) -> float:
    counts = Counter(values)
    top = max(counts.values())
    tied = [value for value, count in counts.items() if count == top]
    return sum(tied) / len(tied)


def _reduced(scores: Sequence[Score], reduce: Callable[[Sequence[float]], float], name: str) -> Score:
    costs = [score.cost_nanos for score in scores]
    cost = None if None in costs else sum(cost for cost in costs if cost is not None)
    values = [score.value for score in scores if score.value is not None]
    if not values:
        reason = scores[0].reason if scores else "no_repeats"
        return no_verdict(reason, cost_nanos=cost)
    if len(scores) == 1:
        return scores[0]
    reason = f"{name} of {len(values)} repeats"
    return Score(value=reduce(values), reason=reason, cost_nanos=cost)


REDUCERS: Mapping[str, Reducer] = {"mean": mean, "worst": worst, "majority": majority}
"""Every reducer by its name."""

"""What another demand of one layer would make of a decision, by the predictor's weights. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from suffice.policy.choose import lift
from suffice.types import Decision, Estimate, Score, Weight

Weights = Mapping[str, Mapping[str, Weight]]
"""By candidate and layer."""

# An estimate is kept with four digits; so much of it is unsure.
_DIGITS = 0.00005
_STEPS = 1000


def demand_of(decision: Decision, layer: str, weight: Weight) -> float:
    """Returns a layer's demand as the predictor took it: an abstention counts as the usual one."""
    score = decision.scores.get(layer)
    return weight.usual if score is None or score.demand is None else score.demand


def log_odds(p: float) -> float:
    """Returns ln(p / (1 - p)), for p strictly between 0 and 1.

    >>> log_odds(0.5)
    0.0
    """
    return math.log(p / (1 - p))


def demand_at_bar(decision: Decision, estimate: Estimate, layer: str, weight: Weight) -> float | None:
    """Returns the demand of a layer at which a candidate crosses the bar, all else as it was.

    Returns:
        Three digits, rounded away from the demand as it was, and beyond the digits that an estimate is kept with; it
        may lie outside of [0, 1]. `None` where the weights cannot tell: a probability of 0 or 1, a layer
        that moves nothing, the lower end of a prior's interval.
    """
    lifted, bar = lift(estimate, decision.terms), decision.terms.bar
    if lifted is None or (decision.terms.bar_on == "p_low" and estimate.evidence == "prior"):
        return None
    if weight.per_demand == 0 or not (10 * _DIGITS < lifted < 1 - 10 * _DIGITS and 0 < bar < 1):
        return None
    # What reaches the bar just so clears it, so to fall below takes a little more.
    missing = log_odds(bar) - log_odds(lifted)
    missing += (1 if lifted < bar else -1) * 2 * _DIGITS / (lifted * (1 - lifted))
    change = missing / weight.per_demand
    at = demand_of(decision, layer, weight) + change
    return (math.floor(at * _STEPS) if change < 0 else math.ceil(at * _STEPS)) / _STEPS


def shifted(decision: Decision, layer: str, demand: float, weights: Weights) -> Decision:
    """Returns a decision as it would stand with another demand of one layer, before choosing.

    Args:
        decision: As it was made.
        layer: Its name.
        demand: In [0, 1].
        weights: A candidate that is not there, or has none for the layer, stays as it is.
    """
    return msgspec.structs.replace(
        decision,
        scores={**decision.scores, layer: Score(demand, "changed")},
        estimates=tuple(_moved(decision, e, layer, demand, weights) for e in decision.estimates),
    )


def _moved(decision: Decision, estimate: Estimate, layer: str, demand: float, weights: Weights) -> Estimate:
    weight = weights.get(estimate.model, {}).get(layer)
    if weight is None:
        return estimate
    by = weight.per_demand * (demand - demand_of(decision, layer, weight))
    return msgspec.structs.replace(
        estimate,
        p_good=_moved_by(estimate.p_good, by),
        p_low=_moved_by(estimate.p_low, by),
        p_high=_moved_by(estimate.p_high, by),
    )


def _moved_by(p: float | None, by: float) -> float | None:
    return p if p is None or not 0 < p < 1 else 1 / (1 + math.exp(-(log_odds(p) + by)))

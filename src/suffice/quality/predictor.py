"""PREDICT: how probable an answer as good as the baseline's is, for each candidate, before any evidence.

A prior, not a measurement: the default tier of the recognised kind of task says how able a model has to be,
the layers' demands move that a little, and a logistic curve turns the distance to a candidate's tier into a
probability. Uncalibrated; the interval is wide on purpose. Source: house heuristic; evidence from the
customer's own traffic replaces it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar, Protocol

import msgspec

from suffice.features import Features
from suffice.features.task import TASKS
from suffice.types import Candidate, Estimate, Score, Tier, Weight

_ABILITY: Mapping[Tier, float] = {"nano": 0.35, "mini": 0.60, "flagship": 0.90}
_NEED: Mapping[Tier, float] = {"nano": 0.25, "mini": 0.50, "flagship": 0.80}
_WEIGHTS = (
    ("input_length", 0.10),
    ("output_length", 0.15),
    ("tool_surface", 0.08),
    ("output_contract", 0.05),
)
_USUAL_DEMAND = 0.35
_UNSAID = Score(None, "no such layer")
_STEEPNESS = 20.0
_HALF_WIDTH = 0.20


class Predictor(Protocol):
    """What the engine asks of a predictor. It is one immutable value: a reload puts another in its place."""

    @property
    def fingerprint(self) -> str:
        """Names the content: two predictors of one content have one fingerprint."""

    def predict(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidates: Sequence[Candidate],
        baseline: Candidate,
    ) -> tuple[Estimate, ...]:
        """Returns one estimate for each candidate, in their order; costs and vetoes are not a predictor's to say."""

    def weights(self, candidate: Candidate, baseline: Candidate) -> Mapping[str, Weight]:
        """Returns what each layer's demand does to a candidate's `p_good`; a layer that is not there does nothing."""


class PriorPredictor(msgspec.Struct, frozen=True):
    """Estimates from the kind of task and the layers' demands alone."""

    fingerprint: ClassVar[str] = "prior"
    """Always the same: a prior learns nothing."""

    def weights(self, candidate: Candidate, baseline: Candidate) -> Mapping[str, Weight]:  # noqa: ARG002 -- the same for all
        """Returns the layers that the prior weighs, at their usual demand."""
        return {
            layer: Weight(per_demand=-_STEEPNESS * weight, usual=_USUAL_DEMAND) for layer, weight in _WEIGHTS
        }

    def predict(
        self,
        features: Features,
        scores: Mapping[str, Score],
        candidates: Sequence[Candidate],
        baseline: Candidate,
    ) -> tuple[Estimate, ...]:
        """Returns one estimate for each candidate, in their order.

        Args:
            features: Of the request.
            scores: By layer.
            candidates: Those that could stand in for the baseline.
            baseline: The model that was asked for.

        Returns:
            Estimates whose `p_good` is `None` where no kind of task is recognised: then there is nothing to go by.
        """
        need = _need(features, scores, baseline)
        found = []
        for candidate in candidates:
            found.append(_estimate(candidate.model, candidate.tier, need))  # noqa: PERF401 -- it takes 0.4 us more
        return tuple(found)


def _need(features: Features, scores: Mapping[str, Score], baseline: Candidate) -> float | None:
    if features.task is None:
        return None
    need = _NEED[TASKS[features.task]]
    for layer, weight in _WEIGHTS:
        demand = scores.get(layer, _UNSAID).demand
        if demand is not None:
            need += weight * (demand - _USUAL_DEMAND)
    # Good is what the baseline would do: no request needs more than that.
    most = _ABILITY[baseline.tier]
    return need if need < most else most  # noqa: FURB136 -- `min` takes four times as long


# Prompts of a use case are about as long, answers are limited alike: the same needs come again.
@lru_cache(maxsize=4_096)
def _estimate(model: str, tier: Tier, need: float | None) -> Estimate:
    if need is None:
        return Estimate(model=model, p_good=None)
    p_good, p_low, p_high = _probability(tier, need)
    return Estimate(model=model, p_good=p_good, p_low=p_low, p_high=p_high)


@lru_cache(maxsize=4_096)
def _probability(tier: Tier, need: float) -> tuple[float, float, float]:
    p_good = 1 / (1 + math.exp(-_STEEPNESS * (_ABILITY[tier] - need)))
    ends = p_good, max(0.0, p_good - _HALF_WIDTH), min(1.0, p_good + _HALF_WIDTH / 2)
    return round(ends[0], 4), round(ends[1], 4), round(ends[2], 4)

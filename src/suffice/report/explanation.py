"""What is said of one decision: layers, candidates, flips, in order and in words; and all of it as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.layers import LEARNED, table
from suffice.money import usd
from suffice.policy.choose import TEXTS, basis, choose, obstacle
from suffice.policy.flips import Flip, flips_of
from suffice.policy.reasons import TEXTS as REASONS
from suffice.policy.shift import Weights, demand_of
from suffice.policy.switch import Mode
from suffice.report.policies import Grounds
from suffice.types import Arm, Decision, Estimate, Opinion, Terms, Weight

VERSION = 2
"""Of the JSON: a field that is taken away or changes its meaning raises it, a new field does not."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one layer's demand does to one candidate."""

    weight: Weight
    log_odds: float
    """Change of the log-odds of `p_good` against the usual demand."""


class LayerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One layer, as far as the decision has it."""

    number: int | None
    """Its place in the table; `None` for one that this version no longer has."""
    name: str
    demand: float | None = None
    reason: str | None = None
    """`None` if the decision has no opinion of this layer."""
    effects: Mapping[str, Effect] = {}
    """By candidate, where the predictor weighs the layer."""
    opinions: Mapping[str, Opinion] = {}
    """By candidate, of a learned layer."""


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """What a use case is switched to now."""

    mode: Mode
    because: str
    """Who set it and why, in words."""
    nothing_decided: bool = False
    """All use cases are off."""


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What is served of a decision, or was: the arm that the dice gave it, and the model for that."""

    mode: str
    """`route` or `observe`."""
    model: str | None
    """`None` where the dice cannot be cast, as nothing says for whom."""
    reason: str
    arm: Arm = ""
    """"" where no dice are cast, or cannot be."""
    propensity: float | None = None
    """Probability of the routed arm; `None` where no dice are cast."""
    session: str = ""
    """Of the request; empty where nothing names one: then the dice are cast for its id."""
    draw: float | None = None
    """What they show, in [0, 1); `None` for a past decision: the salt may be another by now."""
    holdout: float | None = None
    """Draws below stay on the baseline."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A decision and what is needed to explain it."""

    decision: Decision
    weights: Weights | None
    """Of the predictor that was asked; `None` if it is not there any more."""
    switched: Switched
    """What holds for its use case now."""
    outcome: Served | None
    """What is served of it, or was where `id` is given; `None` where nothing is decided, or it is not on record."""
    serving: Terms
    """What a candidate would have to reach to serve."""
    id: str | None = None
    provider: str = ""
    api: str = ""
    feature: str = ""
    certificates: Mapping[str, Grounds] = {}
    """By candidate: the certificate that counted, or why none did."""

    @property
    def flips(self) -> tuple[Flip, ...]:
        """What would have flipped the choice."""
        return flips_of(self.decision, self.weights or {})

    @property
    def mode(self) -> str:
        """How the decision is put to use, or was."""
        if self.outcome is not None:
            return self.outcome.mode
        # What has no mode on record was decided before anything could be routed.
        return self.switched.mode if self.id is None else "observe"

    @property
    def served(self) -> tuple[str, str]:
        """The model that serving would choose by its own terms, and the reason."""
        model, reason = choose(msgspec.structs.replace(self.decision, terms=self.serving))
        if not self.decision.estimates:
            return self.decision.baseline, self.decision.reason
        return model or self.decision.baseline, reason

    def provider_of(self, model: str) -> str:
        """Returns who would serve a model of the decision: the provider that was asked, unless it is another's."""
        others = (e.provider for e in self.decision.estimates if e.model == model)
        return next(others, "") or self.provider

    @property
    def focus(self) -> Estimate | None:
        """The candidate that effects are shown for: the chosen one, else the most probable to be good."""
        estimates = self.decision.estimates
        chosen = next((e for e in estimates if e.model == self.decision.model), None)
        return chosen or max(estimates, key=lambda e: (e.p_good or 0.0, e.model), default=None)

    @property
    def layers(self) -> list[LayerLine]:
        """Every layer of the table, in its order, then those that only the decision knows."""
        known = {row["name"]: int(row["number"]) for row in table()}
        others = [name for name in self.decision.scores if name not in known]
        return [self._layer(known.get(name), name) for name in [*known, *others]]

    def _layer(self, number: int | None, name: str) -> LayerLine:
        score = self.decision.scores.get(name)
        opinions = {
            e.model: opinion
            for e in self.decision.estimates
            for opinion in e.opinions
            if opinion.layer == name
        }
        effects = {}
        for e in self.decision.estimates:
            weight = (self.weights or {}).get(e.model, {}).get(name)
            if weight is not None:
                moved = demand_of(self.decision, name, weight) - weight.usual
                effects[e.model] = Effect(weight=weight, log_odds=weight.per_demand * moved)
        return LayerLine(
            number=number,
            name=name,
            demand=None if score is None else score.demand,
            reason=None if score is None else score.reason,
            effects=effects,
            opinions=opinions,
        )


def reason_text(reason: str) -> str:
    """Returns a reason in words."""
    return REASONS.get(reason, reason.replace("_", " "))


def obstacle_text(stopped: str | None) -> str | None:
    """Returns what stands in a candidate's way in words; `None` if nothing does."""
    return None if stopped is None else TEXTS.get(stopped, stopped.replace("_", " "))


def as_json(explanation: Explanation) -> bytes:
    """Returns the explanation as JSON; docs/explain.md says what each field means."""
    decision = explanation.decision
    model, reason = explanation.served
    told = {
        "version": VERSION,
        "id": explanation.id,
        "mode": explanation.mode,
        "switched": {"mode": explanation.switched.mode, "because": explanation.switched.because},
        "outcome": _outcome_json(explanation.outcome),
        "provider": explanation.provider,
        "api": explanation.api,
        "feature": explanation.feature,
        "bucket": decision.bucket,
        "task": decision.task,
        "baseline": decision.baseline,
        **_money("baseline_cost", decision.baseline_cost_nanos),
        **_money("stakes", decision.stakes_nanos),
        "tokens": {
            "input": decision.input_tokens_estimated,
            "cached": decision.cached_tokens_estimated,
            "output": decision.output_tokens_estimated,
        },
        "choice": {
            "model": decision.model,
            "provider": explanation.provider_of(decision.model),
            "reason": decision.reason,
            "reason_text": reason_text(decision.reason),
            "terms": _terms(decision.terms),
        },
        "serving": {
            "model": model,
            "provider": explanation.provider_of(model),
            "reason": reason,
            "reason_text": reason_text(reason),
            "terms": _terms(explanation.serving),
        },
        "layers": [_layer_json(line) for line in explanation.layers],
        "candidates": [_candidate_json(explanation, estimate) for estimate in decision.estimates],
        "flips": [msgspec.structs.asdict(flip) for flip in explanation.flips],
        "weights_known": explanation.weights is not None,
        "policy": decision.policy,
        "predictor": decision.predictor,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2)


def _outcome_json(outcome: Served | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    return {**msgspec.structs.asdict(outcome), "reason_text": reason_text(outcome.reason)}


def _layer_json(line: LayerLine) -> dict[str, Any]:
    told: dict[str, Any] = {"number": line.number, "name": line.name}
    if line.name in LEARNED or line.opinions:
        return told | {
            "opinions": [
                {
                    "model": model,
                    "gain": opinion.gain,
                    "sd": opinion.sd,
                    "labels": opinion.labels,
                    "reason": opinion.reason,
                }
                for model, opinion in line.opinions.items()
            ]
        }
    effects = [
        {
            "model": model,
            "per_demand": effect.weight.per_demand,
            "usual": effect.weight.usual,
            "log_odds": effect.log_odds,
        }
        for model, effect in line.effects.items()
    ]
    return told | {"demand": line.demand, "reason": line.reason, "weights": effects}


def _candidate_json(explanation: Explanation, estimate: Estimate) -> dict[str, Any]:
    decision, grounds = explanation.decision, explanation.certificates.get(estimate.model)
    stopped = obstacle(decision, estimate)
    return {
        "model": estimate.model,
        "provider": explanation.provider_of(estimate.model),
        "p_good": estimate.p_good,
        "p_low": estimate.p_low,
        "p_high": estimate.p_high,
        "evidence": basis(estimate),
        **_money("cost", estimate.cost_nanos),
        "chosen": estimate.model == decision.model,
        "veto": estimate.veto,
        "obstacle": stopped,
        "obstacle_text": obstacle_text(stopped),
        "certificate": None if grounds is None else grounds.certificate,
        "certificate_text": None if grounds is None else grounds.text,
    }


def _terms(terms: Terms) -> dict[str, Any]:
    return msgspec.structs.asdict(terms)


def _money(name: str, nanos: int | None) -> dict[str, Any]:
    return {f"{name}_nanos": nanos, f"{name}_usd": None if nanos is None else usd(nanos, places=9)}

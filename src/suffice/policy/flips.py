"""What would have flipped a choice: one change at a time, each tried on the decision itself. Pure.

Every flip is found by changing one thing in the decision and choosing again, so that it cannot disagree with the
choice. A layer's demand is changed alone and by the predictor's weights: that a longer answer would also cost more,
say, is no part of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from suffice.money import usd
from suffice.policy import constraints
from suffice.policy.choose import BELOW_BAR, NOT_CHEAPER, UNKNOWN, choose, lift, obstacle
from suffice.policy.shift import Weights, demand_at_bar, demand_of, shifted
from suffice.types import Decision, Estimate, Evidence, Weight

Change = Literal["layer", "bar", "evidence", "certificate", "stakes", "allow_list", "constraint"]
_LEVELS: tuple[Evidence, ...] = ("prior", "calibrated", "certified")
_STEPS = 1000


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """One change that would have led elsewhere."""

    model: str
    """The candidate that it is about."""
    change: Change
    text: str
    """The change in words."""
    then: str
    """The model that would have served."""
    still: str | None = None
    """What would stand in the candidate's way even then, a key of `suffice.policy.choose.TEXTS`; `None` if nothing."""
    layer: str | None = None
    demand: float | None = None
    """Of the layer, as it was; `None` if it abstained."""
    needed: float | None = None
    """The nearest demand in [0, 1], to three digits, that leads there."""


def flips_of(decision: Decision, weights: Weights) -> tuple[Flip, ...]:
    """Returns what would have flipped a decision, the cheapest candidate first.

    Args:
        decision: Any; one without estimates has no flips.
        weights: Of the predictor that it asked. A candidate that is not there has no flips by layer.

    Returns:
        For a decision that keeps the baseline: for each cheaper candidate what would have let it serve, or would have
        taken away the first thing in its way. For one that does not: what would have kept the baseline.
    """
    ordered = sorted(decision.estimates, key=lambda e: (e.cost_nanos is None, e.cost_nanos or 0, e.model))
    chosen = next((e for e in ordered if e.model == decision.model), None)
    if chosen is not None and decision.model != decision.baseline:
        return tuple(_to_baseline(decision, chosen, weights))
    return tuple(flip for estimate in ordered for flip in _to_candidate(decision, estimate, weights))


def _to_candidate(decision: Decision, estimate: Estimate, weights: Weights) -> Iterator[Flip]:
    stopped = obstacle(decision, estimate)
    if stopped is None or stopped in {NOT_CHEAPER, UNKNOWN}:
        return
    if stopped == BELOW_BAR:
        for layer, weight in weights.get(estimate.model, {}).items():
            needed = demand_at_bar(decision, estimate, layer, weight)
            flip = _by_layer(decision, estimate, layer, needed, weights)
            if flip is not None and flip.still is None:
                yield flip
        yield from _by_lower_bar(decision, estimate)
    elif stopped in constraints.TEXTS:
        yield _without_veto(decision, estimate, stopped)
    else:
        certified = _with(decision, estimate, certified=True)
        yield _flip(certified, estimate, "certificate", f"a valid certificate for it in {decision.bucket}")
        for level in ("calibrated", "prior"):
            changed = _on(decision, evidence=level)
            if obstacle(changed, estimate) is None:
                text = f'evidence = "{level}", not "{decision.terms.evidence}"'
                yield _flip(changed, estimate, "evidence", text)
                break


def _to_baseline(decision: Decision, chosen: Estimate, weights: Weights) -> Iterator[Flip]:
    free = [e for e in decision.estimates if obstacle(decision, e) is None]
    for layer in weights.get(chosen.model, {}):
        flip = _by_layer(decision, chosen, layer, _where_all_fall(decision, free, layer, weights), weights)
        if flip is not None and flip.then == decision.baseline:
            yield flip
    highest = max(lift(e, decision.terms) or 0.0 for e in free)
    changed = _on(decision, bar=math.nextafter(highest, 2))
    if highest < 1 and _then(changed) == decision.baseline:
        text = f"a bar above {highest:g}, not {decision.terms.bar:g}"
        yield _flip(changed, chosen, "bar", text)
    for level in _LEVELS:
        changed = _on(decision, evidence=level)
        if _then(changed) == decision.baseline:
            text = f'evidence = "{level}", not "{decision.terms.evidence}"'
            yield _flip(changed, chosen, "evidence", text)
            break
    barred = [msgspec.structs.replace(e, veto=e.veto or constraints.STAKES) for e in decision.estimates]
    changed = msgspec.structs.replace(decision, estimates=tuple(barred))
    limit = usd(_most_stakes(decision, chosen), places=4)
    yield _flip(changed, chosen, "stakes", f"stakes of more than {limit}")
    changed = _with(decision, chosen, veto=constraints.NOT_ALLOWED)
    yield _flip(changed, chosen, "allow_list", "a deny list with it")


def _by_layer(
    decision: Decision, estimate: Estimate, layer: str, needed: float | None, weights: Weights
) -> Flip | None:
    """What a demand leads to; `None` if no layer can have it."""
    if needed is None or not 0 <= needed <= 1:
        return None
    weight = weights[estimate.model][layer]
    score = decision.scores.get(layer)
    was = None if score is None else score.demand
    bound = "at most" if needed < demand_of(decision, layer, weight) else "at least"
    text = f"{layer} {bound} {needed:.3f}, " + ("where it abstained" if was is None else f"not {was:.3f}")
    changed = shifted(decision, layer, needed, weights)
    flip = _flip(changed, estimate, "layer", text)
    return msgspec.structs.replace(flip, layer=layer, demand=was, needed=needed)


def _where_all_fall(decision: Decision, free: list[Estimate], layer: str, weights: Weights) -> float | None:
    """The demand of a layer at which no candidate that may serve now reaches the bar; `None` if there is none."""
    found: list[float] = []
    signs: set[bool] = set()
    for estimate in free:
        weight: Weight | None = weights.get(estimate.model, {}).get(layer)
        at = None if weight is None else demand_at_bar(decision, estimate, layer, weight)
        if weight is None or at is None:
            return None
        found.append(at)
        signs.add(weight.per_demand < 0)
    if len(signs) != 1:
        return None
    return max(found) if True in signs else min(found)


def _by_lower_bar(decision: Decision, estimate: Estimate) -> Iterator[Flip]:
    lifted, terms = lift(estimate, decision.terms), decision.terms
    if lifted is not None:
        bar = math.floor(lifted * _STEPS) / _STEPS
        short = f"its {terms.bar_on} is {terms.bar - lifted:.3f} short"
        text = f"a bar of at most {bar:.3f}, not {terms.bar:g}: {short}"
        yield _flip(_on(decision, bar=bar), estimate, "bar", text)


def _without_veto(decision: Decision, estimate: Estimate, stopped: str) -> Flip:
    changed = _with(decision, estimate, veto=None)
    if stopped == constraints.NOT_ALLOWED:
        return _flip(changed, estimate, "allow_list", "an allow list with it, or a deny list without it")
    if stopped == constraints.STAKES_UNREADABLE:
        return _flip(changed, estimate, "stakes", "stakes that can be read, or none")
    if stopped == constraints.STAKES:
        limit = usd(_most_stakes(decision, estimate), places=4)
        given = usd(decision.stakes_nanos or 0, places=4)
        return _flip(changed, estimate, "stakes", f"stakes of at most {limit}, not {given}")
    text = f"a request without what it cannot do: {constraints.TEXTS[stopped]}"
    return _flip(changed, estimate, "constraint", text)


def _most_stakes(decision: Decision, estimate: Estimate) -> int:
    saving = (decision.baseline_cost_nanos or 0) - (estimate.cost_nanos or 0)
    return math.floor(decision.terms.stakes_ratio * saving)


def _on(decision: Decision, **terms: Any) -> Decision:
    return msgspec.structs.replace(decision, terms=msgspec.structs.replace(decision.terms, **terms))


def _with(decision: Decision, estimate: Estimate, **fields: Any) -> Decision:
    changed = (
        msgspec.structs.replace(e, **fields) if e.model == estimate.model else e for e in decision.estimates
    )
    return msgspec.structs.replace(decision, estimates=tuple(changed))


def _flip(changed: Decision, estimate: Estimate, change: Change, text: str) -> Flip:
    after = next(e for e in changed.estimates if e.model == estimate.model)
    return Flip(
        model=estimate.model,
        change=change,
        text=text,
        then=_then(changed),
        still=obstacle(changed, after),
    )


def _then(decision: Decision) -> str:
    return choose(decision)[0] or decision.baseline

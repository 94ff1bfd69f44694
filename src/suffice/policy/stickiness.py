"""Whether a conversation changes its model: only where that saves more than the prompt cache that it loses. Pure.

With t turns still to come (this one included), each costing `stay` on the model that has the conversation in its cache
and `switch` on the other once it has it too, a change is worth t * (stay - switch). It costs once what the other model
charges for reading the conversation without a cache. It is made where

    t * (stay - switch) > lost * (1 + margin)

Approximations: the turns to come cost what this one does, though conversations grow (on both sides alike), and no turn
comes too late for the cache. State that only one model can go on from is a constraint, not weighed here.

Source: house heuristic; the same weighing as in docs/route.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from suffice.money import nanos_from_picos
from suffice.policy.choose import obstacle
from suffice.types import Candidate, Decision


def turns_left(reached: Sequence[int], turn: int) -> float:
    """Returns how many turns a conversation is expected to have from here on, this one included.

    Args:
        reached: How many conversations of the use case got to each turn, the first one first, shape `(n_turns,)`.
        turn: The turn that it is at, from 0.

    Returns:
        At least 1, and 1 where no conversation is known to have got so far.

    >>> turns_left([100, 50, 25], 0), turns_left([100, 50, 25], 2), turns_left([], 7)
    (1.75, 1.0, 1.0)
    """
    if turn >= len(reached) or reached[turn] <= 0:
        return 1.0
    # Counts of a moving window can rise along a conversation; whoever got to a turn got to those before it.
    left, still = 0.0, reached[turn]
    for count in reached[turn:]:
        still = min(still, count)
        left += still
    return left / reached[turn]


def lost_cache_nanos(cached_tokens: int, input_tokens: int, candidate: Candidate) -> int:
    """Returns what a model charges more for its first look at a conversation than for one that it has in its cache.

    Args:
        cached_tokens: How much of the prompt the cache would serve.
        input_tokens: The whole prompt: rates go by its length.
        candidate: The model that the conversation would change to.

    Returns:
        Nano-dollars; 0 where its price list has no rate for cached input, or no price at all.
    """
    rates = next((rates for rates in candidate.rates if input_tokens > rates.above_tokens), None)
    if rates is None or rates.cache_read is None:
        return 0
    return nanos_from_picos(max(0, cached_tokens * (rates.input - rates.cache_read)))


def change_pays(*, stay_nanos: int, switch_nanos: int, lost_nanos: int, turns: float, margin: float) -> bool:
    """Tells whether a conversation should change its model.

    Args:
        stay_nanos: What a turn costs where it is.
        switch_nanos: What a turn costs with the other model once that has it in its cache.
        lost_nanos: What the first turn there costs in addition.
        turns: Expected turns, this one included.
        margin: Share of the loss that has to be gained on top of it.

    >>> change_pays(stay_nanos=10, switch_nanos=6, lost_nanos=5, turns=1, margin=0.25)
    False
    >>> change_pays(stay_nanos=10, switch_nanos=6, lost_nanos=5, turns=2, margin=0.25)
    True
    """
    return turns * (stay_nanos - switch_nanos) > lost_nanos * (1 + margin)


def model_of_turn(decision: Decision, before: str, chosen: Candidate, *, turns: float, margin: float) -> str:
    """Returns the model that serves the next turn of a conversation: the choice, or the one that has served it.

    Args:
        decision: For this turn; its choice is not the baseline.
        before: The model that served the turn before.
        chosen: The choice, with its rates.
        turns: Expected turns, this one included.
        margin: As `change_pays` has it.

    Returns:
        `before` where it may serve this turn too and a change does not pay. What it may not serve, or what has no
        known cost, is served as chosen.
    """
    stay, switch = _cost_of(decision, before), _cost_of(decision, decision.model)
    if before == decision.model or stay is None or switch is None:
        return decision.model
    lost = lost_cache_nanos(decision.cached_tokens_estimated, decision.input_tokens_estimated or 0, chosen)
    pays = change_pays(stay_nanos=stay, switch_nanos=switch, lost_nanos=lost, turns=turns, margin=margin)
    return decision.model if pays else before


def _cost_of(decision: Decision, model: str) -> int | None:
    if model == decision.baseline:
        return decision.baseline_cost_nanos
    found = next((one for one in decision.estimates if one.model == model), None)
    return None if found is None or obstacle(decision, found) is not None else found.cost_nanos

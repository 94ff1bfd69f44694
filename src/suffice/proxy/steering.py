"""Puts a decision into effect where it is served: the dice, the conversation's model, and the patch of the body."""

from __future__ import annotations

import msgspec

from suffice.config import RouteSettings
from suffice.engine import Engine
from suffice.policy import reasons
from suffice.policy.adapt import adapt
from suffice.policy.patch import Patch
from suffice.policy.serving import Serving, serving_of
from suffice.policy.stickiness import model_of_turn, turns_left
from suffice.policy.switch import Switch
from suffice.proxy.conversations import Conversations, turn_of
from suffice.proxy.headers import Wish
from suffice.types import Decision, Request

_MINUTE_NS = 60_000_000_000


class Plan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is to be done for one request."""

    serving: Serving
    patch: Patch | None = None
    """What a cheaper model is asked with; `None` where the baseline serves."""


class Steering:
    """Plans requests, and remembers what served their conversations. One for each worker.

    Args:
        settings: Of `[route]`.
    """

    def __init__(self, settings: RouteSettings) -> None:
        self._settings = settings
        self._conversations = Conversations(int(settings.cache_minutes * _MINUTE_NS))

    def plan(self, engine: Engine, request: Request, decision: Decision, unit: str, *, wish: Wish) -> Plan:
        """Returns what is to be done.

        Args:
            engine: That decided, with the switch.
            request: As it was read.
            decision: Of the engine.
            unit: What the dice are cast for.
            wish: What the client wants served.
        """
        if engine.switch is None:
            return Plan(serving=Serving(mode="observe", reason=decision.reason))
        share = share_of(engine, engine.switch, request, decision)
        serving = serving_of(decision, engine.switch, unit, share=share, forced=wish == "forced")
        if serving.model and wish == "retry":
            # Tries of the client's SDK and of ours do not multiply.
            serving = msgspec.structs.replace(serving, model="", reason=reasons.RETRIED)
        if not serving.model:
            return Plan(serving=serving)
        return self._patched(engine, request, self._sticking(engine, request, decision, serving))

    def served(self, session: str, model: str, at_ns: int) -> None:
        """Notes which model answered, `model` being what was asked for where it is the baseline."""
        self._conversations.served(session, model, at_ns)

    def _sticking(self, engine: Engine, request: Request, decision: Decision, serving: Serving) -> Serving:
        turn = turn_of(request.body)
        reached = self._conversations.turn(decision.bucket, turn)
        before = self._conversations.model_of(request.session, request.received_ns)
        chosen = engine.candidate(request.provider, decision.model)
        if turn == 0 or before is None or chosen is None:
            return serving
        model = model_of_turn(
            decision,
            before,
            chosen,
            turns=turns_left(reached, turn),
            margin=self._settings.switch_margin,
        )
        if model == decision.model:
            return serving
        stays = "" if model == decision.baseline else model
        return msgspec.structs.replace(serving, model=stays, reason=reasons.STAYS)

    @staticmethod
    def _patched(engine: Engine, request: Request, serving: Serving) -> Plan:
        if not serving.model:
            return Plan(serving=serving)
        baseline = engine.resolve(request.provider, request.model)
        candidate = engine.candidate(request.provider, serving.model)
        patch = None
        if baseline is not None and candidate is not None:
            patch = adapt(request.api, request.body, baseline, candidate).patch
        if patch is None:
            # Deciding asks the same, so this is a fault of ours; the baseline can always serve.
            serving = msgspec.structs.replace(serving, model="", reason=reasons.ROUTE_FAILED)
        return Plan(serving=serving, patch=patch)


def share_of(engine: Engine, switch: Switch, request: Request, decision: Decision) -> float:
    """Returns the share of sessions, outside of the holdout, that are served as chosen when a request arrives.

    Args:
        engine: That decided.
        switch: What is on.
        request: As it was read.
        decision: Of the engine: a new certificate of its choice ramps as well.
    """
    certified_ns = _certified_ns(engine, request, decision)
    return switch.of(decision.bucket).share(request.received_ns, certified_ns=certified_ns)


def _certified_ns(engine: Engine, request: Request, decision: Decision) -> int:
    chosen = next((one for one in decision.estimates if one.model == decision.model), None)
    baseline = engine.resolve(request.provider, request.model)
    if chosen is None or not chosen.certified or baseline is None:
        return 0
    policy = engine.policy_of(decision.bucket)
    return policy.certified_since(decision.bucket, baseline.model, chosen.model, at_ns=request.received_ns)

"""The upstream calls of one exchange: that to a cheaper model where one was chosen, and that to what was asked for.

A cheaper model is asked once. If it fails before its first byte, or its whole answer fails the request's own contract,
its call is settled as discarded and the baseline answers, as it would have without suffice. What a client has the first
byte of is never taken back.

Where the operator says that a model is served elsewhere too (`[elsewhere]`), that is asked when its own provider fails:
of a cheaper model before the baseline, of the baseline before its error is passed on. Three calls at most for one
request, and one for an SDK's own try again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal

from suffice.errors import UpstreamError
from suffice.policy import reasons
from suffice.policy.escalation import Problem, problem
from suffice.policy.fallback import (
    MOST_CHANGES,
    after_fault,
    after_status,
    retry_after_s,
)
from suffice.policy.patch import Patch
from suffice.proxy.calling import Calling, Inbound, baseline_elsewhere, calling_of, same_elsewhere
from suffice.proxy.naming import Naming
from suffice.proxy.parts import Parts
from suffice.proxy.reply import Reply
from suffice.proxy.response import MeteredResponse
from suffice.proxy.settlement import Settlement
from suffice.proxy.telling import Spare, Tell
from suffice.proxy.wire import WIRES
from suffice.upstream.breaker import upstream_of
from suffice.upstream.client import UpstreamCall, opening_of

# A provider that knows no `stream_options` says so with one of these.
_REFUSED = frozenset({400, 422})
Calls = Coroutine[Any, Any, object]
"""Calls that are made when this is awaited."""
_Ending = Literal["complete", "upstream_broke", "upstream_unreachable"]
_FAILED = frozenset({reasons.CANDIDATE_FAILED, reasons.CANDIDATE_PAUSED})

# How a stream begins that is nothing but an error: an overloaded provider answers 200 and then this.
_ERRORS = (b"event: error", b'data: {"error"', b'data: {"type":"error"', b'data: {"type": "error"')
ERROR_EVENT = "error_event"
"""The fault of a cheaper model whose stream began with an error."""
CANDIDATE_TIMEOUT = "candidate_timeout"
"""The fault of a cheaper model that was silent for too long."""


class Attempts:
    """Makes the calls of one exchange, one after another.

    Args:
        parts: What the worker's exchanges share.
        inbound: The client's request.
        reply: Where the answer goes.
        settlement: Of the exchange.
    """

    # What an exchange begins with, once for all of them.
    _response: MeteredResponse | None = None
    _changes = 0
    _spare: Spare | None = None

    def __init__(self, parts: Parts, inbound: Inbound, reply: Reply, settlement: Settlement) -> None:
        self._parts = parts
        self._inbound = inbound
        self._reply = reply
        self._settlement = settlement
        self._whole = (
            settlement.api != "passthrough" and settlement.requested_model != "" and not settlement.stream
        )

    @property
    def started(self) -> bool:
        """Whether the client has a part of an answer."""
        return self._response is not None and self._response.started

    def baseline(self) -> Calls:
        """Relays the answer of what was asked for, whatever it is; the same model's from elsewhere if that fails.

        No coroutine of its own: whenever the call goes on, each that waits for it is passed through.

        Raises:
            UpstreamError: The provider failed.
        """
        parts, settlement = self._parts, self._settlement
        if parts.settings.elsewhere and settlement.mode == "route" and self._changes < MOST_CHANGES:
            patch = parts.guard.run("route", baseline_elsewhere, parts.settings, parts.engine, self._inbound)
            if patch is not None:
                return self._own_or(patch)
        return self._own()

    async def _own_or(self, patch: Patch) -> None:
        """Relays the answer of what was asked for, or that of the same model elsewhere."""
        parts, settlement = self._parts, self._settlement
        upstream = upstream_of(settlement.provider, settlement.requested_model)
        ticket = parts.breakers.allows(upstream, parts.now_s())
        if not ticket and await self._stood_in(patch):
            # What is known to fail is not waited for.
            return
        self._spare = Spare(patch, Tell(parts, upstream, ticket)) if ticket else None
        try:
            await self._own()
        except UpstreamError as error:
            if self._spare is None:
                raise
            self._spare.tell(after_fault(ours=False, started=self.started).told)
            if self.started:
                raise
            ending: _Ending = "upstream_broke" if error.billed else "upstream_unreachable"
            self._spare.fails(settlement.aside(parts.new_id()), ending, error.code)
            if not await self._stood_in(patch):
                raise
        finally:
            if self._spare is not None:
                self._spare.tell("dropped")

    def _own(self) -> Calls:
        inbound, request = self._inbound, self._inbound.request
        if request is not None and request.stream:
            route = inbound.head.route
            if route.provider.name not in self._parts.unasked:
                ask = WIRES[route.api].ask_for_usage
                asking = self._parts.guard.run("read", ask, inbound.body, request.body)
                if asking is not None:
                    return self._asking_for_usage(asking)
        return self._relay(inbound.body, asked=False)

    async def _asking_for_usage(self, asking: bytes) -> None:
        if await self._relay(asking, asked=True):
            return
        await self._relay(self._inbound.body, asked=False)
        if (self._settlement.status or 500) < 400:
            self._parts.unasked.add(self._inbound.head.route.provider.name)

    async def _relay(self, body: bytes, *, asked: bool) -> bool:
        """Returns whether the client was answered: not if the provider refused a body of ours that asks for usage."""
        parts, settlement, inbound = self._parts, self._settlement, self._inbound
        with await parts.pool.call(inbound.head.opening(), body) as call:
            if asked and call.status in _REFUSED:
                return False
            settlement.status = call.status
            if self._spare is not None and self._spare.failed(call):
                await self._relay_error(call, self._spare)
                return True
            if parts.captures is not None and inbound.request is not None:
                settlement.capture = parts.guard.run(
                    "capture", parts.captures.offer, inbound.request, len(inbound.body), settlement
                )
            response = MeteredResponse(call, self._reply, settlement, parts.guard, asked=asked)
            self._response = response
            if not self._whole:
                await response.relay(settlement.lines())
                return True
            body = call.rest() or await call.whole()
            if settlement.arm == "holdout" and call.status == 200 and response.readable:
                self._hold_to_contract(body)
            response.relay_whole(body, settlement.lines())
        return True

    async def _relay_error(self, call: UpstreamCall, spare: Spare) -> None:
        """Has the same model answer from elsewhere; if that fails too, relays its own provider's error, unchanged."""
        parts, settlement = self._parts, self._settlement
        response = MeteredResponse(call, self._reply, settlement, parts.guard, asked=False)
        body = await call.whole()
        spare.fails(settlement.aside(parts.new_id()), "complete", None)
        if await self._stood_in(spare.patch):
            return
        settlement.status = call.status
        self._response = response
        response.relay_whole(body, settlement.lines())

    def _hold_to_contract(self, body: bytes) -> None:
        """Notes what the baseline's own answer lacks: the arms are compared by one yardstick."""
        found = self._problem(body) if body else None
        if found is not None:
            self._settlement.signals += (found.signal,)

    async def _stood_in(self, patch: Patch) -> bool:
        """Asks for the baseline elsewhere; returns whether the client was answered."""
        reason = self._settlement.reason
        if await self._tried(patch, sent=""):
            return True
        self._settlement.reason = reason
        return False

    async def cheaper_or_baseline(self, patch: Patch) -> None:
        """Relays the answer of a cheaper model; if that fails, of what was asked for. See both.

        Args:
            patch: What the cheaper model is asked with.
        """
        if not await self.cheaper(patch):
            await self.baseline()

    async def cheaper(self, patch: Patch) -> bool:
        """Relays the answer of a cheaper model, from elsewhere if its own provider fails.

        Args:
            patch: What it is asked with.

        Returns:
            Whether the client was answered; if not, each call is settled as discarded, if there was one.

        Raises:
            UpstreamError: The provider broke off when the client had a part of the answer.
        """
        parts, settlement = self._parts, self._settlement
        if await self._tried(patch, sent=patch.model):
            return True
        if not parts.settings.elsewhere or settlement.reason not in _FAILED:
            return False
        other = parts.guard.run(
            "route", same_elsewhere, parts.settings, parts.engine, self._inbound.head.route, patch
        )
        return other is not None and await self._tried(other, sent=patch.model, elsewhere=True)

    async def _tried(self, patch: Patch, *, sent: str, elsewhere: bool = False) -> bool:
        """Asks one upstream that suffice chose.

        Args:
            patch: What it is asked with.
            sent: The model by the name that it has with its own provider; empty for the baseline.
            elsewhere: It stands in for a cheaper model's own provider.

        Returns:
            Whether the client was answered.
        """
        parts, settlement = self._parts, self._settlement
        upstream = upstream_of(patch.provider, patch.model)
        ticket = parts.breakers.allows(upstream, parts.now_s())
        if not ticket:
            settlement.reason = reasons.CANDIDATE_PAUSED
            return False
        calling = parts.guard.run("route", calling_of, parts, self._inbound, patch)
        if calling is None:
            parts.breakers.dropped(upstream, parts.now_s(), ticket)
            settlement.reason = reasons.ROUTE_FAILED
            return False
        home = self._inbound.head.route.provider.name
        settlement.sent_model, settlement.provider = sent, patch.provider
        settlement.requested_provider = "" if patch.provider == home else home
        tell = Tell(parts, upstream, ticket)
        try:
            return await self._asked(calling, tell, stands_in=elsewhere or not sent)
        except TimeoutError:
            tell(after_fault(ours=True, started=self.started).told)
            self._discard("upstream_broke", fault=CANDIDATE_TIMEOUT)
        except UpstreamError as error:
            tell(after_fault(ours=True, started=self.started).told)
            if self.started:
                raise
            self._discard("upstream_broke" if error.billed else "upstream_unreachable", fault=error.code)
        finally:
            tell("dropped")
        return False

    async def _asked(self, calling: Calling, tell: Tell, *, stands_in: bool) -> bool:
        parts, settlement = self._parts, self._settlement
        opening = opening_of(settlement.method, calling.url, calling.headers)
        async with asyncio.timeout(calling.patience_s) as limit:
            with await parts.pool.call(opening, calling.body) as call:
                settlement.status = call.status
                rule = after_status(call.status, ours=True)
                naming = Naming(settlement.api, settlement.requested_model) if calling.renamed else None
                response = MeteredResponse(
                    call, self._reply, settlement, parts.guard, asked=calling.asked, naming=naming
                )
                body = await response.come(whole=self._whole or rule.move == "next")
                # From here on it may take its time.
                limit.reschedule(None)
                if not self._whole and body is not None and body.startswith(_ERRORS):
                    raise UpstreamError("the stream is an error", code=ERROR_EVENT, billed=True)
                tell(rule.told, retry_after_s(dict(call.headers)))
                if rule.move == "next":
                    response.read_whole()
                    self._discard("complete")
                    return False
                found = self._problem(body) if self._whole and body and response.readable else None
                if found is not None and settlement.sent_model:
                    response.read_whole()
                    self._discard("complete", found=found)
                    return False
                if stands_in:
                    self._stands_in(found)
                self._response = response
                if self._whole:
                    response.relay_whole(body or b"", settlement.lines())
                else:
                    await response.relay(settlement.lines())
        return True

    def _stands_in(self, found: Problem | None) -> None:
        """Notes that a model answers from elsewhere, and settles the failed call to the baseline, if there was one."""
        settlement = self._settlement
        settlement.reason = reasons.SERVED_ELSEWHERE
        if self._spare is not None and self._spare.aside is not None:
            thrown, ending, fault = self._spare.aside
            thrown.settle(ending, fault=fault)
            settlement.signals += ("fallback",)
        if found is not None and settlement.arm == "holdout":
            settlement.signals += (found.signal,)

    def _problem(self, body: bytes) -> Problem | None:
        request = self._inbound.request
        if request is None:
            return None
        return self._parts.guard.run("route", problem, request.body, request.api, body)

    def _discard(self, ending: _Ending, *, fault: str | None = None, found: Problem | None = None) -> None:
        settlement = self._settlement
        self._changes += 1
        settlement.discard(self._parts.new_id(), ending, fault=fault, signal=found.signal if found else "")
        settlement.reason = reasons.CANDIDATE_FAILED if found is None else reasons.ESCALATED
        settlement.signals += ("fallback",) if found is None else ("escalated", found.signal)

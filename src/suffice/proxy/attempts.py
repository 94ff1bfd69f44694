"""The upstream calls of one exchange: that to a cheaper model where one was chosen, and that to what was asked for.

A cheaper model is asked once. If it fails before its first byte, or its whole answer fails the request's own contract,
its call is settled as discarded and the baseline answers, as it would have without suffice. What a client has the first
byte of is never taken back.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec

from suffice.config import Provider
from suffice.errors import UpstreamError
from suffice.policy import reasons
from suffice.policy.escalation import Problem, problem
from suffice.policy.fallback import Told, after_fault, after_status, patience_s, retry_after_s
from suffice.policy.patch import Patch, patched, revised
from suffice.proxy.headers import to_upstream
from suffice.proxy.naming import Naming
from suffice.proxy.parts import Parts
from suffice.proxy.reply import Reply
from suffice.proxy.response import MeteredResponse
from suffice.proxy.routes import Route
from suffice.proxy.settlement import Settlement
from suffice.proxy.wire import WIRES
from suffice.types import Request
from suffice.upstream.breaker import Ticket, upstream_of
from suffice.upstream.connection import Headers

# A provider that knows no `stream_options` says so with one of these.
_REFUSED = frozenset({400, 422})
_Ending = Literal["complete", "upstream_broke", "upstream_unreachable"]

# How a stream begins that is nothing but an error: an overloaded provider answers 200 and then this.
_ERRORS = (b"event: error", b'data: {"error"', b'data: {"type":"error"', b'data: {"type": "error"')
ERROR_EVENT = "error_event"
"""The fault of a cheaper model whose stream began with an error."""
CANDIDATE_TIMEOUT = "candidate_timeout"
"""The fault of a cheaper model that was silent for too long."""


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """What the client sent, as far as calls are made of it."""

    route: Route
    body: bytes
    raw: Headers
    query: str
    request: Request | None
    """`None` where the body was not read."""


class Attempts:
    """Makes the calls of one exchange, one after another.

    Args:
        parts: What the worker's exchanges share.
        inbound: The client's request.
        reply: Where the answer goes.
        settlement: Of the exchange.
    """

    def __init__(self, parts: Parts, inbound: Inbound, reply: Reply, settlement: Settlement) -> None:
        self._parts = parts
        self._inbound = inbound
        self._reply = reply
        self._settlement = settlement
        self._response: MeteredResponse | None = None
        self._whole = (
            settlement.api != "passthrough" and settlement.requested_model != "" and not settlement.stream
        )

    @property
    def started(self) -> bool:
        """Whether the client has a part of an answer."""
        return self._response is not None and self._response.started

    async def baseline(self) -> None:
        """Relays the answer of what was asked for, whatever it is.

        Raises:
            UpstreamError: The provider failed.
        """
        route, body, request = self._inbound.route, self._inbound.body, self._inbound.request
        asking = None
        if request is not None and route.provider.name not in self._parts.unasked:
            asking = self._parts.guard.run("read", WIRES[route.api].ask_for_usage, body, request.body)
        if asking is not None and await self._relay(asking, asked=True):
            return
        await self._relay(body, asked=False)
        if asking is not None and (self._settlement.status or 500) < 400:
            self._parts.unasked.add(route.provider.name)

    async def _relay(self, body: bytes, *, asked: bool) -> bool:
        """Returns whether the provider's answer was relayed: not if it refused a body of ours that asks for usage."""
        parts, settlement, inbound = self._parts, self._settlement, self._inbound
        headers = to_upstream(
            inbound.raw, inbound.route.provider, readable=inbound.route.api != "passthrough"
        )
        async with parts.pool.open(settlement.method, self._url(inbound.route.url), headers, body) as call:
            if asked and call.status in _REFUSED:
                return False
            settlement.status = call.status
            if parts.captures is not None and inbound.request is not None:
                settlement.capture = parts.guard.run(
                    "capture", parts.captures.offer, inbound.request, len(inbound.body), settlement
                )
            response = MeteredResponse(call, self._reply, settlement, parts.guard, asked=asked)
            self._response = response
            if settlement.arm == "holdout" and self._whole and call.status == 200 and response.readable:
                self._hold_to_contract(await response.come(whole=True))
            relay = response.relay_whole if self._whole else response.relay
            await relay(settlement.headers())
        return True

    def _hold_to_contract(self, body: bytes | None) -> None:
        """Notes what the baseline's own answer lacks: the arms are compared by one yardstick."""
        found = self._problem(body) if body else None
        if found is not None:
            self._settlement.signals += (found.signal,)

    async def cheaper(self, patch: Patch) -> bool:
        """Relays the answer of a cheaper model.

        Args:
            patch: What it is asked with.

        Returns:
            Whether the client was answered; if not, the call is settled as discarded, if there was one.

        Raises:
            UpstreamError: The provider broke off when the client had a part of the answer.
        """
        parts, settlement = self._parts, self._settlement
        upstream = upstream_of(patch.provider, patch.model)
        ticket = parts.breakers.allows(upstream, parts.now_s())
        if not ticket:
            settlement.reason = reasons.CANDIDATE_PAUSED
            return False
        calling = parts.guard.run("route", self._calling, patch)
        if calling is None:
            parts.breakers.dropped(upstream, parts.now_s(), ticket)
            settlement.reason = reasons.ROUTE_FAILED
            return False
        settlement.sent_model, settlement.provider = patch.model, patch.provider
        tell = _Tell(parts, upstream, ticket)
        try:
            return await self._asked(calling, tell)
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

    async def _asked(self, calling: _Calling, tell: _Tell) -> bool:
        parts, settlement = self._parts, self._settlement
        async with (
            asyncio.timeout(calling.patience_s) as limit,
            parts.pool.open(settlement.method, calling.url, calling.headers, calling.body) as call,
        ):
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
            if found is not None:
                response.read_whole()
                self._discard("complete", found=found)
                return False
            self._response = response
            relay = response.relay_whole if self._whole else response.relay
            await relay(settlement.headers())
        return True

    def _problem(self, body: bytes) -> Problem | None:
        request = self._inbound.request
        if request is None:
            return None
        return self._parts.guard.run("route", problem, request.body, request.api, body)

    def _discard(self, ending: _Ending, *, fault: str | None = None, found: Problem | None = None) -> None:
        settlement = self._settlement
        settlement.discard(self._parts.new_id(), ending, fault=fault, signal=found.signal if found else "")
        settlement.provider = self._inbound.route.provider.name
        settlement.reason = reasons.CANDIDATE_FAILED if found is None else reasons.ESCALATED
        settlement.signals += ("fallback",) if found is None else ("escalated", found.signal)

    def _calling(self, patch: Patch) -> _Calling:
        """What is sent to a cheaper model. Whatever it raises, the baseline serves."""
        parts, inbound = self._parts, self._inbound
        request, route = inbound.request, inbound.route
        if request is None:
            raise ValueError("nothing was read, so nothing was decided")
        provider, url = route.provider, route.url
        if patch.provider != provider.name:
            provider, url = elsewhere(parts.settings.providers[patch.provider], patch)
        body = patched(inbound.body, patch)
        asking = None
        if provider.name not in parts.unasked:
            asking = WIRES[route.api].ask_for_usage(body, revised(request.body, patch))
        return _Calling(
            url=self._url(url),
            headers=to_upstream(inbound.raw, provider, readable=True),
            body=body if asking is None else asking,
            asked=asking is not None,
            renamed=parts.settings.route.response_model == "requested",
            patience_s=patience_s(dict(inbound.raw), parts.settings.limits.candidate_timeout_s),
        )

    def _url(self, url: str) -> str:
        return f"{url}?{self._inbound.query}" if self._inbound.query else url


class _Calling(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to a cheaper model."""

    url: str
    headers: Headers
    body: bytes
    asked: bool
    """suffice asks for usage that the client did not ask for."""
    renamed: bool
    """The client is told the name that it asked for."""
    patience_s: float


class _Tell:
    """Tells a breaker what came of one call: something, once; and a break after a good beginning."""

    __slots__ = ("_parts", "_ticket", "_told", "_upstream")

    def __init__(self, parts: Parts, upstream: str, ticket: Ticket) -> None:
        self._parts = parts
        self._upstream = upstream
        self._ticket = ticket
        self._told = False

    def __call__(self, what: Told, retry_after_s: float = 0.0) -> None:
        breakers, now_s = self._parts.breakers, self._parts.now_s()
        if what == "failed":
            breakers.failed(self._upstream, now_s, self._ticket, retry_after_s)
        elif not self._told and what == "succeeded":
            breakers.succeeded(self._upstream, now_s, self._ticket)
        elif not self._told:
            breakers.dropped(self._upstream, now_s, self._ticket)
        self._told = True


def elsewhere(provider: Provider, patch: Patch) -> tuple[Provider, str]:
    """Returns where a model of another provider is asked, with the operator's key: the client's is not that provider's.

    Raises:
        ValueError: The operator has none.
    """
    if provider.secret is None:
        raise ValueError("another provider is asked with the operator's key only")
    if patch.bearer:
        provider = msgspec.structs.replace(provider, wire="openai")
    return provider, f"{provider.base_url.rstrip('/')}/{patch.path}"

"""The story of one request: accept, read, decide, forward, settle. Nothing awaits between reading and forwarding.

In observation mode the decision is only written down: the body goes to the model that the client asked for. Where a
use case is switched to `route`, the choice is served; whatever fails of that, the client is served as it asked.
"""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

import msgspec

from suffice.errors import RequestError, UpstreamError
from suffice.ledger.pricing import NOTHING_SENT
from suffice.policy import reasons
from suffice.policy.patch import Patch
from suffice.proxy.asgi import ClientLeft, ClientWatch, Receive, Scope, Send, read_body, send_json
from suffice.proxy.attempts import Attempts, Calls
from suffice.proxy.budgets import Gate
from suffice.proxy.calling import Inbound
from suffice.proxy.errors import body_of, headers_of, status_of
from suffice.proxy.head import Head
from suffice.proxy.headers import (
    admits,
    feature_of,
    opted_out,
    printable,
    stakes_of,
    wish_of,
    without_token,
)
from suffice.proxy.known_head import KNOWN, WHOLE
from suffice.proxy.parts import Parts
from suffice.proxy.reply import REPLY, Reply
from suffice.proxy.routes import Route
from suffice.proxy.session import session_in, session_said
from suffice.proxy.settlement import Settlement
from suffice.types import Decision, Ending, Request
from suffice.upstream.connection import Headers

_decode = msgspec.json.Decoder().decode


class Exchange:
    """Serves one request. Made for each; `run` is called once.

    Args:
        parts: What the worker's exchanges share.
        scope: ASGI's.
        receive: ASGI's.
        send: ASGI's.
    """

    _attempts: Attempts | None = None

    def __init__(self, parts: Parts, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter_ns()
        self._parts = parts
        self._scope = scope
        self._receive = receive
        self._send = send
        # Taken out, as it knows the scope in turn: a circle for each request is work for the collector.
        self._reply: Reply = scope.pop(REPLY)
        self.settlement = Settlement(
            decision_id=parts.new_id(),
            received_ns=parts.now_ns(),
            elapsed_us=lambda: (perf_counter_ns() - started) // 1000,
            record=parts.record,
            guard=parts.guard,
        )

    async def run(self) -> None:
        """Serves the request. Whatever happens, it settles once; the client gets an answer or a broken connection."""
        watch: ClientWatch | None = None
        try:
            head = self._accept()
            body, limit_bytes = self._scope.pop(WHOLE, None), self._parts.settings.server.max_body_bytes
            if body is None or len(body) > limit_bytes:
                declared = head.headers.get(b"content-length")
                body = await read_body(self._receive, declared=declared, limit_bytes=limit_bytes)
            watch = ClientWatch(self._scope)
            request = self._decide(head, body)
            await self._forward(head, body, request)
            if self.settlement.mode == "route":
                self._remember()
        except RequestError as error:
            await self._answer(error, "refused")
        except UpstreamError as error:
            await self._answer(error, "upstream_broke" if error.billed else "upstream_unreachable")
        except ClientLeft:
            self.settlement.settle("client_left", fault=NOTHING_SENT)
        except asyncio.CancelledError:
            if watch is None or not watch.left:
                self.settlement.settle("internal_fault", fault="stopped")
                raise
            self.settlement.settle("client_left")
        finally:
            if watch is not None:
                watch.stop()
            settlement = self.settlement
            if not settlement.settled or settlement.capture is not None or settlement.asked is not None:
                self._end()

    def _accept(self) -> Head:
        settlement, known = self.settlement, self._scope.get(KNOWN)
        head: Head | None = None if known is None else known.read
        if head is None:
            head = self._read_head()
            if known is not None:
                known.read = head
        else:
            settlement.method, settlement.path, settlement.feature = head.method, head.path, head.feature
            settlement.provider, settlement.api = head.route.provider.name, head.route.api
        if self._parts.gate is not None:
            self._hold_to_budget(self._parts.gate, head.route)
        return head

    def _read_head(self) -> Head:
        settlement, scope = self.settlement, self._scope
        raw: Headers = scope["headers"]
        headers = dict(raw)
        settlement.method = scope["method"]
        settlement.path = printable(scope["path"])
        settlement.feature = feature_of(headers)
        if headers.get(b"upgrade", b"").lower() == b"websocket":
            raise RequestError(
                "WebSocket APIs are not proxied. Connect to the provider directly.",
                code="websocket_unsupported",
                status=400,
            )
        path = scope["raw_path"].decode("ascii", "replace")
        route = self._parts.routes.find(settlement.method, path, anthropic=b"anthropic-version" in headers)
        settlement.provider, settlement.api = route.provider.name, route.api
        token = self._parts.settings.server.access_token
        if token is not None:
            if not admits(headers, token.reveal()):
                raise RequestError(
                    "The access token is missing or wrong. Send it as the API key, or in x-suffice-token.",
                    code="bad_access_token",
                    status=401,
                )
            raw = without_token(raw, token.reveal())
        stakes_nanos, unreadable = stakes_of(headers)
        return Head(
            route=route,
            raw=raw,
            method=settlement.method,
            path=settlement.path,
            query=scope["query_string"].decode("ascii", "replace"),
            headers=headers,
            feature=settlement.feature,
            session=session_said(headers),
            opted_out=opted_out(headers),
            stakes_nanos=stakes_nanos,
            stakes_unreadable=unreadable,
        )

    def _hold_to_budget(self, gate: Gate, route: Route) -> None:
        """Refuses what may cost something, where the operator has chosen that a spent budget does."""
        settlement = self.settlement
        if route.api == "passthrough" and settlement.method != "POST":
            return
        refusal = self._parts.guard.run("budget", gate.refusal, settlement.feature, settlement.received_ns)
        if refusal is not None:
            settlement.reason = reasons.BUDGET_REFUSED
            raise refusal

    def _decide(self, head: Head, body: bytes) -> Request | None:
        settlement, parts = self.settlement, self._parts
        if settlement.api == "passthrough":
            settlement.reason = reasons.PASSED_THROUGH
            return None
        if len(body) > parts.settings.server.read_body_bytes:
            settlement.reason = reasons.BODY_NOT_READ
            return None
        request = parts.guard.run("read", self._read, head, body)
        if request is None:
            settlement.reason = reasons.UNREADABLE
            return None
        if head.opted_out:
            settlement.reason = reasons.OPTED_OUT
            return request
        if not parts.decides:
            settlement.reason = reasons.MODE_OFF
            return request
        started = perf_counter_ns()
        decision = parts.guard.run("decide", parts.engine.decide, request)
        settlement.decide_us = (perf_counter_ns() - started) // 1000
        if decision is None:
            settlement.reason = reasons.DECIDE_FAILED
        else:
            settlement.decision, settlement.reason, settlement.mode = decision, decision.reason, "observe"
        return request

    def _read(self, head: Head, body: bytes) -> Request | None:
        settlement = self.settlement
        try:
            read = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # Malformed, or deeper than any API accepts: for the provider to judge.
            return None
        if not isinstance(read, dict):
            return None
        model, stream = read.get("model"), read.get("stream") is True
        settlement.requested_model = model = printable(model) if isinstance(model, str) else ""
        settlement.session = session = head.session or session_in(read)
        settlement.stream = stream
        return Request(
            api=settlement.api,
            provider=settlement.provider,
            model=model,
            body=read,
            feature=head.feature,
            session=session,
            stream=stream,
            stakes_nanos=head.stakes_nanos,
            stakes_unreadable=head.stakes_unreadable,
            received_ns=settlement.received_ns,
        )

    def _forward(self, head: Head, body: bytes, request: Request | None) -> Calls:
        """Returns what makes the calls."""
        settlement, parts = self.settlement, self._parts
        patch, decision = None, settlement.decision
        if parts.steers and request is not None and decision is not None:
            patch = self._plan(head, request, decision)
            if parts.watching is not None and settlement.arm:
                began = parts.watching.began
                parts.guard.run("shadow", began, parts.engine, request, head.route, head.raw, settlement)
        inbound = Inbound(head=head, body=body, request=request)
        attempts = self._attempts = Attempts(parts, inbound, self._reply, settlement)
        return attempts.baseline() if patch is None else attempts.cheaper_or_baseline(patch)

    def _remember(self) -> None:
        """Notes which model answered this turn of the conversation."""
        settlement, parts = self.settlement, self._parts
        model = settlement.sent_model or settlement.requested_model
        parts.guard.run("route", parts.steering.served, settlement.session, model, parts.now_ns())

    def _plan(self, head: Head, request: Request, decision: Decision) -> Patch | None:
        """Returns what a cheaper model is to be asked with, or `None` for the baseline; notes why."""
        settlement, parts = self.settlement, self._parts
        plan = parts.guard.run(
            "route",
            parts.steering.plan,
            parts.engine,
            request,
            decision,
            settlement.session or settlement.id,
            wish_of(head.headers),
        )
        if plan is None:
            settlement.reason = reasons.ROUTE_FAILED
            return None
        serving = plan.serving
        settlement.mode, settlement.reason = serving.mode, serving.reason
        settlement.arm, settlement.propensity = serving.arm, serving.propensity
        return plan.patch

    def _end(self) -> None:
        """Settles what nobody settled, and hands the exchange to the captures and to the live guard."""
        settlement, parts = self.settlement, self._parts
        settlement.settle("internal_fault", fault="proxy_fault")
        if settlement.capture is not None and parts.captures is not None:
            parts.guard.run("capture", parts.captures.keep, settlement.capture, settlement.outcome)
        if settlement.asked is not None and parts.watching is not None:
            parts.guard.run("shadow", parts.watching.ended, settlement)

    async def _answer(self, error: RequestError | UpstreamError, ending: Ending) -> None:
        if self._attempts is not None and self._attempts.started:
            # The client has part of it: returning without the end breaks its connection, as the provider's broke.
            self.settlement.settle("upstream_broke", fault=error.code)
            return
        settlement = self.settlement
        settlement.status = status_of(error)
        settlement.settle(ending, fault=error.code)
        anthropic = b"anthropic-version" in dict(self._scope["headers"])
        wire = self._parts.routes.wire_of(self._scope["path"], anthropic=anthropic)
        # Of what was refused unread there is no model, and no decision to give a reason for.
        headers = [header for header in settlement.headers() if header[1]] + headers_of(error)
        if self._reply.body_is_unasked:
            # What it sends next is that body or another request: nobody can tell.
            headers.append((b"connection", b"close"))
        self._reply.prepare()
        await send_json(self._send, status_of(error), body_of(error, wire, settlement.id), headers)

"""The calls of one exchange, on a real event loop with real sockets but no proxy around them."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import route_proxy as routed
from cases import CATALOG, PRIOR

from recorded import HELLO, write_answers
from suffice.config import Secret, Settings, load
from suffice.engine import Engine
from suffice.errors import UpstreamError
from suffice.layers import LAYERS
from suffice.policy.patch import Patch
from suffice.proxy.attempts import Attempts
from suffice.proxy.calling import Inbound
from suffice.proxy.guard import Guard
from suffice.proxy.head import Head
from suffice.proxy.parts import Parts
from suffice.proxy.routes import Routes
from suffice.proxy.settlement import Settlement
from suffice.proxy.steering import Steering
from suffice.quality.predictor import PriorPredictor
from suffice.testing import ReplayUpstream
from suffice.types import Outcome, Request
from suffice.upstream.breaker import Breakers
from suffice.upstream.client import UpstreamPool
from suffice.upstream.connection import Headers


class Sink:
    """Where the answer goes: keeps it."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    def start(self, status: int, headers: Headers) -> None:
        self.status = status

    def whole(self, status: int, lines: bytes, body: bytes) -> None:
        self.status, self.body = status, body

    def write(self, body: bytes) -> bool:
        self.body += body
        return True

    async def drained(self) -> None:
        return

    def end(self, body: bytes = b"") -> None:
        self.body += body


class Case:
    """One request whose calls are made; what was settled."""

    def __init__(self, url: str, *, fault: str = "", now_s: float = 0.0, **providers: Any) -> None:
        self.outcomes: list[Outcome] = []
        self.sink = Sink()
        self.guard = Guard()
        settings = settings_at(url)
        self.settings = Settings(providers={**settings.providers, **providers})
        body = routed.chat(HELLO)
        ids = iter(f"leg-{number}" for number in range(9))
        self.settlement = Settlement(
            decision_id="id-0",
            received_ns=1,
            elapsed_us=lambda: 7,
            record=lambda outcome, _: self.outcomes.append(outcome),
            guard=self.guard,
        )
        self.settlement.api, self.settlement.method = "chat_completions", "POST"
        self.settlement.provider, self.settlement.requested_model = "openai", routed.BASELINE
        self.settlement.reason = "certified_suffices"
        raw: Headers = [(b"authorization", b"Bearer client")]
        if fault:
            raw += [(b"x-replay-fault", fault.encode()), (b"x-replay-fault-model", routed.CHEAPER.encode())]
        routes = Routes(self.settings.providers)
        route = routes.find("POST", "/v1/chat/completions", anthropic=False)
        asked = Request(
            api="chat_completions", provider="openai", model=routed.BASELINE, body=json.loads(body)
        )
        self.inbound = Inbound(head=Head(route=route, raw=raw), body=body, request=asked)
        self.parts = Parts(
            settings=self.settings,
            routes=routes,
            engine=Engine(layers=LAYERS, predictor=PriorPredictor(), policy=PRIOR, resolve=CATALOG.resolve),
            pool=UpstreamPool(connect_timeout_s=5, read_timeout_s=5),
            record=lambda outcome, _: self.outcomes.append(outcome),
            guard=self.guard,
            steering=Steering(self.settings.route),
            breakers=Breakers(self.settings.limits, random.Random(1)),
            now_ns=lambda: 1,
            now_s=lambda: now_s,
            new_id=lambda: next(ids),
            unasked=set(),
        )

    def cheaper(self, patch: Patch | None = None) -> bool:
        """Asks the cheaper model; returns whether the client was answered."""
        return asyncio.run(self._run(patch or Patch(model=routed.CHEAPER, provider="openai")))

    async def _run(self, patch: Patch) -> bool:
        attempts = Attempts(self.parts, self.inbound, self.sink, self.settlement)  # type: ignore[arg-type] -- a sink
        try:
            return await attempts.cheaper(patch)
        finally:
            await self.parts.pool.close()


def settings_at(url: str) -> Settings:
    return load(None, {"SUFFICE_PROVIDERS_OPENAI_BASE_URL": f"{url}/v1"}, {})


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


def test_an_answer_goes_on_under_the_name_that_was_asked_for(upstream: ReplayUpstream) -> None:
    case = Case(upstream.url)
    assert case.cheaper()
    assert (case.sink.status, json.loads(case.sink.body)["model"]) == (200, routed.BASELINE)
    (outcome,) = case.outcomes
    assert (outcome.leg, outcome.sent_model, outcome.served_model) == (
        "served",
        routed.CHEAPER,
        routed.CHEAPER,
    )


def test_what_fails_sends_nothing_and_leaves_the_exchange_open(upstream: ReplayUpstream) -> None:
    case = Case(upstream.url, fault="503")
    assert not case.cheaper()
    assert case.sink.status == 0
    (thrown,) = case.outcomes
    assert (thrown.id, thrown.parent, thrown.leg, thrown.status) == ("leg-0", "id-0", "discarded", 503)
    settlement = case.settlement
    assert not settlement.settled
    assert (settlement.sent_model, settlement.status, settlement.transcript) == ("", None, None)
    assert (settlement.reason, settlement.signals) == ("candidate_failed", ("fallback",))


def test_an_open_breaker_calls_nobody(upstream: ReplayUpstream) -> None:
    case = Case(upstream.url)
    name = f"openai/{routed.CHEAPER}"
    for _ in range(case.settings.limits.breaker_calls):
        case.parts.breakers.failed(name, 0.0, case.parts.breakers.allows(name, 0.0))
    before = len(upstream.served)
    assert not case.cheaper()
    assert (len(upstream.served), case.outcomes, case.settlement.reason) == (before, [], "candidate_paused")


@pytest.mark.parametrize("provider", ["elsewhere", "unknown"])
def test_another_provider_is_never_sent_the_clients_key(upstream: ReplayUpstream, provider: str) -> None:
    other = settings_at(upstream.url).providers["openai"]
    before = len(upstream.served)
    case = Case(upstream.url, elsewhere=other)
    assert not case.cheaper(Patch(model=routed.CHEAPER, provider=provider, path="chat/completions"))
    assert (len(upstream.served), case.settlement.reason, dict(case.guard.faults)) == (
        before,
        "route_failed",
        {"route": 1},
    )


def test_another_provider_is_asked_with_the_operators_key(upstream: ReplayUpstream) -> None:
    other = msgspec.structs.replace(
        settings_at(upstream.url).providers["openai"], name="elsewhere", secret=Secret("operator")
    )
    case = Case(upstream.url, elsewhere=other)
    assert case.cheaper(
        Patch(model=routed.CHEAPER, provider="elsewhere", path="chat/completions", bearer=True)
    )
    assert dict(upstream.served[-1].headers)["authorization"] == "Bearer operator"
    assert case.outcomes[0].provider == "elsewhere"


def test_a_provider_that_is_not_there_is_thrown_away_unbilled() -> None:
    case = Case("http://127.0.0.1:9")
    assert not case.cheaper()
    assert [one.ending for one in case.outcomes] == ["upstream_unreachable"]
    with pytest.raises(UpstreamError):
        asyncio.run(Attempts(case.parts, case.inbound, case.sink, case.settlement).baseline())  # type: ignore[arg-type] -- a sink

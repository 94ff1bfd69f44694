"""Shadow pairs: a random share of routed requests is answered by the other model too, after the client has its answer.

Where the cheaper model served, the baseline is asked; in the holdout, the cheaper one. Both answers are graded, and the
pair is written down. Drawn by a hash of the decision's id, with a probability that is on record; bounded in number,
bytes and dollars; asked once, with the client's own headers, on connections of its own. Whatever fails of it is counted
and reaches no request.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter_ns
from typing import Any, Literal

import msgspec

from suffice.config import GuardSettings, Provider
from suffice.engine import Engine
from suffice.errors import StoreError, UpstreamError
from suffice.ledger.pricing import PriceOf
from suffice.ledger.usage import read_usage
from suffice.policy.adapt import adapt
from suffice.policy.assignment import draw
from suffice.policy.patch import Patch, revised
from suffice.proxy.calling import another
from suffice.proxy.captures.assembly import whole
from suffice.proxy.captures.capture import GRANT_BYTES, Budget, Capture
from suffice.proxy.guard import Guard
from suffice.proxy.headers import to_upstream
from suffice.proxy.routes import Route
from suffice.proxy.settlement import Record, Settlement
from suffice.store.allowance import Allowance, day_of
from suffice.store.guard import Pair
from suffice.types import ClientApi, Outcome, Request
from suffice.upstream.client import UpstreamPool
from suffice.upstream.connection import Headers

MAX_UNDER_WAY = 64
"""Pairs of a worker that are collected, wait or are asked; beyond them none is drawn."""
MAX_UNDER_WAY_BYTES = 32 * 1024 * 1024
MAX_BODY_BYTES = 1024 * 1024
"""A request or an answer above this is not compared."""
_EVENTS_TO_BODY = 16
_SALT = "shadow"
_APIS: frozenset[ClientApi] = frozenset({"chat_completions", "responses", "messages"})
_NOT_SENT = ("stream", "stream_options")
_STOP_S = 2.0

Dropped = Literal[
    "no_room",
    "too_large",
    "no_answer",
    "broke_off",
    "not_the_choice",
    "no_grader",
    "no_price",
    "allowance",
    "not_asked",
]
"""Why a request that was drawn came to no pair: too many at a time; larger than the bound; no whole answer in the API's
shape; the exchange did not end well; another model than the choice served; nothing can grade it; its price is not
known; the day's allowance is spent; the other model cannot be asked."""


class Both(msgspec.Struct, frozen=True, kw_only=True):
    """Two answers to one request, to be graded."""

    id: str
    bucket: str
    api: ClientApi
    request: Mapping[str, Any]
    baseline: Mapping[str, Any]
    """Body of the baseline's answer."""
    candidate: Mapping[str, Any]


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """What a grader says of both."""

    d: float | None
    reason: str
    grader: str
    version: str
    cost_nanos: int | None = 0


class Grading(msgspec.Struct, frozen=True, kw_only=True):
    """Who grades live."""

    can: Callable[[str], bool]
    """Tells whether a use case has a grader that needs no right answer from a log."""
    grade: Callable[[Both], Awaitable[Graded]]


class Drawn(msgspec.Struct, kw_only=True):
    """One request that was drawn."""

    capture: Capture
    candidate: str
    """As its provider knows it."""
    other: str
    """The model to ask."""
    url: str
    headers: Headers
    body: bytes
    provider: str
    expected_nanos: int
    share: float


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pair is written down, and what it may cost."""

    record: Record
    """Of ledger legs."""
    note: Callable[[Pair], None]
    """Of graded pairs."""
    allowance: Allowance
    price_of: PriceOf
    now_ns: Callable[[], int]
    new_id: Callable[[], str]


class Shadows:
    """Everything of a worker that asks in the shadow.

    Args:
        settings: Share, concurrency, allowance.
        providers: By name.
        grading: Who grades.
        books: Where it is written down.
        pool: Of connections, of its own.
        guard: Counts faults, as `shadow`.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- what the composition root puts together
        self,
        settings: GuardSettings,
        providers: Mapping[str, Provider],
        grading: Grading,
        books: Books,
        pool: UpstreamPool,
        guard: Guard,
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._grading = grading
        self._books = books
        self._pool = pool
        self._guard = guard
        self._budget = Budget(captures=MAX_UNDER_WAY, size_bytes=MAX_UNDER_WAY_BYTES)
        self._turn = asyncio.Semaphore(settings.shadow_concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self.pairs = 0
        self.dropped: Counter[Dropped] = Counter()

    def offer(
        self, engine: Engine, request: Request, route: Route, raw: Headers, settlement: Settlement
    ) -> None:
        """Has the answer of a request kept, if it is drawn. Costs about a microsecond if it is not.

        Args:
            engine: That decided.
            request: As it was read.
            route: Where the baseline is asked.
            raw: The client's headers, without what is for suffice alone.
            settlement: Of its exchange, with the arm.
        """
        decision, share = settlement.decision, self._settings.shadow_share
        if not settlement.arm or decision is None or request.api not in _APIS:
            return
        if draw(settlement.id, decision.bucket, _SALT) >= share:
            return
        if not self._grading.can(decision.bucket):
            self.dropped["no_grader"] += 1
            return
        routed = settlement.arm == "routed"
        chosen = next((one for one in decision.estimates if one.model == decision.model), None)
        cost = decision.baseline_cost_nanos if routed else (None if chosen is None else chosen.cost_nanos)
        if cost is None:
            self.dropped["no_price"] += 1
            return
        asking = _asking(engine, request, decision.model, routed=routed)
        if asking is None:
            self.dropped["not_asked"] += 1
            return
        provider, url = route.provider.name, route.url
        if asking.patch is not None and asking.patch.provider != provider:
            provider = asking.patch.provider
            url, headers = another(raw, self._providers[provider], asking.patch)
        else:
            headers = to_upstream(raw, route.provider, readable=True)
        capture = self._room(request, len(asking.body), decision.bucket)
        if capture is not None:
            settlement.shadow = Drawn(
                capture=capture,
                candidate=decision.model,
                other=request.model if routed else decision.model,
                url=url,
                headers=headers,
                body=asking.body,
                provider=provider,
                expected_nanos=cost,
                share=share,
            )

    def keep(self, drawn: Drawn, settlement: Settlement) -> None:
        """Takes a request over when its exchange is over, and asks the other model. Returns at once.

        Args:
            drawn: From `offer`; each comes back once.
            settlement: Settled.
        """
        outcome, lost = settlement.outcome, drawn.capture.lost
        if lost is None and (outcome is None or outcome.ending != "complete" or outcome.status != 200):
            lost = "broke_off"
        if lost is not None or outcome is None:
            self._drop(drawn, lost or "broke_off")
            return
        if outcome.sent_model != (drawn.candidate if outcome.arm == "routed" else ""):
            self._drop(drawn, "not_the_choice")
            return
        task = asyncio.get_running_loop().create_task(self._run(drawn, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Waits a little for what is under way, and gives up the rest."""
        if self._tasks:
            _, waiting = await asyncio.wait(self._tasks, timeout=_STOP_S)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        await self._pool.close()

    def state(self) -> dict[str, object]:
        """Returns how many pairs were graded and why others were not, for `/healthz`."""
        return {"pairs": self.pairs, "under_way": len(self._tasks), "dropped": dict(self.dropped)}

    def _room(self, request: Request, sent_bytes: int, bucket: str) -> Capture | None:
        if sent_bytes > MAX_BODY_BYTES:
            self.dropped["too_large"] += 1
            return None
        # As sent, decoded, and what comes.
        held_bytes = 3 * sent_bytes + GRANT_BYTES
        if not self._budget.take(held_bytes, captures=1):
            self.dropped["no_room"] += 1
            return None
        limit_bytes = MAX_BODY_BYTES * _EVENTS_TO_BODY
        return Capture(request, bucket, ("", 0), limit_bytes, self._budget, held_bytes)

    def _drop(self, drawn: Drawn, why: Dropped) -> None:
        self.dropped[why] += 1
        self._budget.give(drawn.capture.held_bytes, captures=1)

    async def _run(self, drawn: Drawn, outcome: Outcome) -> None:
        try:
            async with self._turn:
                await self._guard.run_async("shadow", self._pair(drawn, outcome))
        finally:
            self._budget.give(drawn.capture.held_bytes, captures=1)

    async def _pair(self, drawn: Drawn, outcome: Outcome) -> None:
        capture, api = drawn.capture, outcome.api
        served = await asyncio.to_thread(whole, api, b"".join(capture.chunks), events=capture.events)
        capture.chunks.clear()
        if served is None:
            self.dropped["no_answer"] += 1
            return
        day = day_of(self._books.now_ns())
        most_nanos = round(self._settings.shadow_usd_per_day * 1_000_000_000)
        if not self._allowed(day, drawn.expected_nanos, most_nanos):
            self.dropped["allowance"] += 1
            return
        answer, leg, reason = await self._ask(drawn, outcome)
        self._settle_cost(day, drawn, leg)
        graded = Graded(d=None, reason=reason, grader="", version="")
        if answer is not None:
            baseline, candidate = (answer, served) if outcome.arm == "routed" else (served, answer)
            graded = await self._grading.grade(
                Both(
                    id=outcome.id,
                    bucket=outcome.bucket,
                    api=api,
                    request=capture.request.body,
                    baseline=baseline,
                    candidate=candidate,
                )
            )
        if graded.cost_nanos:
            self._books.allowance.correct(day, graded.cost_nanos)
        self._books.note(_pair_of(drawn, outcome, leg, graded))
        self.pairs += 1

    def _allowed(self, day: str, nanos: int, most_nanos: int) -> bool:
        try:
            return self._books.allowance.take(day, nanos, most_nanos=most_nanos)
        except StoreError:
            # What cannot be counted is not spent.
            return False

    def _settle_cost(self, day: str, drawn: Drawn, leg: Outcome) -> None:
        """Puts what the call cost in the place of what it was expected to."""
        if leg.ending != "complete" or (leg.status or 0) >= 400:
            cost: int | None = 0 if leg.ending != "upstream_broke" else None
        elif leg.usage is None:
            cost = None
        else:
            model = leg.served_model or drawn.other
            cost = self._books.price_of(
                leg.usage, provider=drawn.provider, model=model, at_ns=leg.received_ns
            ).nanos
        if cost is not None:
            self._books.allowance.correct(day, cost - drawn.expected_nanos)

    async def _ask(self, drawn: Drawn, outcome: Outcome) -> tuple[dict[str, Any] | None, Outcome, str]:
        """Asks the other model, once; returns its answer, the call as the ledger has it, and why there is no answer."""
        started, at_ns = perf_counter_ns(), self._books.now_ns()
        status, raw, ending, fault = None, b"", "complete", None
        try:
            with await self._pool.open("POST", drawn.url, drawn.headers, drawn.body) as call:
                status = call.status
                raw = await call.whole()
        except UpstreamError as error:
            ending, fault = ("upstream_broke" if error.billed else "upstream_unreachable"), error.code
        answer = whole(outcome.api, raw, events=False) if status is not None and status < 300 else None
        served = answer.get("model") if answer is not None else None
        tier = answer.get("service_tier") if answer is not None else None
        usage = None
        if answer is not None:
            usage = read_usage(
                outcome.api, answer.get("usage"), service_tier=tier if isinstance(tier, str) else None
            )
        home = outcome.requested_provider or outcome.provider
        leg = msgspec.structs.replace(
            outcome,
            id=self._books.new_id(),
            received_ns=at_ns,
            provider=drawn.provider,
            requested_provider="" if drawn.provider == home else home,
            stream=False,
            served_model=served if isinstance(served, str) else None,
            status=status,
            ending=ending,
            fault=fault,
            usage=usage,
            duration_us=(perf_counter_ns() - started) // 1000,
            first_byte_us=None,
            decide_us=0,
            reason="shadow",
            leg="shadow",
            parent=outcome.id,
            sent_model="" if drawn.other == outcome.requested_model else drawn.other,
            signals=(),
        )
        self._books.record(leg, None)
        why = f"provider_error: {fault or status}" if answer is None else ""
        return answer, leg, why


class _Asking(msgspec.Struct, frozen=True):
    body: bytes
    patch: Patch | None


def _asking(engine: Engine, request: Request, candidate: str, *, routed: bool) -> _Asking | None:
    """What the other model is asked: the client's own request, in one piece; `None` if it cannot be."""
    body, patch = request.body, None
    if not routed:
        here = engine.resolve(request.provider, request.model)
        there = engine.candidate(request.provider, candidate)
        if here is None or there is None:
            return None
        patch = adapt(request.api, request.body, here, there).patch
        if patch is None:
            return None
        body = revised(request.body, patch)
    sent = {name: value for name, value in body.items() if name not in _NOT_SENT}
    return _Asking(msgspec.json.encode(sent), patch)


def _pair_of(drawn: Drawn, outcome: Outcome, leg: Outcome, graded: Graded) -> Pair:
    return Pair(
        id=outcome.id,
        at_ns=outcome.received_ns,
        bucket=outcome.bucket,
        baseline=outcome.requested_model,
        candidate=drawn.candidate,
        arm=outcome.arm,
        share=drawn.share,
        d=graded.d,
        reason=graded.reason if graded.d is None else "",
        grader=graded.grader,
        grader_version=graded.version,
        shadow=leg.id,
        grading_nanos=graded.cost_nanos,
    )

"""A worker's shadow pairs without a server: what is drawn, what is asked, what is written down, what is counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asks import chat

from recorded import HELLO, TEXTS, write_answers
from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.config import GuardSettings, Provider
from suffice.engine import Engine
from suffice.layers import LAYERS
from suffice.policy.policy import Policy
from suffice.proxy import shadowing
from suffice.proxy.guard import Guard
from suffice.proxy.routes import Route
from suffice.proxy.settlement import Settlement
from suffice.proxy.shadowing import Books, Both, Graded, Grading, Shadows
from suffice.quality.predictor import PriorPredictor
from suffice.store.allowance import Allowance, day_of
from suffice.store.guard import Pair
from suffice.testing import ReplayUpstream
from suffice.types import Arm, Decision, Estimate, Outcome
from suffice.upstream.client import UpstreamPool

NOW = 1_795_000_000_000_000_000
BASELINE, CHEAPER = "gpt-5.4", "gpt-5.4-mini"
ENGINE = Engine(
    layers=LAYERS, predictor=PriorPredictor(), policy=Policy(), resolve=Catalog.load(at_ns=NOW).resolve
)
RAW = [
    (b"authorization", b"Bearer sk-client"),
    (b"x-suffice-feature", b"faq"),
    (b"content-type", b"application/json"),
]


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


class Worker:
    """Shadows, and what an exchange does with them."""

    def __init__(self, folder: Path, url: str, **settings: Any) -> None:
        self.legs: list[Outcome] = []
        self.pairs: list[Pair] = []
        self.both: list[Both] = []
        self.guard = Guard()
        self.allowance = Allowance(folder)
        self.graders = {"faq"}
        self.provider = Provider(name="openai", base_url=f"{url}/v1", prices="openai")
        self.settings = GuardSettings(**{"shadow_share": 1.0, **settings})
        self.numbers = 0

    async def grade(self, both: Both) -> Graded:
        self.both.append(both)
        texts = [one["choices"][0]["message"]["content"] for one in (both.baseline, both.candidate)]
        return Graded(d=0.0 if texts[0] == texts[1] else -1.0, reason="", grader="exact", version="1")

    def begin(self) -> Shadows:
        def record(leg: Outcome, _: object) -> None:
            self.legs.append(leg)

        books = Books(
            record=record,
            note=self.pairs.append,
            allowance=self.allowance,
            price_of=PriceBook({"openai": "openai"}).cost,
            now_ns=lambda: NOW,
            new_id=lambda: f"shadow-{len(self.legs)}",
        )
        grading = Grading(can=self.graders.__contains__, grade=self.grade)
        pool = UpstreamPool(connect_timeout_s=5, read_timeout_s=5)
        return Shadows(self.settings, {"openai": self.provider}, grading, books, pool, self.guard)

    def exchange(
        self,
        shadows: Shadows,
        arm: Arm = "routed",
        *,
        prompt: str = HELLO,
        status: int = 200,
        sent: str | None = None,
        body: bytes | None = None,
        decided: Decision | None = None,
    ) -> bool:
        """Serves one request, of which the answer came as it was recorded; tells whether it was drawn."""
        self.numbers += 1
        request = msgspec.structs.replace(chat(prompt, model=BASELINE), received_ns=NOW)
        settlement = Settlement(
            decision_id=f"{self.numbers:030x}",
            received_ns=NOW,
            elapsed_us=lambda: 1,
            record=lambda *_: None,
            guard=self.guard,
        )
        settlement.api, settlement.provider, settlement.requested_model = (
            "chat_completions",
            "openai",
            BASELINE,
        )
        settlement.arm, settlement.propensity, settlement.mode = arm, 0.5, "route"
        settlement.decision = decided or decision()
        route = Route(self.provider, "chat_completions", f"{self.provider.base_url}/chat/completions")
        shadows.offer(ENGINE, request, route, RAW, settlement)
        drawn = settlement.shadow
        if drawn is None:
            return False
        settlement.sent_model = (CHEAPER if arm == "routed" else "") if sent is None else sent
        settlement.status = status
        drawn.capture.take(answer(TEXTS[prompt]) if body is None else body)
        settlement.settle("complete")
        shadows.keep(drawn, settlement)
        return True


def answer(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    return json.dumps({"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}).encode()


def decision(**fields: Any) -> Decision:
    given: dict[str, Any] = {
        "baseline": BASELINE,
        "model": CHEAPER,
        "reason": "certified",
        "bucket": "faq",
        "baseline_cost_nanos": 9_000_000,
        "estimates": (Estimate(model=CHEAPER, p_good=0.9, cost_nanos=3_000_000),),
        **fields,
    }
    return Decision(**given)


def run(worker: Worker, *exchanges: dict[str, Any]) -> Shadows:
    """Serves these, and waits for what follows."""

    async def doing() -> Shadows:
        shadows = worker.begin()
        for one in exchanges:
            worker.exchange(shadows, **one)
        await shadows.close()
        return shadows

    return asyncio.run(doing())


def test_the_other_model_is_asked_in_either_arm(tmp_path: Path, upstream: ReplayUpstream) -> None:
    worker = Worker(tmp_path, upstream.url)
    shadows = run(worker, {"arm": "routed"}, {"arm": "holdout", "body": answer("Something else.")})
    assert shadows.state() == {"pairs": 2, "under_way": 0, "dropped": {}}
    by_arm = {pair.arm: pair for pair in worker.pairs}
    assert (by_arm["routed"].d, by_arm["holdout"].d) == (0.0, -1.0)
    assert {(pair.baseline, pair.candidate, pair.share) for pair in worker.pairs} == {
        (BASELINE, CHEAPER, 1.0)
    }
    legs = {leg.arm: leg for leg in worker.legs}
    assert (legs["routed"].sent_model, legs["holdout"].sent_model) == ("", CHEAPER)
    for leg in worker.legs:
        assert (leg.leg, leg.reason, leg.status, leg.mode, leg.bucket) == (
            "shadow",
            "shadow",
            200,
            "route",
            "faq",
        )
        assert leg.parent == by_arm[leg.arm].id
        assert by_arm[leg.arm].shadow == leg.id
        assert leg.usage is not None
    assert not worker.guard.faults


def test_what_it_cost_takes_the_place_of_what_it_was_expected_to(
    tmp_path: Path, upstream: ReplayUpstream
) -> None:
    worker = Worker(tmp_path, upstream.url)
    run(worker, {})
    (leg,) = worker.legs
    assert leg.usage is not None
    paid = PriceBook({"openai": "openai"}).cost(leg.usage, provider="openai", model=BASELINE, at_ns=NOW).nanos
    assert worker.allowance.spent_nanos(day_of(NOW)) == paid


def test_without_an_arm_nothing_is_drawn_and_a_share_is_a_share(
    tmp_path: Path, upstream: ReplayUpstream
) -> None:
    worker = Worker(tmp_path, upstream.url, shadow_share=0.25)

    async def drawn() -> list[bool]:
        shadows = worker.begin()
        assert not worker.exchange(shadows, "")
        found = [worker.exchange(shadows, prompt=HELLO, status=500) for _ in range(400)]
        await shadows.close()
        return found

    assert 60 < sum(asyncio.run(drawn())) < 140


@pytest.mark.parametrize(
    ("exchange", "why"),
    [
        ({"status": 500}, "broke_off"),
        ({"sent": ""}, "not_the_choice"),
        ({"body": b"no json"}, "no_answer"),
        ({"body": b"x" * (17 * 1024 * 1024)}, "too_large"),
        ({"decided": decision(bucket="other")}, "no_grader"),
        ({"decided": decision(baseline_cost_nanos=None)}, "no_price"),
        ({"arm": "holdout", "decided": decision(model="no-such-model")}, "no_price"),
        ({"prompt": HELLO, "decided": decision(baseline_cost_nanos=9_000_000_000_000)}, "allowance"),
    ],
)
def test_what_comes_to_no_pair_is_counted(
    exchange: dict[str, Any], why: str, tmp_path: Path, upstream: ReplayUpstream
) -> None:
    worker = Worker(tmp_path, upstream.url)
    shadows = run(worker, exchange)
    assert dict(shadows.dropped) == {why: 1}
    assert not worker.pairs
    assert not worker.legs


def test_a_provider_that_fails_is_a_leg_and_no_verdict(tmp_path: Path) -> None:
    worker = Worker(tmp_path, "http://127.0.0.1:9")
    run(worker, {})
    (pair,), (leg,) = worker.pairs, worker.legs
    assert (pair.d, pair.reason.partition(":")[0]) == (None, "provider_error")
    assert (leg.ending, leg.status) == ("upstream_unreachable", None)
    assert worker.allowance.spent_nanos(day_of(NOW)) == 0


def test_memory_is_bounded_and_given_back(
    tmp_path: Path, upstream: ReplayUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadowing, "MAX_UNDER_WAY", 2)
    worker = Worker(tmp_path, upstream.url)
    shadows = run(worker, *[{}] * 5)
    assert (shadows.pairs, dict(shadows.dropped)) == (2, {"no_room": 3})

    async def later() -> Shadows:
        again = worker.begin()
        for _ in range(3):
            worker.exchange(again, status=500)
        await again.close()
        return again

    assert dict(asyncio.run(later()).dropped) == {"broke_off": 3}


def test_a_grader_that_raises_ends_nothing(tmp_path: Path, upstream: ReplayUpstream) -> None:
    worker = Worker(tmp_path, upstream.url)

    async def broken(_: Both) -> Graded:
        raise RuntimeError("a secret of the prompt")

    worker.grade = broken  # type: ignore[method-assign] -- a grader that fails
    run(worker, {})
    assert worker.guard.faults == {"shadow": 1}
    assert len(worker.legs) == 1

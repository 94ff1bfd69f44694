from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from raw import raw_provider
from sums import BIG, GOOD, NOW_NS, caller_at, market_at, most

from suffice.errors import UpstreamError
from suffice.evidence.asking import Desk, NotAskedError, Unit, as_logged, at_work
from suffice.evidence.caller import Target, prepared
from suffice.evidence.graders.judge import Judge
from suffice.evidence.grading import Answered, Sample
from suffice.evidence.spending import Budget
from suffice.store.trials import TRIALS, TrialStore
from suffice.types import LoggedCall, Usage
from suffice.upstream.client import UpstreamPool

BASELINE, CANDIDATE = Target(provider="openai", model=BIG), Target(provider="openai", model=GOOD)
CALL = LoggedCall(
    id="u1",
    source="test",
    model=BIG,
    request={"model": BIG, "messages": [{"role": "user", "content": "hi"}], "max_tokens": 10, "stream": True},
    response={"model": BIG, "choices": [{"index": 0, "message": {"role": "assistant", "content": "logged"}}]},
    usage=Usage(input_tokens=8, output_tokens=2),
    cost_nanos=777,
)


def answer(model: str = GOOD, text: str = "hello", *, usage: bool = True) -> bytes:
    document: dict[str, Any] = {
        "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
    }
    if usage:
        document["usage"] = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
    return framed(200, document)


def framed(status: int, document: object) -> bytes:
    body = json.dumps(document).encode()
    return f"HTTP/1.1 {status} X\r\nretry-after-ms: 1\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def at_desk(
    folder: Path,
    url: str,
    what: Callable[[Desk, TrialStore], Awaitable[None]],
    *,
    cap_nanos: int = 10**9,
    attempts: int = 1,
    silence_s: float = 60,
) -> None:
    async def main() -> None:
        pool = UpstreamPool(connect_timeout_s=20, read_timeout_s=silence_s)
        market = market_at(url)
        with closing(TrialStore(folder / TRIALS)) as store, store.running("t1"):
            desk = Desk(
                "t1",
                store,
                caller_at(pool, market, attempts=attempts),
                Budget(cap_nanos=cap_nanos, spent_nanos=store.spent_nanos("t1")),
                most_nanos=lambda target, body: most(market, target, body),
                name_of=market.catalog.name_of,
                now_ns=lambda: NOW_NS,
            )
            try:
                await what(desk, store)
            finally:
                await pool.close()

    asyncio.run(main())


def test_an_answer_is_paid_for_once_also_by_the_next_process(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        said = await desk.ask(CALL, CANDIDATE, "0")
        assert said.answered is not None
        assert (said.answered.text, said.output_tokens) == ("hello", 2)
        assert said.cost_nanos == 10 * 150 + 2 * 600
        assert store.spent_nanos("t1") == desk.budget.spent_nanos == said.cost_nanos
        assert desk.budget.held_nanos == 0

    with raw_provider(answer()) as provider:
        at_desk(tmp_path, provider.url, what)
        at_desk(tmp_path, provider.url, what)
        assert len(provider.got) == 1
        sent = json.loads(provider.got[0][1])
    assert sent == {**{k: v for k, v in CALL.request.items() if k != "stream"}, "model": GOOD}


def test_the_intent_is_written_before_the_call_is_sent(tmp_path: Path) -> None:
    states = []

    def look(_: bytes) -> bytes:
        with closing(TrialStore(tmp_path / TRIALS, read_only=True)) as store:
            states.extend(call.state for call in store.calls("t1"))
        return answer()

    async def what(desk: Desk, _: TrialStore) -> None:
        await desk.ask(CALL, CANDIDATE, "0")

    with raw_provider(look) as provider:
        at_desk(tmp_path, provider.url, what)
    assert states == ["intent"]


def test_what_was_interrupted_is_not_asked_again_and_has_no_answer(tmp_path: Path) -> None:
    with closing(TrialStore(tmp_path / TRIALS)) as store:
        store.intend("t1", ("u1", str(CANDIDATE), "0"), forecast_nanos=5_000, now_ns=1)

    async def what(desk: Desk, store: TrialStore) -> None:
        said = await desk.ask(CALL, CANDIDATE, "0")
        assert said.answered is None
        assert said.reason.startswith("interrupted:")
        assert store.spent_nanos("t1") == desk.budget.spent_nanos == 5_000

    with raw_provider(answer()) as provider:
        at_desk(tmp_path, provider.url, what)
        assert provider.got == []


def test_a_call_that_does_not_fit_below_the_cap_is_not_sent(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        with pytest.raises(NotAskedError):
            await desk.ask(CALL, CANDIDATE, "0")
        assert desk.halt is not None
        assert desk.halt.state == "capped"
        assert "--max-usd" in desk.halt.said
        assert list(store.calls("t1")) == []

    with raw_provider(answer()) as provider:
        at_desk(tmp_path, provider.url, what, cap_nanos=1000)
        assert provider.got == []


def test_out_of_quota_pauses_and_the_call_is_sent_when_the_trial_goes_on(tmp_path: Path) -> None:
    async def refused(desk: Desk, store: TrialStore) -> None:
        with pytest.raises(NotAskedError):
            await desk.ask(CALL, CANDIDATE, "0")
        assert desk.halt is not None
        assert desk.halt.state == "paused"
        assert "quota" in desk.halt.said
        with pytest.raises(NotAskedError):
            await desk.ask(CALL, BASELINE, "0")
        assert store.spent_nanos("t1") == desk.budget.held_nanos == desk.budget.spent_nanos == 0

    async def served(desk: Desk, _: TrialStore) -> None:
        assert (await desk.ask(CALL, CANDIDATE, "0")).answered is not None

    with raw_provider(framed(429, {"error": {"code": "insufficient_quota", "message": "no"}})) as provider:
        at_desk(tmp_path, provider.url, refused, attempts=3)
        assert len(provider.got) == 1, "asking again cannot help"
        provider.answer = answer()
        at_desk(tmp_path, provider.url, served)


@pytest.mark.parametrize(("status", "code"), [(500, "provider_error"), (400, "rejected")])
def test_errors_and_refusals_leave_no_answer_and_cost_nothing(tmp_path: Path, status: int, code: str) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        said = await desk.ask(CALL, CANDIDATE, "0")
        assert said.answered is None
        assert said.reason.split(":")[0] == code
        assert store.spent_nanos("t1") == 0
        assert desk.halt is None

    with raw_provider(framed(status, {"error": {"message": "no"}})) as provider:
        at_desk(tmp_path, provider.url, what, attempts=2)


def test_attempts_that_fall_silent_each_count_with_the_most_they_can_cost(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        said = await desk.ask(CALL, CANDIDATE, "0")
        (call,) = store.calls("t1")
        assert said.reason.startswith("broken_off:")
        assert store.spent_nanos("t1") == 2 * call.forecast_nanos == desk.budget.spent_nanos
        assert desk.budget.held_nanos == 0

    with raw_provider(lambda _: None) as provider:
        at_desk(tmp_path, provider.url, what, attempts=2, silence_s=0.2)
        assert len(provider.got) == 2


def test_no_attempt_is_made_that_the_cap_has_no_room_for(tmp_path: Path) -> None:
    forecasts = []

    async def what(desk: Desk, store: TrialStore) -> None:
        await desk.ask(CALL, CANDIDATE, "0")
        forecasts.extend(call.forecast_nanos for call in store.calls("t1"))

    with raw_provider(lambda _: None) as provider:
        at_desk(tmp_path / "first", provider.url, what, silence_s=0.2)
        cap = forecasts[0] * 5 // 2
        at_desk(tmp_path / "second", provider.url, what, attempts=5, cap_nanos=cap, silence_s=0.2)
        assert len(provider.got) == 1 + 2


def test_another_model_than_asked_is_paid_for_and_has_no_verdict(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        said = await desk.ask(CALL, CANDIDATE, "0")
        assert said.answered is None
        assert said.reason == f"other_model: {GOOD} was asked, gpt-4o-2024-08-06 answered"
        assert store.spent_nanos("t1") == 10 * 2_500 + 2 * 10_000

    with raw_provider(answer(BIG)) as provider:
        at_desk(tmp_path, provider.url, what)


def test_an_answer_without_usage_counts_with_the_most_it_can_cost(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        said = await desk.ask(CALL, CANDIDATE, "0")
        (call,) = store.calls("t1")
        assert said.answered is not None
        assert (said.cost_nanos, said.output_tokens) == (None, None)
        assert desk.budget.spent_nanos == call.forecast_nanos == store.spent_nanos("t1")

    with raw_provider(answer(usage=False)) as provider:
        at_desk(tmp_path, provider.url, what)


def test_an_answer_that_is_no_answer_has_no_verdict(tmp_path: Path) -> None:
    async def what(desk: Desk, _: TrialStore) -> None:
        assert (await desk.ask(CALL, CANDIDATE, "0")).reason.startswith("unreadable_answer:")

    with raw_provider(framed(200, {"model": GOOD, "hello": "world"})) as provider:
        at_desk(tmp_path, provider.url, what)


def test_a_logged_answer_costs_the_trial_nothing_and_is_kept(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        said = desk.logged(CALL, BASELINE)
        assert said is not None
        assert said.answered is not None
        assert (said.answered.text, said.cost_nanos, said.output_tokens) == ("logged", 777, 2)
        assert store.spent_nanos("t1") == 0
        assert desk.logged(CALL, BASELINE) == said
        (call,) = store.calls("t1", bodies=True)
        assert call.body is not None

    at_desk(tmp_path, "http://127.0.0.1:1", what)


def test_a_judges_question_is_paid_for_once_and_a_repeat_of_it_is_another_call(tmp_path: Path) -> None:
    body = {"model": str(CANDIDATE), "messages": [{"role": "user", "content": "which?"}], "max_tokens": 5}

    async def what(desk: Desk, store: TrialStore) -> None:
        at_work.set(Unit(id="u1"))
        first, cost = await desk.judge(body)
        second, _ = await desk.judge(body)
        assert first["model"] == second["model"] == GOOD
        assert cost == 10 * 150 + 2 * 600
        assert {call.model for call in store.calls("t1")} == {f"judge:{CANDIDATE}"}

    with raw_provider(answer()) as provider:
        at_desk(tmp_path, provider.url, what)
        at_desk(tmp_path, provider.url, what)
        assert len(provider.got) == 2


def test_a_judge_that_fails_says_so_and_one_that_was_not_asked_is_marked(tmp_path: Path) -> None:
    body = {"model": str(CANDIDATE), "messages": [], "max_tokens": 5}

    async def failing(desk: Desk, _: TrialStore) -> None:
        unit = Unit(id="u1")
        at_work.set(unit)
        with pytest.raises(UpstreamError):
            await desk.judge(body)
        assert not unit.refused
        desk.stop("paused", "enough")
        with pytest.raises(UpstreamError):
            await desk.judge(body)
        assert unit.refused

    with raw_provider(framed(500, {})) as provider:
        at_desk(tmp_path, provider.url, failing)


def test_a_question_that_is_given_up_in_the_middle_counts_as_paid(tmp_path: Path) -> None:
    async def what(desk: Desk, store: TrialStore) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await desk.ask(CALL, CANDIDATE, "0")
        (call,) = store.calls("t1")
        assert call.state == "interrupted"
        assert desk.budget.spent_nanos == store.spent_nanos("t1") == call.forecast_nanos
        assert desk.budget.held_nanos == 0

    with raw_provider(lambda _: None) as provider:
        at_desk(tmp_path, provider.url, what)


def test_whoever_waits_for_room_hears_of_a_question_that_is_given_up(tmp_path: Path) -> None:
    async def what(desk: Desk, _: TrialStore) -> None:
        async def given_up() -> None:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await desk.ask(CALL, CANDIDATE, "0")

        async def waits() -> None:
            with pytest.raises(NotAskedError):
                async with asyncio.timeout(5):
                    await desk.ask(CALL, CANDIDATE, "1")

        async with asyncio.TaskGroup() as group:
            group.create_task(given_up())
            group.create_task(waits())
        assert desk.halt is not None
        assert desk.halt.state == "capped"

    with raw_provider(lambda _: None) as provider:
        forecast = most(market_at(provider.url), CANDIDATE, as_logged(CALL, CANDIDATE)) or 0
        at_desk(tmp_path, provider.url, what, cap_nanos=forecast * 3 // 2)


def test_a_judges_time_begins_when_its_question_is_sent(tmp_path: Path) -> None:
    """Room below the cap, a turn, the agreed rate: what it waits for here is not the judge's to answer for."""

    waits_s = iter((0.6,))

    def slow(_: bytes) -> bytes:
        time.sleep(next(waits_s, 0.0))
        return answer(text="VERDICT: 1")

    async def what(desk: Desk, _: TrialStore) -> None:
        judge = Judge(ask=desk.judge, model=str(CANDIDATE), timeout_s=0.3)
        sample = Sample(id="u2", bucket="b", request={})
        one, other = (Answered(model="m", text=text) for text in ("the one", "another"))
        question = prepared(judge._body(sample, one, other), GOOD)
        # Room for one question alone: neither beside the slow call nor beside the other order.
        desk.budget.cap_nanos = (most(market_at(""), CANDIDATE, question) or 0) + 100_000
        at_work.set(Unit(id="u2"))
        holding = asyncio.ensure_future(desk.ask(CALL, CANDIDATE, "0"))
        await asyncio.sleep(0.05)
        score = await judge.compare(sample, one, other)
        assert (score.value, score.reason.partition(" ")[0]) == (0.0, "tie")
        await holding

    with raw_provider(slow) as provider:
        at_desk(tmp_path, provider.url, what)


def test_a_call_that_costs_more_than_forecast_stops_the_trial(tmp_path: Path) -> None:
    async def what(desk: Desk, _: TrialStore) -> None:
        await desk.ask(CALL, CANDIDATE, "0")
        assert desk.halt is not None
        assert "charged" in desk.halt.said

    huge = {"prompt_tokens": 10, "completion_tokens": 900_000, "total_tokens": 900_010}
    with raw_provider(framed(200, {"model": GOOD, "choices": [], "usage": huge})) as provider:
        at_desk(tmp_path, provider.url, what)

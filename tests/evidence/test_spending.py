from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sums import BIG, NOW_NS, market_at

from suffice.evidence.caller import Target
from suffice.evidence.spending import Budget, most_nanos, output_limit
from suffice.types import Usage

MARKET = market_at("http://127.0.0.1:9")
OPENAI = Target(provider="openai", model=BIG)
HAIKU = Target(provider="other", model="claude-3-haiku-20240307")


def most(body: dict[str, Any], target: Target = OPENAI) -> int | None:
    return most_nanos(
        body,
        price_of=MARKET.price_of,
        provider=target.provider,
        model=target.model,
        most_output_tokens=16_384,
        at_ns=NOW_NS,
    )


def test_a_call_is_held_until_others_leave_room_for_it() -> None:
    async def main() -> list[str]:
        budget, told = Budget(cap_nanos=100, spent_nanos=10), []
        assert await budget.hold(60)

        async def second() -> None:
            assert await budget.hold(60)
            told.append("held")

        async with asyncio.TaskGroup() as group:
            group.create_task(second())
            await asyncio.sleep(0)
            told.append("waits")
            budget.settle(60, 5)
        assert (budget.spent_nanos, budget.held_nanos) == (15, 60)
        return told

    assert asyncio.run(main()) == ["waits", "held"]


def test_what_does_not_fit_with_nothing_under_way_is_refused() -> None:
    budget = Budget(cap_nanos=100, spent_nanos=41)
    assert not asyncio.run(budget.hold(60))
    assert (budget.spent_nanos, budget.held_nanos) == (41, 0)


def test_a_lost_attempt_counts_and_another_needs_room() -> None:
    async def main() -> None:
        budget = Budget(cap_nanos=100, spent_nanos=0)
        assert await budget.hold(40)
        assert budget.lose(40)
        assert not budget.lose(40)
        assert (budget.spent_nanos, budget.held_nanos) == (40, 40)
        budget.settle(40, 40)
        assert (budget.spent_nanos, budget.held_nanos) == (80, 0)

    asyncio.run(main())


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), max_size=30), st.integers(0, 200))
def test_spending_never_exceeds_the_cap_if_no_call_exceeds_its_forecast(
    calls: list[tuple[int, float]], cap: int
) -> None:
    async def main() -> None:
        budget = Budget(cap_nanos=cap, spent_nanos=0)

        async def call(forecast: int, share: float) -> None:
            if await budget.hold(forecast):
                assert budget.spent_nanos + budget.held_nanos <= cap
                await asyncio.sleep(0)
                budget.settle(forecast, int(forecast * share))

        async with asyncio.TaskGroup() as group:
            for forecast, share in calls:
                group.create_task(call(forecast, share))
        assert budget.spent_nanos <= cap
        assert budget.held_nanos == 0

    asyncio.run(main())


def test_the_request_limits_the_answer_else_the_model_does() -> None:
    assert output_limit({"max_tokens": 5}, 100) == 5
    assert output_limit({"max_completion_tokens": 50, "max_tokens": 500}, 100) == 50
    assert output_limit({"max_tokens": 5_000}, 100) == 100
    assert output_limit({"max_tokens": True, "n": 0}, 100) == 100
    assert output_limit({"max_output_tokens": "7", "n": 3}, 100) == 300


@given(st.text(max_size=400), st.integers(1, 16_384))
def test_no_call_of_text_costs_more_than_forecast(text: str, out: int) -> None:
    body = {"model": BIG, "messages": [{"role": "user", "content": text}], "max_tokens": out}
    usage = Usage(input_tokens=len(text.encode("utf-8", "surrogatepass")) + 20, output_tokens=out)
    real = MARKET.price_of(usage, provider="openai", model=BIG, at_ns=NOW_NS).nanos
    forecast = most(body)
    assert real is not None
    assert forecast is not None
    assert real <= forecast


def test_pictures_and_writing_to_a_cache_are_counted() -> None:
    text = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]}
    picture = {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}
    assert (most(picture) or 0) - (most(text) or 0) > 20_000 * 2_500
    cached = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]}
    plain = {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "other_control": {}}]}]}
    assert (most(cached, HAIKU) or 0) > (most(plain, HAIKU) or 0)


def test_without_a_price_there_is_no_forecast() -> None:
    assert most({}, Target(provider="unpriced", model="x")) is None
    assert most({"service_tier": "unheard-of"}) is None

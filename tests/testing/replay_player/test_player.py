from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from recorded import HELLO, MODELS
from suffice.testing import ReplayOptions, ReplayUpstream
from suffice.testing.recorded_week import WeekRequest, read_week
from suffice.testing.replay_player import Pace, Plan, Player, Result
from suffice.testing.replay_upstream.server import bind, url_of


@pytest.fixture
def week(answers: Path) -> list[WeekRequest]:
    return sorted(read_week(answers), key=lambda request: request.timestamp)


def play(
    to: str, week: list[WeekRequest], plan: Plan, pace: Pace, stop_after: int | None = None
) -> list[Result]:
    results: list[Result] = []
    player = Player(to, "a-key", plan, pace)

    def on_result(result: Result) -> None:
        results.append(result)
        if len(results) == stop_after:
            player.stop()

    asyncio.run(player.play(week, on_result))
    return results


@pytest.mark.parametrize("api", ["chat", "responses", "messages", "mixed"])
@pytest.mark.parametrize("stream_share", [0.0, 1.0])
def test_every_recorded_request_gets_a_good_answer(
    upstream: ReplayUpstream, week: list[WeekRequest], api: str, stream_share: float
) -> None:
    results = play(upstream.url, week, Plan(api=api, stream_share=stream_share), Pace(concurrency=4))
    assert Counter(result.failure for result in results) == {None: len(week)}
    assert {result.stream for result in results} == {stream_share == 1.0}


def test_requests_go_out_in_their_order_with_key_and_tags(answers: Path, week: list[WeekRequest]) -> None:
    week = [*week[:2], WeekRequest(**{**_fields(week[2]), "session": "s-1"}), *week[3:]]
    with ReplayUpstream.start(answers) as upstream:
        play(upstream.url, week, Plan(api="chat", stream_share=0), Pace(concurrency=1))
        served = upstream.wait_served(len(week))
    sent = [Plan(api="chat", stream_share=0).prepare(request).body for request in week]
    assert [one.body for one in served] == sent
    headers = [dict(one.headers) for one in served]
    assert {one["x-suffice-feature"] for one in headers} == {"tests"}
    assert {one["authorization"] for one in headers} == {"Bearer a-key"}
    sessions = [one["x-suffice-session"] for one in headers]
    assert sessions == [request.session or request.id for request in week]
    assert "s-1" in sessions


def test_messages_carry_anthropics_headers(answers: Path, week: list[WeekRequest]) -> None:
    with ReplayUpstream.start(answers) as upstream:
        play(upstream.url, week[:1], Plan(api="messages"), Pace())
        headers = dict(upstream.wait_served(1)[0].headers)
    assert headers["x-api-key"] == "a-key"
    assert "anthropic-version" in headers
    assert "authorization" not in headers


def test_failures_are_named_and_quoted(answers: Path, week: list[WeekRequest]) -> None:
    stranger = WeekRequest(
        id="x", timestamp="2026-03-10T00:00:00+00:00", request={"model": "m", "messages": []}
    )
    with ReplayUpstream.start(
        answers, ReplayOptions(fault_rates=("429=0.5", "cut:2=0.5"), seed=2)
    ) as upstream:
        results = play(upstream.url, [*week, *week, stranger], Plan(stream_share=1), Pace(concurrency=1))
    failures = Counter(result.failure for result in results)
    assert failures["status 429"] > 0
    assert failures["answer broke off"] + failures["stream broke off"] > 0
    said = {result.failure: result.said for result in results}
    assert said["status 429"].startswith("Rate limit")


def test_nobody_there_is_a_failure_and_no_crash(week: list[WeekRequest]) -> None:
    with bind(0) as listening:
        nobody = url_of(listening)
    results = play(nobody, week, Plan(), Pace())
    assert {result.failure for result in results} == {"no connection"}


def test_a_slow_answer_times_out(upstream: ReplayUpstream, answers: Path, week: list[WeekRequest]) -> None:
    with ReplayUpstream.start(answers, ReplayOptions(latency_ms=5000)) as slow:
        results = play(slow.url, week[:2], Plan(), Pace(timeout_s=0.2))
    assert {result.failure for result in results} == {"timeout"}


def test_the_speed_is_kept(upstream: ReplayUpstream) -> None:
    week = [_hello(second) for second in range(0, 60, 10)]
    begun = time.monotonic()
    results = play(upstream.url, week, Plan(), Pace(speed=100.0, concurrency=2))
    assert len(results) == 6
    assert 0.45 < time.monotonic() - begun < 3


def test_the_turns_of_a_conversation_wait_for_each_other(answers: Path) -> None:
    week = [msgspec.structs.replace(_hello(second), session="one") for second in range(4)]
    with ReplayUpstream.start(answers, ReplayOptions(latency_ms=60)) as slow:
        begun = time.monotonic()
        results = play(slow.url, week, Plan(), Pace(concurrency=4))
        took = time.monotonic() - begun
    assert [result.id for result in results] == [request.id for request in week]
    assert took > 4 * 0.06


def test_a_stopped_player_finishes_what_is_on_its_way(upstream: ReplayUpstream) -> None:
    week = [_hello(second) for second in range(40)]
    results = play(upstream.url, week, Plan(), Pace(concurrency=2), stop_after=5)
    assert 5 <= len(results) <= 7
    assert all(result.failure is None for result in results)
    waiting = play(upstream.url, [_hello(0), _hello(50)], Plan(), Pace(speed=1.0), stop_after=1)
    assert len(waiting) == 1


def test_an_empty_week_is_over_at_once(upstream: ReplayUpstream) -> None:
    assert play(upstream.url, [], Plan(), Pace()) == []


def _hello(second: int) -> WeekRequest:
    body = {"model": MODELS[0], "messages": [{"role": "user", "content": HELLO}]}
    return WeekRequest(id=f"r{second}", timestamp=f"2026-03-09T00:00:{second:02d}+00:00", request=body)


def _fields(request: WeekRequest) -> dict[str, object]:
    return {name: getattr(request, name) for name in request.__struct_fields__}

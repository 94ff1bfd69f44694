from __future__ import annotations

import json
from collections import Counter

import pytest

from suffice.testing.recorded_week import WeekRequest
from suffice.testing.replay_player.plan import ApiChoice, Plan


def request(number: int, model: str = "gpt-5.4") -> WeekRequest:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    return WeekRequest(id=f"r{number}", timestamp="2026-03-09T00:00:00+00:00", feature="f", request=body)


def test_a_request_is_sent_the_same_way_every_time() -> None:
    assert [Plan().prepare(request(n)) for n in range(50)] == [Plan().prepare(request(n)) for n in range(50)]


def test_mixed_uses_each_models_own_apis() -> None:
    apis = Counter(Plan().prepare(request(n)).api for n in range(600))
    assert apis.keys() == {"chat", "responses"}
    assert 140 < apis["responses"] < 260
    assert {Plan().prepare(request(n, "claude-opus-5")).api for n in range(20)} == {"messages"}


@pytest.mark.parametrize("api", ["chat", "responses", "messages"])
def test_one_api_may_be_forced(api: ApiChoice) -> None:
    assert {Plan(api=api).prepare(request(n, "claude-opus-5")).api for n in range(20)} == {api}


@pytest.mark.parametrize(("share", "least", "most"), [(0.0, 0, 0), (0.25, 90, 210), (1.0, 600, 600)])
def test_streams_have_their_share(share: float, least: int, most: int) -> None:
    planned = [Plan(stream_share=share).prepare(request(n)) for n in range(600)]
    assert least <= sum(one.stream for one in planned) <= most
    assert all(json.loads(one.body).get("stream", False) is one.stream for one in planned)


def test_half_of_the_chat_streams_ask_for_their_usage() -> None:
    planned = [Plan(api="chat", stream_share=1).prepare(request(n)) for n in range(600)]
    asked = sum("stream_options" in json.loads(one.body) for one in planned)
    assert 240 < asked < 360


def test_the_recorded_request_stays_as_it_is() -> None:
    week = request(1)
    Plan(stream_share=1).prepare(week)
    assert "stream" not in week.request

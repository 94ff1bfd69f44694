from __future__ import annotations

import json
from typing import Any

import pytest
from logs import ASKED_CLAUDE, CHAT, COMPLETION

from suffice.evidence.importers._entries import Options, SkippedError, UnreadableError
from suffice.evidence.importers._pairs import Known, api_of, call_of, is_request, pair, sides
from suffice.features.answers import read_answer


def test_the_model_of_the_log_stands_in_for_one_that_the_body_lacks() -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}]}
    assert call_of(body, None, Known(id="1", source="s", model="m")).request["model"] == "m"
    assert call_of(body, COMPLETION, Known(id="1", source="s")).model == COMPLETION["model"]
    with pytest.raises(UnreadableError, match="no_model"):
        call_of(body, None, Known(id="1", source="s"))


def test_the_response_tells_the_time_where_the_log_does_not() -> None:
    assert call_of(CHAT, COMPLETION, Known(id="1", source="s")).received_ns == 1_795_000_000 * 10**9
    assert call_of(CHAT, COMPLETION, Known(id="1", source="s", received_ns=5)).received_ns == 5


def test_chunks_of_a_stream_are_no_answer() -> None:
    with pytest.raises(SkippedError, match="not_a_call"):
        call_of(CHAT, {"object": "chat.completion.chunk"}, Known(id="1", source="s"))


def test_a_body_is_told_by_what_is_in_it() -> None:
    assert api_of(CHAT, None) == "chat_completions"
    assert api_of(ASKED_CLAUDE, None) == "messages"
    assert api_of({"model": "text-embedding-3-small", "input": "Hi"}, None) == "embeddings"
    assert is_request(CHAT)
    assert not is_request({"messages": []})


@pytest.mark.parametrize(
    "text",
    ["Hello.", '{"label": "spam"}', "[1, 2]", "[]", '{"type": "refund", "content": "x"}', "[1] is cited."],
)
@pytest.mark.parametrize(
    ("request_", "api"),
    [
        (CHAT, "chat_completions"),
        (ASKED_CLAUDE, "messages"),
        ({"model": "gpt-5.4", "input": "Hi"}, "responses"),
    ],
)
def test_an_answer_as_text_is_read_in_the_api_of_its_request(
    request_: dict[str, Any], api: str, text: str
) -> None:
    call = pair({"request": request_, "response": text}, Options(), source="s")
    answer = read_answer(call.api, call.response)
    assert (call.api, None if answer is None else answer.text) == (api, text)
    logged = pair({"request": request_, "response": json.dumps(call.response)}, Options(), source="s")
    assert (logged.api, logged.response) == (call.api, call.response), "so is a body that was logged as text"


def test_a_request_beside_its_answer_is_two_sides() -> None:
    assert sides({**CHAT, "completion": "x"}) == (CHAT, "x")
    assert sides({"other": 1}) == (None, None)


def test_seconds_become_milliseconds() -> None:
    assert pair({"request": CHAT, "latency_s": 1.5}, Options(), source="s").duration_ms == 1500.0

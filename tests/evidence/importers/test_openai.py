from __future__ import annotations

import json
from typing import Any

import pytest
from logs import ASKED_CLAUDE, CHAT, COMPLETION, MESSAGE, openai
from reading import one_call, read_all

from suffice.evidence.importers import IMPORTERS
from suffice.evidence.importers._entries import Options


def test_all_that_a_pair_has_is_carried_over() -> None:
    call = one_call("openai", openai()[0])
    assert call.id == "req_bd100dfacd3bd0d01254"
    assert (call.model, call.api, call.source) == ("gpt-5.4", "chat_completions", "openai")
    assert (call.feature, call.session, call.expected, call.duration_ms) == (
        "triage",
        "s-1",
        "delivery",
        812.5,
    )
    assert call.request == CHAT
    assert call.response == COMPLETION
    assert call.received_ns == 1_794_996_000_000_000_000


def test_a_line_of_the_responses_api_is_one() -> None:
    call = one_call("openai", openai()[1])
    assert (call.api, call.model) == ("responses", "gpt-5.4-mini")
    assert call.id == "resp_67ccd2bed1ec8190b14f964abc054267"
    assert call.received_ns == 1_795_000_001_000_000_000


def test_a_request_with_its_answer_as_text_is_a_pair() -> None:
    call = one_call("openai", openai()[2])
    assert call.request == CHAT
    assert call.response is not None
    assert call.response["choices"][0]["message"]["content"] == "delivery"


def test_bodies_may_be_logged_as_text() -> None:
    call = one_call("openai", {"request": json.dumps(CHAT), "response": json.dumps(COMPLETION)})
    assert (call.request, call.response) == (CHAT, COMPLETION)


def test_a_request_without_an_answer_is_a_call_without_one() -> None:
    assert one_call("openai", {"request": CHAT}).response is None


def test_a_short_id_is_made_unique_by_the_line() -> None:
    first, second = (one_call("openai", {"id": 1, "request": {**CHAT, "seed": seed}}) for seed in (1, 2))
    assert first.id.startswith("1-")
    assert second.id.startswith("1-")
    assert first.id != second.id
    assert first.id == one_call("openai", {"id": 1, "request": {**CHAT, "seed": 1}}).id


@pytest.mark.parametrize(
    ("line", "became"),
    [
        ({"request": CHAT, "response": {"error": {"message": "overloaded"}}}, "skipped failed_call"),
        ({"request": CHAT, "error": "timeout"}, "skipped failed_call"),
        ({"request": CHAT, "status": 429}, "skipped failed_call"),
        ({"request": {"model": "text-embedding-3-small", "input": "Hi"}}, "skipped embedding"),
        (
            {"request": {"model": "x", "input": "Hi"}, "response": {"object": "list", "data": []}},
            "skipped embedding",
        ),
        ({"request": {"model": "davinci-002", "prompt": "Hi"}}, "skipped legacy_completion"),
        ({"request": {"model": "gpt-5.4", "messages": []}}, "skipped no_content"),
        ({"request": {"messages": [{"role": "user", "content": "Hi"}]}}, "rejected no_model"),
        ({"request": {"model": "gpt-5.4"}}, "rejected no_messages"),
        ({"request": {"model": "gpt-5.4", "messages": "Hi"}}, "rejected unreadable_messages"),
        ({"request": CHAT, "response": [1]}, "rejected unreadable_response"),
        ({"event": "started"}, "rejected no_request"),
    ],
)
def test_what_is_no_call_is_counted_or_kept_aside(line: dict[str, Any], became: str) -> None:
    assert read_all("openai", [line]) == [became]


def test_the_use_case_is_where_the_operator_says() -> None:
    line = openai()[0]
    assert one_call("openai", line, options=Options(feature_field=("metadata", "team"))).feature == "support"
    assert one_call("openai", line, options=Options(feature_field=("team",))).feature == "support"
    assert one_call("openai", line, options=Options(feature_field=("env",))).feature == "prod"
    assert one_call("openai", line, options=Options(feature_field=("nothing",))).feature == "untagged"


def test_lines_of_anthropic_are_not_taken_for_its_own() -> None:
    assert not IMPORTERS["openai"].recognises({"request": ASKED_CLAUDE, "response": MESSAGE})
    assert not IMPORTERS["openai"].recognises({"request": ASKED_CLAUDE})


def test_a_model_beside_the_request_is_its_model() -> None:
    line = {"model": "gpt-5.4", "request": {"messages": CHAT["messages"]}, "provider": "OpenAI"}
    call = one_call("openai", line)
    assert (call.model, call.request["model"], call.provider) == ("gpt-5.4", "gpt-5.4", "openai")


def test_requests_of_other_kinds_are_not_taken_for_its_own() -> None:
    assert not IMPORTERS["openai"].recognises(
        {"request": {"method": "GET", "url": "/"}, "response": {"status": 200}}
    )

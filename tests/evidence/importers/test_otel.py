from __future__ import annotations

import json
from typing import Any

import pytest
from logs import ASKED, INPUT, OUTPUT, SPAN, log_records, otel, pairs, span
from reading import one_call, read_all

CONTENT = {"gen_ai.input.messages": INPUT, "gen_ai.output.messages": OUTPUT}


def test_a_span_of_the_current_convention_is_a_call() -> None:
    call = one_call("otel", otel()[0])
    assert call.id == "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"
    assert call.request == {"model": "gpt-5.4", "messages": ASKED, "temperature": 0.0}
    assert call.response is not None
    assert call.response["model"] == "gpt-5.4-2026-03-05"
    assert call.response["choices"][0]["message"]["content"] == "delivery"
    assert (call.feature, call.session, call.provider) == ("triage", "s-1", "openai")
    assert (call.received_ns, call.duration_ms) == (1_795_000_000_125_000_000, 1000.0)
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.output_tokens, call.usage.cache_read_tokens) == (120, 8, 64)


def test_attributes_may_be_structured_in_place_of_json() -> None:
    assert one_call("otel", span({**SPAN, **CONTENT})) == one_call("otel", otel()[0])


def test_flat_attributes_are_read() -> None:
    call = one_call("otel", otel()[1])
    assert call.request["messages"] == ASKED
    assert call.request["tools"][0]["function"] == {"name": "get_weather", "parameters": {"type": "object"}}
    assert call.response is not None
    assert call.response["choices"][0]["message"] == {"role": "assistant", "content": "delivery"}


def test_content_in_a_log_record_is_joined_with_its_span() -> None:
    bare, details = otel()[2:]
    call = one_call("otel", bare, details)
    assert call == one_call("otel", details, bare)
    assert call.request["messages"] == ASKED
    assert call.duration_ms == 1000.0


def test_a_details_event_stands_for_itself() -> None:
    call = one_call("otel", otel()[3])
    assert (call.request["messages"], call.duration_ms) == (ASKED, None)


def test_an_event_a_message_is_joined_with_its_span() -> None:
    events = log_records(
        {
            "eventName": "gen_ai.system.message",
            "body": {"kvlistValue": {"values": pairs({"content": "Sort the ticket."})}},
        },
        {
            "attributes": pairs({"event.name": "gen_ai.user.message"}),
            "body": {"kvlistValue": {"values": pairs({"content": "Where is my parcel?"})}},
        },
        {
            "eventName": "gen_ai.choice",
            "body": {
                "kvlistValue": {
                    "values": pairs({"index": 0, "finish_reason": "stop", "message": {"content": "delivery"}})
                }
            },
        },
    )
    call = one_call("otel", span(SPAN), events)
    assert call.request["messages"] == ASKED
    assert call.response is not None
    assert call.response["choices"][0]["message"]["content"] == "delivery"
    assert read_all("otel", [events]) == [
        "rejected no_span: import the spans together with their log records"
    ]


def test_span_events_of_older_conventions_are_read() -> None:
    events = [
        {"name": "gen_ai.content.prompt", "attributes": pairs({"gen_ai.prompt": json.dumps(ASKED)})},
        {
            "name": "gen_ai.content.completion",
            "attributes": pairs({"gen_ai.completion": '[{"content": "delivery"}]'}),
        },
    ]
    call = one_call("otel", span(SPAN, events=events))
    assert call.request["messages"] == ASKED
    assert call.response is not None
    assert call.response["choices"][0]["message"]["content"] == "delivery"


@pytest.mark.parametrize(
    ("attributes", "fields", "became"),
    [
        ({"http.method": "GET"}, {}, "skipped not_a_call"),
        ({"gen_ai.operation.name": "embeddings"}, {}, "skipped embedding"),
        ({"gen_ai.operation.name": "execute_tool"}, {}, "skipped not_a_call"),
        ({"gen_ai.operation.name": "text_completion"}, {}, "skipped legacy_completion"),
        ({**SPAN, **CONTENT}, {"status": {"code": 2}}, "skipped failed_call"),
        ({**SPAN, **CONTENT, "error.type": "timeout"}, {}, "skipped failed_call"),
        (SPAN, {}, "skipped no_content"),
        ({**SPAN, **CONTENT}, {"spanId": ""}, "rejected no_span_id"),
        ({**CONTENT, "gen_ai.operation.name": "chat"}, {}, "rejected no_model"),
    ],
)
def test_what_is_no_call_is_counted_or_kept_aside(
    attributes: dict[str, Any], fields: dict[str, Any], became: str
) -> None:
    assert read_all("otel", [span(attributes, **fields)]) == [became]


def test_counts_that_make_no_sense_are_unknown() -> None:
    odd = {**SPAN, **CONTENT, "gen_ai.usage.cache_read.input_tokens": 500}
    assert one_call("otel", span(odd)).usage is None

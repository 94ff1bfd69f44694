from __future__ import annotations

import json
from typing import Any

import pytest
from logs import ASKED, TOOLS_CALLED, langfuse
from reading import one_call, read_all

ENRICHED, LEGACY, TRACE, INSIDE = langfuse()


def test_an_enriched_observation_is_whole() -> None:
    call = one_call("langfuse", ENRICHED)
    assert (call.id, call.model) == ("obs-2f6b7e9a51c04d38", "gpt-5.4")
    assert call.request == {"model": "gpt-5.4", "messages": ASKED, "temperature": 0, "max_tokens": 50}
    assert call.response is not None
    assert call.response["choices"][0]["message"] == {"role": "assistant", "content": "delivery"}
    assert (call.feature, call.session) == ("triage", "s-1")
    assert (call.cost_nanos, call.duration_ms) == (340_000, 1000.0)


def test_counts_that_add_up_are_totals() -> None:
    usage = one_call("langfuse", ENRICHED).usage
    assert usage is not None
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens) == (120, 64, 8)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"input": 120, "input_cached_tokens": 64, "output": 8, "total": 128}, (120, 64, 8)),
        ({"input": 120, "output": 8}, (120, 0, 8)),
        ({"input": 40, "cache_read_input_tokens": 80, "output": 8, "total": 128}, (120, 80, 8)),
        ({"input": 10, "output": 5, "output_reasoning_tokens": 7, "total": 22}, (10, 0, 12)),
    ],
)
def test_the_total_tells_whether_parts_are_inside(
    said: dict[str, int], expected: tuple[int, int, int]
) -> None:
    usage = one_call("langfuse", {**ENRICHED, "usage_details": said}).usage
    assert usage is not None
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens) == expected


def test_counts_that_are_not_there_are_unknown() -> None:
    for said in ({}, {"total": 128}, {"input": 12}, {"input": "many", "output": 1}):
        assert one_call("langfuse", {**ENRICHED, "usage_details": said}).usage is None
    assert one_call("langfuse", {**ENRICHED, "total_cost": 0, "cost_details": {}}).cost_nanos is None


def test_an_older_observation_gets_what_its_trace_has() -> None:
    for records in ([LEGACY, TRACE], [TRACE, LEGACY], [INSIDE]):
        call = one_call("langfuse", *records)
        assert (call.id, call.session, call.feature) == ("obs-0b1d2c3e4f506172", "s-1", "triage")


def test_without_its_trace_an_older_observation_has_neither() -> None:
    call = one_call("langfuse", LEGACY)
    assert (call.session, call.feature) == ("", "untagged")


def test_names_of_the_api_are_the_same_fields() -> None:
    camel = {
        "id": "obs-2f6b7e9a51c04d38",
        "traceId": "trace-1",
        "type": "GENERATION",
        "startTime": "2026-11-18T10:00:00.125Z",
        "endTime": "2026-11-18T10:00:01.125Z",
        "input": ASKED,
        "output": {"role": "assistant", "content": "delivery"},
        "model": "gpt-5.4",
        "modelParameters": {"temperature": 0, "max_tokens": 50},
        "usageDetails": ENRICHED["usage_details"],
        "calculatedTotalCost": 0.000_34,
        "sessionId": "s-1",
        "tags": ["feature:triage"],
    }
    assert one_call("langfuse", camel) == one_call("langfuse", ENRICHED)


def test_tools_and_their_calls_are_kept() -> None:
    tool = {"description": "Tells the weather.", "parameters": {"type": "object"}}
    called = {"role": "assistant", "content": None, "tool_calls": TOOLS_CALLED}
    record = {**ENRICHED, "tool_definitions": {"get_weather": json.dumps(tool)}, "output": json.dumps(called)}
    call = one_call("langfuse", record)
    assert call.request["tools"] == [{"type": "function", "function": {"name": "get_weather", **tool}}]
    assert call.response is not None
    assert call.response["choices"][0]["message"]["tool_calls"] == TOOLS_CALLED
    assert call.response["choices"][0]["finish_reason"] == "tool_calls"


def test_inputs_and_outputs_come_in_many_shapes() -> None:
    plain = one_call("langfuse", {**ENRICHED, "input": "Hi", "output": '{"answer": 42}'})
    assert plain.request["messages"] == [{"role": "user", "content": "Hi"}]
    assert plain.response is not None
    assert plain.response["choices"][0]["message"]["content"] == '{"answer":42}'
    assert one_call("langfuse", {**ENRICHED, "output": ""}).response is None
    assert one_call("langfuse", {**ENRICHED, "input": json.dumps(ASKED[1])}).request["messages"] == ASKED[1:]


@pytest.mark.parametrize(
    ("changed", "became"),
    [
        ({"type": "SPAN"}, "skipped not_a_call"),
        ({"type": "EMBEDDING"}, "skipped embedding"),
        ({"level": "ERROR"}, "skipped failed_call"),
        ({"input": ""}, "skipped no_content"),
        ({"input": '{"question": "Hi"}'}, "rejected unreadable_messages: the input is no list of messages"),
        ({"provided_model_name": ""}, "rejected no_model"),
        ({"output": "[7]"}, "rejected unreadable_response"),
    ],
)
def test_what_is_no_call_is_counted_or_kept_aside(changed: dict[str, Any], became: str) -> None:
    assert read_all("langfuse", [{**ENRICHED, **changed}]) == [became]


def test_scores_are_counted() -> None:
    score = {"id": "s", "trace_id": "trace-1", "name": "accuracy", "value": 1, "data_type": "NUMERIC"}
    assert read_all("langfuse", [score]) == ["skipped not_a_call"]

from __future__ import annotations

import json
from typing import Any

from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from suffice.testing.replay_upstream import responses
from suffice.testing.replay_upstream.answers import Answer
from suffice.testing.replay_upstream.ask import Ask

STREAM = {"stream": True}


def events(answer: Answer, ask: Ask) -> list[dict[str, Any]]:
    framed = [event.decode().partition("\ndata: ") for event in responses.events(answer, ask)]
    said = [json.loads(data) for _, _, data in framed]
    assert [name.removeprefix("event: ") for name, _, _ in framed] == [event["type"] for event in said]
    return said


def test_a_body_is_what_the_sdk_expects(text_answer: Answer) -> None:
    asked = {"instructions": "Be brief.", "temperature": 0.5, "text": {"format": {"type": "json_object"}}}
    parsed = Response.model_validate_json(responses.body(text_answer, Ask(asked)))
    assert parsed.output_text == text_answer.text
    assert (parsed.status, parsed.instructions, parsed.temperature) == ("completed", "Be brief.", 0.5)
    assert parsed.text.format.type == "json_object"
    assert (parsed.usage.input_tokens, parsed.usage.input_tokens_details.cached_tokens) == (2000, 1024)
    assert parsed.usage.output_tokens_details.reasoning_tokens == 20


def test_tool_calls_are_items(tool_answer: Answer) -> None:
    parsed = Response.model_validate_json(responses.body(tool_answer, Ask({})))
    assert [(item.type, item.name, item.arguments) for item in parsed.output] == [
        ("function_call", "f", '{"x": 1}'),
        ("function_call", "g", "not json"),
    ]


def test_events_are_numbered_and_known_to_the_sdk(text_answer: Answer, tool_answer: Answer) -> None:
    for answer in (text_answer, tool_answer):
        said = events(answer, Ask(STREAM))
        assert [event["sequence_number"] for event in said] == list(range(len(said)))
        known = TypeAdapter(ResponseStreamEvent)
        for event in said:
            known.validate_python(event)
        assert (said[0]["type"], said[-1]["type"]) == ("response.created", "response.completed")


def test_the_last_event_holds_the_whole_answer(text_answer: Answer) -> None:
    said = events(text_answer, Ask(STREAM))
    assert said[-1]["response"] == json.loads(responses.body(text_answer, Ask(STREAM)))
    deltas = [event["delta"] for event in said if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == text_answer.text
    assert len(deltas) > 2


def test_deltas_of_arguments_join(tool_answer: Answer) -> None:
    said = events(tool_answer, Ask(STREAM))
    deltas = [e["delta"] for e in said if e["type"].endswith("arguments.delta") and e["output_index"] == 0]
    assert "".join(deltas) == '{"x": 1}'


def test_usage_can_be_withheld(text_answer: Answer) -> None:
    assert json.loads(responses.body(text_answer, Ask({}, with_usage=False)))["usage"] is None

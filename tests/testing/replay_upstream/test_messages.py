from __future__ import annotations

import json
from typing import Any

from anthropic.types import Message, RawMessageStreamEvent
from pydantic import TypeAdapter

from suffice.testing.replay_upstream import messages
from suffice.testing.replay_upstream.answers import Answer
from suffice.testing.replay_upstream.ask import Ask

STREAM = {"stream": True}


def events(answer: Answer, ask: Ask) -> list[dict[str, Any]]:
    return [json.loads(event.decode().partition("\ndata: ")[2]) for event in messages.events(answer, ask)]


def test_a_body_is_what_the_sdk_expects(text_answer: Answer) -> None:
    parsed = Message.model_validate_json(messages.body(text_answer, Ask({})), strict=True)
    assert parsed.content[0].text == text_answer.text
    assert (parsed.stop_reason, parsed.usage.service_tier) == ("end_turn", "standard")


def test_input_tokens_leave_out_what_the_cache_read_and_wrote(text_answer: Answer) -> None:
    usage = json.loads(messages.body(text_answer, Ask({})))["usage"]
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert [usage[part] for part in parts] == [848, 1024, 128]
    assert sum(usage[part] for part in parts) == text_answer.tokens.input


def test_arguments_become_objects(tool_answer: Answer) -> None:
    parsed = Message.model_validate_json(messages.body(tool_answer, Ask({})))
    assert [block.input for block in parsed.content] == [{"x": 1}, {"arguments": "not json"}]
    assert parsed.stop_reason == "tool_use"


def test_events_are_known_to_the_sdk_and_join_to_the_answer(text_answer: Answer, tool_answer: Answer) -> None:
    known = TypeAdapter(RawMessageStreamEvent)
    for answer in (text_answer, tool_answer):
        said = events(answer, Ask(STREAM))
        assert (said[0]["type"], said[-1]["type"]) == ("message_start", "message_stop")
        for event in said:
            if event["type"] != "ping":
                known.validate_python(event)
    text = [
        e["delta"]["text"] for e in events(text_answer, Ask(STREAM)) if e["type"] == "content_block_delta"
    ]
    assert "".join(text) == text_answer.text
    given = "".join(
        event["delta"]["partial_json"]
        for event in events(tool_answer, Ask(STREAM))
        if event["type"] == "content_block_delta" and event["index"] == 0
    )
    assert json.loads(given) == {"x": 1}


def test_a_stream_tells_its_output_tokens_only_at_its_end(text_answer: Answer) -> None:
    said = events(text_answer, Ask(STREAM))
    assert said[0]["message"]["usage"]["output_tokens"] == 1
    assert said[-2]["usage"]["output_tokens"] == 30
    assert said[-2]["usage"]["cache_read_input_tokens"] == 1024


def test_usage_can_be_withheld(text_answer: Answer) -> None:
    ask = Ask(STREAM, with_usage=False)
    assert "usage" not in json.loads(messages.body(text_answer, ask))
    assert not any(
        "usage" in event or "usage" in event.get("message", {}) for event in events(text_answer, ask)
    )

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from suffice.testing.replay_upstream import chat_completions
from suffice.testing.replay_upstream.answers import Answer
from suffice.testing.replay_upstream.ask import Ask

USAGE_ASKED = {"stream": True, "stream_options": {"include_usage": True}}


def chunks(answer: Answer, body: dict[str, Any], *, with_usage: bool = True) -> list[dict[str, Any]]:
    events = list(chat_completions.events(answer, Ask(body, with_usage)))
    assert events.pop() == b"data: [DONE]\n\n"
    return [json.loads(event.removeprefix(b"data: ")) for event in events]


def test_a_body_is_what_the_sdk_expects(text_answer: Answer) -> None:
    body = chat_completions.body(text_answer, Ask({"service_tier": "flex"}))
    parsed = ChatCompletion.model_validate_json(body, strict=True)
    assert parsed.choices[0].message.content == text_answer.text
    assert (parsed.choices[0].finish_reason, parsed.service_tier) == ("stop", "flex")
    assert (parsed.usage.prompt_tokens, parsed.usage.prompt_tokens_details.cached_tokens) == (2000, 1024)
    assert parsed.usage.completion_tokens_details.reasoning_tokens == 20


def test_tool_calls_have_ids_of_their_own(tool_answer: Answer) -> None:
    parsed = ChatCompletion.model_validate_json(chat_completions.body(tool_answer, Ask({})))
    calls = parsed.choices[0].message.tool_calls
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("f", '{"x": 1}'),
        ("g", "not json"),
    ]
    assert len({call.id for call in calls}) == 2
    assert parsed.choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize("body", [{"stream": True}, USAGE_ASKED])
def test_chunks_join_to_the_answer(text_answer: Answer, body: dict[str, Any]) -> None:
    said = chunks(text_answer, body)
    parsed = [ChatCompletionChunk.model_validate(chunk) for chunk in said]
    assert parsed[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in parsed if c.choices) == text_answer.text
    assert [c.choices[0].finish_reason for c in parsed if c.choices][-2:] == [None, "stop"]
    if "stream_options" in body:
        assert all(chunk["usage"] is None for chunk in said[:-1])
        assert (said[-1]["choices"], said[-1]["usage"]["completion_tokens"]) == ([], 30)
    else:
        assert not any("usage" in chunk for chunk in said)


def test_chunks_of_tool_calls_join_to_their_arguments(tool_answer: Answer) -> None:
    arguments: dict[int, str] = {}
    for chunk in chunks(tool_answer, {"stream": True}):
        for call in chunk["choices"][0]["delta"].get("tool_calls", []):
            arguments[call["index"]] = arguments.get(call["index"], "") + call["function"]["arguments"]
    assert arguments == {0: '{"x": 1}', 1: "not json"}


def test_usage_can_be_withheld(text_answer: Answer) -> None:
    assert "usage" not in json.loads(chat_completions.body(text_answer, Ask({}, with_usage=False)))
    assert not any("usage" in chunk for chunk in chunks(text_answer, USAGE_ASKED, with_usage=False))

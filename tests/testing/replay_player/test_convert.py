from __future__ import annotations

from typing import Any

import pytest

from suffice.testing.replay_player.convert import to_messages, to_responses

CALLS = [
    {"id": f"call_{n}", "type": "function", "function": {"name": "f", "arguments": f'{{"n":{n}}}'}}
    for n in (1, 2)
]
CHAT: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "One."},
        {"role": "developer", "content": "Two."},
        {"role": "user", "content": "Go."},
        {"role": "assistant", "content": None, "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "call_1", "content": "first"},
        {"role": "tool", "tool_call_id": "call_2", "content": "second"},
        {"role": "user", "content": "And?"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
    "tool_choice": "required",
    "max_completion_tokens": 77,
    "temperature": 0.5,
    "seed": 1,
    "stream": True,
}


def test_to_responses() -> None:
    body = to_responses(CHAT)
    assert body["instructions"] == "One.\n\nTwo."
    assert [item["type"] for item in body["input"]] == [
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        "message",
    ]
    assert body["input"][1] == {
        "type": "function_call",
        "call_id": "call_1",
        "name": "f",
        "arguments": '{"n":1}',
    }
    assert body["input"][3] == {"type": "function_call_output", "call_id": "call_1", "output": "first"}
    assert body["tools"] == [
        {"type": "function", "strict": False, "name": "f", "parameters": {"type": "object"}}
    ]
    assert (body["tool_choice"], body["max_output_tokens"], body["stream"]) == ("required", 77, True)
    assert "seed" not in body


def test_to_messages() -> None:
    body = to_messages(CHAT)
    assert body["system"] == "One.\n\nTwo."
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user", "user"]
    assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use", "tool_use"]
    assert body["messages"][1]["content"][1]["input"] == {"n": 2}
    assert [block["content"] for block in body["messages"][2]["content"]] == ["first", "second"]
    assert body["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert (body["tool_choice"], body["max_tokens"], body["temperature"]) == ({"type": "any"}, 77, 0.5)
    assert "seed" not in body


def test_messages_always_limit_their_tokens() -> None:
    assert to_messages({"model": "m", "messages": []})["max_tokens"] == 4096


@pytest.mark.parametrize(
    ("choice", "responses", "messages"),
    [
        ("auto", "auto", {"type": "auto"}),
        ("none", "none", {"type": "none"}),
        (
            {"type": "function", "function": {"name": "f"}},
            {"type": "function", "name": "f"},
            {"type": "tool", "name": "f"},
        ),
    ],
)
def test_tool_choice(choice: Any, responses: Any, messages: Any) -> None:
    chat = {**CHAT, "tool_choice": choice}
    assert to_responses(chat)["tool_choice"] == responses
    assert to_messages(chat)["tool_choice"] == messages


def test_images() -> None:
    def chat(url: str) -> dict[str, Any]:
        part = {"type": "image_url", "image_url": {"url": url}}
        return {"model": "m", "messages": [{"role": "user", "content": [part]}]}

    inline, remote = chat("data:image/png;base64,AAAA"), chat("https://example.com/a.png")
    assert to_responses(inline)["input"][0]["content"][0]["image_url"] == "data:image/png;base64,AAAA"
    assert to_messages(inline)["messages"][0]["content"][0]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "AAAA",
    }
    assert to_messages(remote)["messages"][0]["content"][0]["source"]["url"] == "https://example.com/a.png"


def test_structured_output_and_the_rest() -> None:
    schema = {"name": "s", "strict": True, "schema": {"type": "object"}}
    chat = {
        "model": "m",
        "messages": [],
        "response_format": {"type": "json_schema", "json_schema": schema},
        "reasoning_effort": "low",
        "stop": "END",
    }
    assert to_responses(chat)["text"] == {"format": {"type": "json_schema", **schema}}
    assert to_responses(chat)["reasoning"] == {"effort": "low"}
    assert to_messages(chat)["output_config"] == {
        "format": {"type": "json_schema", "schema": {"type": "object"}}
    }
    assert to_messages(chat)["stop_sequences"] == ["END"]

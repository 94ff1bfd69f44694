from __future__ import annotations

from typing import Any

import pytest
from asks import JSON
from hypothesis import given

from suffice.features.messages import MOST_TURNS, Turn, turns_of

IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}
CONVERSATION = [
    Turn("system", "Be brief."),
    Turn("user", "Weather in Oslo?"),
    Turn("assistant", "", calls_tools=True),
    Turn("tool", "Rain."),
    Turn("user", "And tomorrow?", modalities=frozenset({"image"}), attachments=1),
]
CHAT = {
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather in Oslo?"}]},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "tool_call_id": "1", "content": "Rain."},
        {"role": "user", "content": [{"type": "text", "text": "And tomorrow?"}, IMAGE]},
    ]
}
RESPONSES = {
    "instructions": "Be brief.",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "Weather in Oslo?"}]},
        {"type": "function_call", "name": "w", "arguments": ""},
        {"type": "function_call_output", "output": "Rain."},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "And tomorrow?"},
                {"type": "input_image", "image_url": "data:,"},
            ],
        },
    ],
}
MESSAGES = {
    "system": [{"type": "text", "text": "Be brief."}],
    "messages": [
        {"role": "user", "content": "Weather in Oslo?"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "w", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "Rain."}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "And tomorrow?"}, {"type": "image", "source": {}}],
        },
    ],
}


@pytest.mark.parametrize("body", [CHAT, RESPONSES, MESSAGES], ids=["chat", "responses", "messages"])
def test_one_conversation_reads_the_same_in_every_api(body: dict[str, Any]) -> None:
    assert turns_of(body) == CONVERSATION


def test_a_plain_input_is_one_user_turn() -> None:
    assert turns_of({"input": "Hello"}) == [Turn("user", "Hello")]


@pytest.mark.parametrize(
    "message",
    [
        {"type": "reasoning", "encrypted_content": "x"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]},
        {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}]},
    ],
)
def test_state_of_the_model_that_made_it_pins(message: dict[str, Any]) -> None:
    (turn,) = turns_of({"messages": [message]})
    assert turn.pinned


def test_of_a_very_long_conversation_both_ends_are_read() -> None:
    messages = [{"role": "user", "content": str(number)} for number in range(5_000)]
    turns = turns_of({"messages": messages})
    assert len(turns) <= MOST_TURNS + 1
    assert (turns[0].text, turns[-1].text) == ("0", "4999")


@given(JSON, JSON, JSON)
def test_garbage_is_absent_evidence(messages: object, system: object, given_input: object) -> None:
    for turn in turns_of({"messages": messages, "system": system, "input": given_input}):
        assert isinstance(turn.text, str)


IMAGE_PART = {"type": "image", "source": {"type": "base64", "data": ""}}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"type": "custom_tool_call", "name": "sql", "input": "SELECT 1"},
            Turn("assistant", "", calls_tools=True, call_chars=8),
        ),
        ({"type": "custom_tool_call_output", "output": "1"}, Turn("tool", "1")),
        (
            {
                "type": "computer_call_output",
                "output": {"type": "computer_screenshot", "image_url": "data:,"},
            },
            Turn("tool", "", modalities=frozenset({"image"}), attachments=1),
        ),
        (
            {"type": "function_call_output", "output": "", "status": "incomplete"},
            Turn("tool", "", failed=True),
        ),
        (
            {
                "role": "user",
                "content": [{"type": "tool_result", "content": [IMAGE_PART], "is_error": True}],
            },
            Turn("tool", "", modalities=frozenset({"image"}), attachments=1, failed=True),
        ),
        (
            {
                "role": "user",
                "content": [
                    {"type": "document", "source": {"type": "text", "data": "The lease."}},
                    {"type": "search_result", "content": [{"type": "text", "text": "A find."}]},
                    {"type": "document", "source": {"type": "base64", "data": "JVBERi0="}},
                ],
            },
            Turn("user", "The lease.\nA find.", modalities=frozenset({"file"}), attachments=2, sources=3),
        ),
        (
            {
                "role": "assistant",
                "content": "One moment.",
                "tool_calls": [
                    {"function": {"name": "f", "arguments": "{}"}},
                    {"custom": {"input": "abc"}},
                    7,
                ],
            },
            Turn("assistant", "One moment.", calls_tools=True, call_chars=5),
        ),
    ],
)
def test_what_a_turn_carries_is_read(message: dict[str, Any], expected: Turn) -> None:
    assert turns_of({"messages": [message]}) == [expected]


def test_the_arguments_of_a_call_are_as_long_in_every_api() -> None:
    arguments = '{"city": "Oslo", "days": [1, 2]}'
    calls = [{"function": {"name": "f", "arguments": arguments}}]
    (chat,) = turns_of({"messages": [{"role": "assistant", "content": None, "tool_calls": calls}]})
    (responses,) = turns_of({"input": [{"type": "function_call", "arguments": arguments}]})
    use = {"type": "tool_use", "input": {"city": "Oslo", "days": [1, 2]}}
    (messages,) = turns_of({"messages": [{"role": "assistant", "content": [use]}]})
    assert chat.call_chars == responses.call_chars == len(arguments)
    assert messages.call_chars == pytest.approx(len(arguments), abs=6)


def test_huge_arguments_are_measured_in_bounded_time() -> None:
    inner: object = {"a": 1}
    for _ in range(300):
        inner = {"a": [inner] * 2, "b": "text"}
    use = {"type": "tool_use", "input": inner}
    (turn,) = turns_of({"messages": [{"role": "assistant", "content": [use]}]})
    assert turn.call_chars > 100

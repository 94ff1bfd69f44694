from __future__ import annotations

from typing import Any

import pytest

from suffice.testing.replay_player.convert import to_messages, to_responses
from suffice.testing.replay_upstream.prompt_key import MalformedRequest, prompt_key

CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"b": 2, "a": 1}'}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}
CHAT: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Look:"}, PICTURE]},
        {"role": "assistant", "content": "I call.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "42"},
        {"role": "user", "content": "And now?"},
    ],
    "tools": [TOOL],
}


def key(body: dict[str, Any]) -> bytes:
    return prompt_key("chat_completions", body)


def test_the_same_prompt_has_one_key_in_all_three_apis() -> None:
    assert (
        key(CHAT) == prompt_key("responses", to_responses(CHAT)) == prompt_key("messages", to_messages(CHAT))
    )


def test_model_and_parameters_and_call_ids_do_not_count() -> None:
    changed = {**CHAT, "model": "other", "temperature": 0, "stream": True}
    changed["messages"] = [
        {**message, "tool_call_id": "call_2"} if message["role"] == "tool" else message
        for message in CHAT["messages"]
    ]
    assert key(changed) == key(CHAT)


@pytest.mark.parametrize(
    "change",
    [
        {"messages": CHAT["messages"][:-1]},
        {"messages": [{"role": "system", "content": "Be long."}, *CHAT["messages"][1:]]},
        {
            "messages": [
                *CHAT["messages"][:2],
                {"role": "assistant", "content": "I call."},
                *CHAT["messages"][3:],
            ]
        },
        {"tools": []},
        {"tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}}}]},
    ],
)
def test_whatever_the_model_would_read_counts(change: dict[str, Any]) -> None:
    assert key({**CHAT, **change}) != key(CHAT)


def test_speakers_count() -> None:
    said = [
        prompt_key("messages", {"messages": [{"role": r, "content": "x"}]}) for r in ("user", "assistant")
    ]
    assert len(set(said)) == 2


def test_a_developer_is_the_system() -> None:
    first = {"messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": "u"}]}
    assert key(first) == prompt_key("responses", {"instructions": "s", "input": "u"})


def test_arguments_that_are_no_json_are_taken_as_they_are() -> None:
    def asking(arguments: str) -> dict[str, Any]:
        call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
        return {"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}

    assert key(asking('{"a":1}')) == key(asking('{ "a": 1 }'))
    assert key(asking("{a}")) != key(asking("{b}"))


@pytest.mark.parametrize(
    ("api", "body"),
    [
        ("chat_completions", {}),
        ("chat_completions", {"messages": "hi"}),
        ("chat_completions", {"messages": [1]}),
        ("chat_completions", {"messages": [{"content": "no role"}]}),
        ("chat_completions", {"messages": [], "tools": "x"}),
        ("responses", {}),
        ("responses", {"input": [{"type": "message", "role": "user", "content": 3}]}),
        ("messages", {"messages": None}),
    ],
)
def test_what_no_api_defines_is_malformed(api: str, body: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest):
        prompt_key(api, body)

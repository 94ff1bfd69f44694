"""Whole responses of streams: as the client API would have sent them, whatever the stream holds."""

from __future__ import annotations

import json
from typing import Any

import anthropic.types
import openai.types.chat
import pytest
import streams
from hypothesis import given
from hypothesis import strategies as st

from suffice.proxy.captures.assembly import whole
from suffice.types import ClientApi

TEXT = 'Vier Äpfel, "rot" \\ 🍎 and [DONE] is a word'


def chat_chunk(index: int = 0, finish: str | None = None, **delta: Any) -> bytes:
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return streams.event(
        {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    )


def test_a_chat_completion() -> None:
    body = whole("chat_completions", streams.chat(usage_asked=True), events=True)
    assert body is not None
    read = openai.types.chat.ChatCompletion.model_validate(body)
    assert read.object == "chat.completion"
    assert read.choices[0].message.content == TEXT
    assert read.choices[0].message.role == "assistant"
    assert read.choices[0].finish_reason == "stop"
    assert read.usage is not None
    assert read.usage.total_tokens == 29
    assert read.model == "gpt-5.4-2026-03-05"


def test_tool_calls_in_pieces_and_several_choices() -> None:
    first = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    second = {"index": 1, "id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}}
    raw = b"".join(
        (
            chat_chunk(role="assistant", content=None, tool_calls=[first]),
            chat_chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"city":'}}]),
            chat_chunk(tool_calls=[second]),
            chat_chunk(tool_calls=[{"index": 0, "function": {"name": "weather", "arguments": ' "Oslo"}'}}]),
            chat_chunk(1, "length", role="assistant", content="Other"),
            chat_chunk(finish="tool_calls"),
            b"data: [DONE]\n\n",
        )
    )
    body = whole("chat_completions", raw, events=True)
    assert body is not None
    openai.types.chat.ChatCompletion.model_validate(body)
    one, two = body["choices"]
    assert one["message"]["tool_calls"] == [
        {
            "id": "call_1",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
        },
        {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
    ]
    assert one["message"]["content"] is None
    assert (two["message"]["content"], two["finish_reason"]) == ("Other", "length")


def test_what_other_vendors_add_is_kept() -> None:
    raw = b"".join(
        (
            chat_chunk(role="assistant", reasoning_content="Let me "),
            chat_chunk(reasoning_content="think.", content=None),
            chat_chunk(content="Four"),
            chat_chunk(finish="stop"),
        )
    )
    body = whole("chat_completions", raw, events=True)
    assert body is not None
    assert body["choices"][0]["message"] == {
        "role": "assistant",
        "reasoning_content": "Let me think.",
        "content": "Four",
    }


def test_log_probabilities_are_joined() -> None:
    def piece(token: str) -> bytes:
        choice = {
            "index": 0,
            "delta": {"content": token},
            "logprobs": {"content": [{"token": token}], "refusal": None},
        }
        return streams.event({"choices": [choice]})

    body = whole("chat_completions", piece("A") + piece("B") + chat_chunk(finish="stop"), events=True)
    assert body is not None
    assert body["choices"][0]["logprobs"] == {"content": [{"token": "A"}, {"token": "B"}], "refusal": None}


def test_a_message() -> None:
    body = whole("messages", streams.messages(), events=True)
    assert body is not None
    read = anthropic.types.Message.model_validate(body)
    assert read.content[0].text == "A cat sat on a mat."
    assert read.stop_reason == "end_turn"
    assert read.usage.output_tokens == 15
    assert read.usage.cache_read_input_tokens == 100


def test_a_message_with_thinking_and_tools() -> None:
    def event(**data: Any) -> bytes:
        return streams.event(data, data["type"])

    def delta(index: int, **data: Any) -> bytes:
        return event(type="content_block_delta", index=index, delta=data)

    start = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [],
        "usage": {"input_tokens": 1},
    }
    tool = {"type": "tool_use", "id": "t", "name": "weather", "input": {}}
    raw = b"".join(
        (
            event(type="message_start", message=start),
            event(
                type="content_block_start",
                index=0,
                content_block={"type": "thinking", "thinking": "", "signature": ""},
            ),
            delta(0, type="thinking_delta", thinking="Hm, "),
            delta(0, type="thinking_delta", thinking="Oslo."),
            delta(0, type="signature_delta", signature="c2ln"),
            event(type="content_block_start", index=1, content_block={"type": "text", "text": ""}),
            delta(1, type="text_delta", text="See"),
            delta(1, type="citations_delta", citation={"cited_text": "x"}),
            event(type="content_block_start", index=2, content_block=tool),
            delta(2, type="input_json_delta", partial_json='{"city":'),
            delta(2, type="input_json_delta", partial_json='"Oslo"}'),
            event(type="content_block_start", index=3, content_block={**tool, "id": "u"}),
            event(type="message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 3}),
            event(type="message_stop"),
        )
    )
    body = whole("messages", raw, events=True)
    assert body is not None
    assert body["content"] == [
        {"type": "thinking", "thinking": "Hm, Oslo.", "signature": "c2ln"},
        {"type": "text", "text": "See", "citations": [{"cited_text": "x"}]},
        {**tool, "input": {"city": "Oslo"}},
        {**tool, "id": "u"},
    ]
    assert body["usage"] == {"input_tokens": 1, "output_tokens": 3}


def test_a_response() -> None:
    body = whole("responses", streams.responses(), events=True)
    assert body is not None
    assert (body["status"], body["usage"]["total_tokens"]) == ("completed", 42)


ERROR = streams.event({"error": {"message": "overloaded"}})


@pytest.mark.parametrize(
    ("api", "raw"),
    [
        ("chat_completions", b""),
        ("chat_completions", b"data: [DONE]\n\n"),
        ("chat_completions", chat_chunk(content="cut")),
        ("chat_completions", chat_chunk(content="cut") + ERROR),
        ("chat_completions", chat_chunk(finish="stop") + chat_chunk(1, content="cut")),
        ("messages", streams.messages().replace(b"message_stop", b"message_stap")),
        ("messages", streams.messages() + streams.event({"type": "error", "error": {}}, "error")),
        ("messages", streams.event({"type": "message_stop"})),
        ("responses", streams.responses().replace(b"response.completed", b"response.failed")),
        ("embeddings", streams.chat(usage_asked=True)),
    ],
)
def test_what_is_no_whole_answer_is_none(api: ClientApi, raw: bytes) -> None:
    assert whole(api, raw, events=True) is None


@pytest.mark.parametrize(
    ("api", "raw", "kept"),
    [
        ("chat_completions", b'{"choices":[]}', True),
        ("chat_completions", b"[]", False),
        ("chat_completions", b"{", False),
        ("chat_completions", b"\xff", False),
        ("messages", b'{"type":"error","error":{"type":"x"}}', False),
        ("responses", b'{"status":"completed","error":null}', True),
        ("responses", b'{"status":"queued"}', False),
    ],
)
def test_a_body_that_is_no_stream(api: ClientApi, raw: bytes, kept: bool) -> None:
    assert whole(api, raw, events=False) == (json.loads(raw) if kept else None)


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=8))
def test_text_in_whatever_pieces_is_whole(pieces: list[str]) -> None:
    raw = b"".join(chat_chunk(content=piece) for piece in pieces) + chat_chunk(finish="stop")
    body = whole("chat_completions", raw, events=True)
    assert body is not None
    assert body["choices"][0]["message"]["content"] == "".join(pieces)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "index", "type", "message", "content_block", "usage", "tool_calls", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["chat_completions", "messages", "responses"]), st.lists(JSON, max_size=5))
def test_garbage_events_give_a_body_or_none(api: ClientApi, events: list[Any]) -> None:
    raw = b"".join(map(streams.event, events)) + chat_chunk(finish="stop")
    body = whole(api, raw, events=True)
    assert body is None or isinstance(body, dict)

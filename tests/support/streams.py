"""Streams of each client API as providers send them, for the transcript tests: written for these tests."""

from __future__ import annotations

import json


def event(data: object, name: str | None = None) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return (f"event: {name}\n" if name else "").encode() + f"data: {text}\n\n".encode()


def chat(*, usage_asked: bool, text: str = 'Vier Äpfel, "rot" \\ 🍎 and [DONE] is a word') -> bytes:
    base = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5.4-2026-03-05",
        "service_tier": "default",
        "system_fingerprint": "fp_1",
    }
    empty = {"usage": None} if usage_asked else {}

    def chunk(delta: object, finish: str | None = None) -> bytes:
        return event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **empty})

    parts = [chunk({"role": "assistant", "content": ""})]
    parts += [chunk({"content": text[at : at + 5]}) for at in range(0, len(text), 5)]
    parts.append(chunk({}, "stop"))
    if usage_asked:
        usage = {
            "prompt_tokens": 20,
            "completion_tokens": 9,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 0},
        }
        parts.append(event({**base, "choices": [], "usage": usage}))
    return b"".join([*parts, b"data: [DONE]\n\n"])


def responses(text: str = "Two plus two is four.") -> bytes:
    response = {
        "id": "resp_1",
        "object": "response",
        "model": "gpt-5.4-mini-2026-03-17",
        "status": "in_progress",
    }
    parts = [
        event({"type": "response.created", "sequence_number": 0, "response": response}, "response.created")
    ]
    parts += [
        event(
            {"type": "response.output_text.delta", "sequence_number": at + 1, "delta": text[at : at + 4]},
            "response.output_text.delta",
        )
        for at in range(0, len(text), 4)
    ]
    usage = {
        "input_tokens": 30,
        "input_tokens_details": {"cached_tokens": 10},
        "output_tokens": 12,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 42,
    }
    done = {**response, "status": "completed", "service_tier": "default", "usage": usage}
    parts.append(
        event({"type": "response.completed", "sequence_number": 99, "response": done}, "response.completed")
    )
    return b"".join(parts)


def messages(text: str = "A cat sat on a mat.") -> bytes:
    start = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5-20251001",
        "content": [],
        "usage": {
            "input_tokens": 11,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 50,
            "output_tokens": 1,
            "service_tier": "standard",
        },
    }
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    parts = [
        event({"type": "message_start", "message": start}, "message_start"),
        event(block, "content_block_start"),
        event({"type": "ping"}, "ping"),
    ]
    parts += [
        event(
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": text[at : at + 4]},
            },
            "content_block_delta",
        )
        for at in range(0, len(text), 4)
    ]
    delta = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}}
    parts += [
        event({"type": "content_block_stop", "index": 0}, "content_block_stop"),
        event(delta, "message_delta"),
        event({"type": "message_stop"}, "message_stop"),
    ]
    return b"".join(parts)

"""Renders an answer as OpenAI's chat completions API does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from suffice.testing.replay_upstream.answers import Answer, Tokens
from suffice.testing.replay_upstream.ask import Ask
from suffice.testing.replay_upstream.pieces import data_event, pieces

_SIZES = (1, 2, 1, 3)


def body(answer: Answer, ask: Ask) -> bytes:
    """Returns the whole answer as one JSON document, indented as the API does it."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text}
    if answer.calls:
        message["tool_calls"] = [
            {"id": _call_id(answer, at), "type": "function", "function": msgspec.to_builtins(call)}
            for at, call in enumerate(answer.calls)
        ]
    message |= {"refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(answer)}
    document = {
        "id": f"chatcmpl-{answer.seed[:29]}",
        "object": "chat.completion",
        "created": answer.created,
        "model": answer.model,
        "choices": [choice],
        **({"usage": usage(answer.tokens)} if ask.with_usage else {}),
        "service_tier": ask.openai_tier,
        "system_fingerprint": f"fp_{answer.seed[-10:]}",
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def events(answer: Answer, ask: Ask) -> Iterator[bytes]:
    """Yields the answer as the events of a stream, each complete with its frame."""
    shared = {
        "id": f"chatcmpl-{answer.seed[:29]}",
        "object": "chat.completion.chunk",
        "created": answer.created,
        "model": answer.model,
        "service_tier": ask.openai_tier,
        "system_fingerprint": f"fp_{answer.seed[-10:]}",
    }
    asked = ask.include_usage and ask.with_usage
    tail = {"usage": None} if asked else {}
    for delta in _deltas(answer):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
        yield data_event({**shared, "choices": [choice], **tail})
    last = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": _finish_reason(answer)}
    yield data_event({**shared, "choices": [last], **tail})
    if asked:
        yield data_event({**shared, "choices": [], "usage": usage(answer.tokens)})
    yield b"data: [DONE]\n\n"


def usage(tokens: Tokens) -> dict[str, Any]:
    """Returns the usage object: the prompt's count includes what the cache served."""
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _deltas(answer: Answer) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if answer.text is None else "", "refusal": None}
    for piece in pieces(answer.text or "", _SIZES):
        yield {"content": piece}
    for at, call in enumerate(answer.calls):
        opened = {"name": call.name, "arguments": ""}
        yield {
            "tool_calls": [{"index": at, "id": _call_id(answer, at), "type": "function", "function": opened}]
        }
        for piece in pieces(call.arguments, _SIZES):
            yield {"tool_calls": [{"index": at, "function": {"arguments": piece}}]}


def _call_id(answer: Answer, at: int) -> str:
    return f"call_{answer.seed[:22]}{at:02d}"


def _finish_reason(answer: Answer) -> str:
    return "tool_calls" if answer.calls else "stop"

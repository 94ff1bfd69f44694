"""Renders an answer as OpenAI's Responses API does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from suffice.testing.replay_upstream.answers import Answer, Call, Tokens
from suffice.testing.replay_upstream.ask import Ask
from suffice.testing.replay_upstream.pieces import named_event, pieces

_SIZES = (1, 2, 1, 3)
_ECHOED: Mapping[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""Fields of the request that the response repeats, with the value where the request has none."""


def body(answer: Answer, ask: Ask) -> bytes:
    """Returns the whole answer as one JSON document, indented as the API does it."""
    return msgspec.json.format(msgspec.json.encode(_completed(answer, ask)), indent=2) + b"\n"


def events(answer: Answer, ask: Ask) -> Iterator[bytes]:
    """Yields the answer as the events of a stream, each complete with its frame."""
    for number, event in enumerate(_events(answer, ask)):
        yield named_event({"type": event["type"], "sequence_number": number, **event})


def usage(tokens: Tokens) -> dict[str, Any]:
    """Returns the usage object: the input's count includes what the cache served."""
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": 0},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
    }


def _events(answer: Answer, ask: Ask) -> Iterator[dict[str, Any]]:
    begun = _response(answer, ask, status="in_progress", output=[])
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    if answer.text is not None:
        yield from _message_events(answer, answer.text)
    for at, call in enumerate(answer.calls):
        yield from _call_events(answer, call, at, output_index=at + (answer.text is not None))
    yield {"type": "response.completed", "response": _completed(answer, ask)}


def _message_events(answer: Answer, text: str) -> Iterator[dict[str, Any]]:
    item = _message(answer, text)
    at = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}
    opened = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": opened}
    yield {"type": "response.content_part.added", **at, "part": empty}
    for piece in pieces(text, _SIZES):
        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **at, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **at, "part": item["content"][0]}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}


def _call_events(answer: Answer, call: Call, at: int, output_index: int) -> Iterator[dict[str, Any]]:
    item = _function_call(answer, call, at)
    where = {"item_id": item["id"], "output_index": output_index}
    opened = {**item, "status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": output_index, "item": opened}
    for piece in pieces(call.arguments, _SIZES):
        yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    done = {"name": call.name, "arguments": call.arguments}
    yield {"type": "response.function_call_arguments.done", **where, **done}
    yield {"type": "response.output_item.done", "output_index": output_index, "item": item}


def _completed(answer: Answer, ask: Ask) -> dict[str, Any]:
    output = [_message(answer, answer.text)] if answer.text is not None else []
    output += [_function_call(answer, call, at) for at, call in enumerate(answer.calls)]
    whole = _response(answer, ask, status="completed", output=output)
    if ask.with_usage:
        whole["usage"] = usage(answer.tokens)
    return whole


def _response(answer: Answer, ask: Ask, *, status: str, output: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"resp_{answer.seed}",
        "object": "response",
        "created_at": answer.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": answer.model,
        "output": output,
        **{name: ask.body.get(name, absent) for name, absent in _ECHOED.items()},
        "service_tier": ask.openai_tier if status == "completed" else "auto",
        "usage": None,
    }


def _message(answer: Answer, text: str) -> dict[str, Any]:
    content = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {
        "id": f"msg_{answer.seed}",
        "type": "message",
        "status": "completed",
        "content": [content],
        "role": "assistant",
    }


def _function_call(answer: Answer, call: Call, at: int) -> dict[str, Any]:
    return {
        "id": f"fc_{answer.seed[:38]}{at:02d}",
        "type": "function_call",
        "status": "completed",
        "arguments": call.arguments,
        "call_id": f"call_{answer.seed[:22]}{at:02d}",
        "name": call.name,
    }

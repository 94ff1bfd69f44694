"""Renders an answer as Anthropic's Messages API does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from suffice.testing.replay_upstream.answers import Answer, Call, Tokens
from suffice.testing.replay_upstream.ask import Ask
from suffice.testing.replay_upstream.pieces import named_event, pieces

_SIZES = (2, 5, 3, 6)


def body(answer: Answer, ask: Ask) -> bytes:
    """Returns the whole answer as one compact JSON document."""
    content: list[dict[str, Any]] = []
    if answer.text is not None:
        content.append({"type": "text", "text": answer.text})
    for at, call in enumerate(answer.calls):
        content.append({**_tool_use(answer, call, at), "input": _input(call)})
    document = _message(answer, content, stop_reason=_stop_reason(answer))
    if ask.with_usage:
        document["usage"] = usage(answer.tokens, answer.tokens.output)
    return msgspec.json.encode(document)


def events(answer: Answer, ask: Ask) -> Iterator[bytes]:
    """Yields the answer as the events of a stream, each complete with its frame."""
    return map(named_event, _events(answer, ask))


def usage(tokens: Tokens, output_tokens: int) -> dict[str, Any]:
    """Returns the usage object: `input_tokens` leaves out what the cache served and what was written to it.

    Args:
        tokens: Of the answer.
        output_tokens: Generated so far; at the start of a stream the API says 1.
    """
    return {
        "input_tokens": tokens.input - tokens.cached - tokens.cache_write,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": tokens.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output_tokens,
        "service_tier": "standard",
    }


def _events(answer: Answer, ask: Ask) -> Iterator[dict[str, Any]]:
    started = _message(answer, [], stop_reason=None)
    if ask.with_usage:
        started["usage"] = usage(answer.tokens, 1)
    yield {"type": "message_start", "message": started}
    index = 0
    if answer.text is not None:
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces(answer.text, _SIZES)]
        yield from _block_events(index, {"type": "text", "text": ""}, deltas)
        index += 1
    for at, call in enumerate(answer.calls):
        given = msgspec.json.encode(_input(call)).decode()
        deltas = [
            {"type": "input_json_delta", "partial_json": piece} for piece in ("", *pieces(given, _SIZES))
        ]
        yield from _block_events(index + at, {**_tool_use(answer, call, at), "input": {}}, deltas)
    end: dict[str, Any] = {
        "type": "message_delta",
        "delta": {"stop_reason": _stop_reason(answer), "stop_sequence": None},
    }
    if ask.with_usage:
        whole = usage(answer.tokens, answer.tokens.output)
        end["usage"] = {name: count for name, count in whole.items() if name.endswith("_tokens")}
    yield end
    yield {"type": "message_stop"}


def _block_events(
    index: int, block: dict[str, Any], deltas: list[dict[str, str]]
) -> Iterator[dict[str, Any]]:
    yield {"type": "content_block_start", "index": index, "content_block": block}
    if index == 0:
        yield {"type": "ping"}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _message(answer: Answer, content: list[dict[str, Any]], *, stop_reason: str | None) -> dict[str, Any]:
    return {
        "id": f"msg_01{answer.seed[:22]}",
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
    }


def _tool_use(answer: Answer, call: Call, at: int) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_01{answer.seed[:20]}{at:02d}", "name": call.name}


def _input(call: Call) -> dict[str, Any]:
    """The arguments as an object: this API has no other form, so what is none is put under a name."""
    try:
        given = msgspec.json.decode(call.arguments)
    except msgspec.DecodeError:
        given = call.arguments
    return given if isinstance(given, dict) else {"arguments": given}


def _stop_reason(answer: Answer) -> str:
    return "tool_use" if answer.calls else "end_turn"

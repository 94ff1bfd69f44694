"""Makes the whole response of a stream's bytes: the body that the client API would have sent without streaming.

What an event adds is merged generically, so that fields that are not known here are kept. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from suffice.proxy.sse import EventSplitter, data_of
from suffice.types import ClientApi

Json = dict[str, Any]

_decode = msgspec.json.Decoder().decode
_NOT_DATA = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
# Compared and not looked up: what a provider sends need not be hashable.
_DONE = (None, "completed", "incomplete")
_ENDS = ("response.completed", "response.incomplete")
# A delta repeats these; it does not add to them.
_SAID_ONCE = frozenset({"role", "id", "type", "index", "object", "model", "created", "signature"})


def whole(api: ClientApi, raw: bytes, *, events: bool) -> Json | None:
    """Returns the body of a response, or `None` if the bytes are no whole answer.

    Args:
        api: The client API that it speaks.
        raw: All bytes of the body.
        events: Whether they are a stream of server-sent events.
    """
    if not events:
        try:
            body = _decode(raw)
        except _NOT_DATA:
            return None
        return body if isinstance(body, dict) and _is_answer(api, body) else None
    assemble = _ASSEMBLE.get(api)
    return None if assemble is None else assemble(_events(raw))


def _is_answer(api: ClientApi, body: Json) -> bool:
    # A response that is made in the background says `queued`, and comes later, elsewhere.
    return not body.get("error") and (api != "responses" or body.get("status") in _DONE)


def _events(raw: bytes) -> Iterator[Json]:
    splitter = EventSplitter()
    for event in (*splitter.feed(raw), splitter.rest()):
        try:
            data = _decode(data_of(event))
        except _NOT_DATA:
            continue
        if isinstance(data, dict):
            yield data


def _chat_completion(events: Iterator[Json]) -> Json | None:
    body: Json = {}
    choices: dict[int, Json] = {}
    for event in events:
        if event.get("error"):
            return None
        for choice in _objects(event.get("choices")):
            index = choice.get("index")
            if isinstance(index, int):
                _add_choice(choices.setdefault(index, {"index": index, "message": {}}), choice)
        body.update((key, value) for key, value in event.items() if key != "choices" and value is not None)
    if not choices or any(choice.get("finish_reason") is None for choice in choices.values()):
        return None
    body["object"] = "chat.completion"
    body["choices"] = [choices[index] for index in sorted(choices)]
    for choice in body["choices"]:
        message = choice["message"]
        message.setdefault("role", "assistant")
        message.setdefault("content", None)
        for call in _objects(message.get("tool_calls")):
            call.pop("index", None)
    return body


def _add_choice(whole_choice: Json, part: Json) -> None:
    delta = part.get("delta")
    if isinstance(delta, dict):
        _merge(whole_choice["message"], delta)
    rest = {key: value for key, value in part.items() if key not in {"delta", "index", "finish_reason"}}
    _merge(whole_choice, rest)
    if part.get("finish_reason") is not None:
        whole_choice["finish_reason"] = part["finish_reason"]


def _merge(into: Json, delta: Mapping[str, Any]) -> None:
    for key, value in delta.items():
        old = into.get(key)
        if value is None:
            into.setdefault(key, None)
        elif old is None:
            # The parts of a list may be deltas in turn: they are merged into a list of our own.
            into[key] = _merged_list([], value) if isinstance(value, list) else value
        elif isinstance(old, str) and isinstance(value, str) and key not in _SAID_ONCE:
            # A name comes whole with the first part; some servers repeat it with each.
            into[key] = old if key == "name" and old == value else old + value
        elif isinstance(old, dict) and isinstance(value, dict):
            into[key] = dict(old)
            _merge(into[key], value)
        elif isinstance(old, list) and isinstance(value, list):
            _merged_list(old, value)
        elif key not in _SAID_ONCE or value != "":
            into[key] = value


def _merged_list(into: list[Any], parts: list[Any]) -> list[Any]:
    for part in parts:
        if not isinstance(part, dict) or not isinstance(part.get("index"), int):
            into.append(part)
            continue
        for item in into:
            if isinstance(item, dict) and item.get("index") == part["index"]:
                _merge(item, part)
                break
        else:
            into.append(dict(part))
    return into


def _message(events: Iterator[Json]) -> Json | None:
    body: Json | None = None
    blocks: dict[int, Json] = {}
    partial: dict[int, str] = {}
    ended = False
    for event in events:
        kind, index = event.get("type"), event.get("index")
        if kind == "message_start" and isinstance(event.get("message"), dict):
            body = dict(event["message"])
        elif kind == "content_block_start" and isinstance(index, int):
            blocks[index] = _object(event.get("content_block"))
        elif kind == "content_block_delta" and isinstance(index, int) and index in blocks:
            _add_to_block(blocks[index], _object(event.get("delta")), partial, index)
        elif kind == "message_delta" and body is not None:
            body.update(_object(event.get("delta")))
            body["usage"] = {**_object(body.get("usage")), **_object(event.get("usage"))}
        elif kind == "message_stop":
            ended = True
        elif kind == "error":
            return None
    if body is None or not ended:
        return None
    for index, text in partial.items():
        blocks[index]["input"] = _read_or_text(text)
    body["content"] = [blocks[index] for index in sorted(blocks)]
    return body


def _add_to_block(block: Json, delta: Json, partial: dict[int, str], index: int) -> None:
    match delta:
        case {"type": "input_json_delta", "partial_json": str(text)}:
            partial[index] = partial.get(index, "") + text
        case {"type": "citations_delta", "citation": citation}:
            block["citations"] = [*(block.get("citations") or []), citation]
        case _:
            for key, value in delta.items():
                if key != "type":
                    old = block.get(key)
                    block[key] = old + value if isinstance(old, str) and isinstance(value, str) else value


def _read_or_text(text: str) -> Any:
    try:
        return _decode(text) if text else {}
    except _NOT_DATA:
        # Cut off by the limit of tokens: kept as it came.
        return text


def _response(events: Iterator[Json]) -> Json | None:
    body = None
    for event in events:
        if event.get("type") in _ENDS and isinstance(event.get("response"), dict):
            body = event["response"]
    return body


def _object(value: Any) -> Json:
    return dict(value) if isinstance(value, dict) else {}


def _objects(value: Any) -> Iterator[Json]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


_ASSEMBLE: Mapping[ClientApi, Callable[[Iterator[Json]], Json | None]] = {
    "chat_completions": _chat_completion,
    "messages": _message,
    "responses": _response,
}

"""Messages of GenAI spans, of every convention there has been, as those of a chat completion. Pure.

1. Current: `gen_ai.input.messages`, `gen_ai.output.messages`, `gen_ai.system_instructions`, `gen_ai.tool.definitions`,
   on the span or on the event `gen_ai.client.inference.operation.details`: roles and parts.
2. Up to 1.36: one event a message (`gen_ai.user.message`, `gen_ai.choice` ...), as log records with a body or as span
   events with `gen_ai.event.content`.
3. Up to 1.27: span events `gen_ai.content.prompt` and `gen_ai.content.completion` with JSON in an attribute.
4. OpenLLMetry: flat attributes `gen_ai.prompt.0.role`, `gen_ai.completion.0.content`, `llm.request.functions.0.name`.

Source: https://github.com/open-telemetry/semantic-conventions-genai (docs/gen-ai), semantic-conventions v1.27.0 and
v1.36.0 (docs/gen-ai), OpenLLMetry's semantic conventions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from suffice.evidence.importers._entries import Entry, decoded, mapping, text
from suffice.evidence.importers._spans import as_json, indexed

_ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_FINISHES = {"tool_call": "tool_calls"}


class Content(msgspec.Struct, kw_only=True):
    """What a span says of a conversation."""

    messages: list[dict[str, Any]] = []
    choices: list[dict[str, Any]] = []
    tools: list[dict[str, Any]] = []


def content_of(attributes: Entry, events: Iterable[Entry]) -> Content:
    """Returns the content of a span, of the first convention that has any; empty if it was not recorded.

    Args:
        attributes: Of the span, those of its details event laid over them.
        events: Span events and log records: name, attributes, body.
    """
    events = list(events)
    for found in (_parts(attributes), _message_events(events), _content_events(events), _flat(attributes)):
        if found.messages:
            return found
    return Content()


def _parts(attributes: Entry) -> Content:
    given = _list(attributes.get("gen_ai.input.messages"))
    system = decoded(attributes.get("gen_ai.system_instructions"))
    messages = [message for one in given for message in _messages(one)]
    if system:
        parts = system if isinstance(system, list) else [{"type": "text", "content": as_json(system)}]
        messages = [*_messages({"role": "system", "parts": parts}), *messages]
    return Content(
        messages=messages if given else [],
        choices=[
            _choice(number, one) for number, one in enumerate(_list(attributes.get("gen_ai.output.messages")))
        ],
        tools=[_tool(one) for one in _list(attributes.get("gen_ai.tool.definitions"))],
    )


def _messages(message: Entry) -> list[dict[str, Any]]:
    """One message of the convention: of several tool results each is a message of its own."""
    parts = [
        part if isinstance(part, dict) else {"type": "text", "content": part} for part in _parts_of(message)
    ]
    results = [
        {
            "role": "tool",
            "tool_call_id": text(part.get("id")),
            "content": as_json(part.get("response", part.get("result"))),
        }
        for part in parts
        if part.get("type") == "tool_call_response"
    ]
    calls = [
        _call(part.get("id"), part.get("name"), part.get("arguments"))
        for part in parts
        if part.get("type") == "tool_call"
    ]
    shown = [
        _shown(part)
        for part in parts
        if part.get("type") not in {"tool_call", "tool_call_response", "reasoning"}
    ]
    if not shown and not calls:
        return results
    only_text = all(one["type"] == "text" for one in shown)
    content = "\n".join(one["text"] for one in shown) if only_text else shown
    made: dict[str, Any] = {"role": text(message.get("role")) or "user", "content": content or None}
    if calls:
        made["tool_calls"] = calls
    return [made, *results]


def _parts_of(message: Entry) -> list[Any]:
    parts = message.get("parts", message.get("content"))
    return parts if isinstance(parts, list) else [] if parts is None else [parts]


def _shown(part: Entry) -> dict[str, Any]:
    match part:
        case {"type": "text", "content": content} | {"type": "text", "text": content}:
            return {"type": "text", "text": as_json(content)}
        case {"type": "blob", "modality": "image", "content": content}:
            return {
                "type": "image_url",
                "image_url": {"url": f"data:{part.get('mime_type') or 'image/png'};base64,{content}"},
            }
        case {"type": "uri", "modality": "image", "uri": uri}:
            return {"type": "image_url", "image_url": {"url": uri}}
        case {"type": "file", "file_id": file_id}:
            return {"type": "file", "file": {"file_id": file_id}}
        case _:
            return {**part, "type": text(part.get("type")) or "unknown"}


def _choice(number: int, message: Entry) -> dict[str, Any]:
    made = next(iter(_messages({**message, "role": "assistant"})), {"role": "assistant", "content": None})
    finish = text(message.get("finish_reason")) or ("tool_calls" if made.get("tool_calls") else "stop")
    return {"index": number, "message": made, "finish_reason": _FINISHES.get(finish, finish)}


def _message_events(events: list[Entry]) -> Content:
    found = Content(messages=[], choices=[])
    for event in events:
        name = text(event.get("name"))
        body = mapping(event.get("body")) or mapping(
            mapping(event.get("attributes")).get("gen_ai.event.content")
        )
        if name in _ROLES:
            found.messages.append(_plain_message(body, _ROLES[name]))
        elif name == "gen_ai.choice":
            inner = mapping(body.get("message")) or body
            number = body.get("index")
            found.choices.append(
                {
                    "index": number if isinstance(number, int) else len(found.choices),
                    "message": _plain_message(inner, "assistant"),
                    "finish_reason": text(body.get("finish_reason")) or "stop",
                }
            )
    return found


def _plain_message(body: Entry, role: str) -> dict[str, Any]:
    made: dict[str, Any] = {"role": text(body.get("role")) or role, "content": body.get("content")}
    calls = [
        _call(
            call.get("id"),
            mapping(call.get("function")).get("name"),
            mapping(call.get("function")).get("arguments"),
        )
        for call in _list(body.get("tool_calls"))
    ]
    if calls:
        made["tool_calls"] = calls
    if role == "tool":
        made["tool_call_id"] = text(body.get("id"))
    return made


def _content_events(events: list[Entry]) -> Content:
    found = Content(messages=[], choices=[])
    for event in events:
        attributes = mapping(event.get("attributes"))
        if event.get("name") == "gen_ai.content.prompt":
            found.messages += [
                _plain_message(one, "user") for one in _spoken(attributes.get("gen_ai.prompt"))
            ]
        elif event.get("name") == "gen_ai.content.completion":
            for one in _spoken(attributes.get("gen_ai.completion")):
                message = _plain_message(one, "assistant")
                found.choices.append(
                    {"index": len(found.choices), "message": message, "finish_reason": "stop"}
                )
    return found


def _spoken(value: object) -> list[Entry]:
    value = decoded(value)
    if isinstance(value, str):
        return [{"content": value}]
    return [value] if isinstance(value, dict) else _list(value)


def _flat(attributes: Entry) -> Content:
    choices = [
        {
            "index": number,
            "message": _flat_message({**one, "role": "assistant"}),
            "finish_reason": text(one.get("finish_reason")) or "stop",
        }
        for number, one in enumerate(indexed(attributes, "gen_ai.completion"))
    ]
    return Content(
        messages=[_flat_message(one) for one in indexed(attributes, "gen_ai.prompt")],
        choices=choices,
        tools=[_tool(one) for one in indexed(attributes, "llm.request.functions")],
    )


def _flat_message(found: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {
        "role": text(found.get("role")) or "user",
        "content": decoded(found.get("content")),
    }
    if not isinstance(made["content"], str | list | None):
        made["content"] = found.get("content")
    calls = [
        _call(one.get("id"), one.get("name"), one.get("arguments")) for one in indexed(found, "tool_calls")
    ]
    if calls:
        made["tool_calls"] = calls
    if made["role"] == "tool":
        made["tool_call_id"] = text(found.get("tool_call_id"))
    return made


def _call(id_: object, name: object, arguments: object) -> dict[str, Any]:
    function = {"name": text(name), "arguments": as_json({} if arguments is None else arguments)}
    return {"id": text(id_), "type": "function", "function": function}


def _tool(found: Entry) -> dict[str, Any]:
    function: dict[str, Any] = {"name": text(found.get("name"))}
    if text(found.get("description")):
        function["description"] = found["description"]
    parameters = mapping(found.get("parameters"))
    if parameters:
        function["parameters"] = parameters
    return {"type": "function", "function": function}


def _list(value: object) -> list[Entry]:
    value = decoded(value)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

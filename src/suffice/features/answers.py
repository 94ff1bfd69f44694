"""READ: the response of any client API, in one form: what graders and the check on a cheap answer see.

Sources: OpenAI API reference, "chat completion object" and "response object"; Anthropic API reference, "messages".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from suffice.types import ClientApi


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a tool in an answer."""

    name: str
    arguments: Any
    """Decoded JSON; the raw text where it is no JSON."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, read from any client API's response."""

    model: str
    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish: str | None = None
    """stop, length, tool_calls, content_filter or what the provider says."""
    refusal: bool = False
    """The response says of itself that the model refused."""
    body: Mapping[str, Any] = {}
    """The response as it came."""


_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "refusal": "refusal",
}
"""The providers' words for how an answer ended, in one convention; other words stay as they are."""


def read_answer(api: ClientApi, body: object, *, model: str = "") -> Answered | None:
    """Returns the answer in a response's body, the first choice where there are several.

    Args:
        api: Whose response it is.
        body: Decoded JSON. Untrusted.
        model: What was asked for, where the response does not name what served.

    Returns:
        `None` where it is no response of that API, such as an error: there is nothing to grade.
    """
    if not isinstance(body, dict) or isinstance(body.get("error"), dict):
        return None
    reader = _READERS.get(api)
    read = reader(body) if reader is not None else None
    if read is None:
        return None
    finish = _FINISH.get(read.finish or "", read.finish)
    served = body.get("model")
    return msgspec.structs.replace(
        read,
        model=served if isinstance(served, str) and served else model,
        finish=finish,
        refusal=read.refusal or finish == "refusal",
        body=body,
    )


def _chat(body: Mapping[str, Any]) -> Answered | None:
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return None
    refusal = _word(message.get("refusal")) or ""
    return Answered(
        model="",
        text=_text(message.get("content")) or refusal,
        tool_calls=tuple(_chat_calls(message)),
        finish=_word(choice.get("finish_reason")),
        refusal=bool(refusal),
    )


def _chat_calls(message: Mapping[str, Any]) -> Iterator[ToolCall]:
    legacy = message.get("function_call")
    if isinstance(legacy, dict):
        yield _call(legacy.get("name"), legacy.get("arguments"))
    for call in _objects(message.get("tool_calls")):
        custom, function = call.get("custom"), call.get("function")
        if isinstance(function, dict):
            yield _call(function.get("name"), function.get("arguments"))
        elif isinstance(custom, dict):
            yield ToolCall(name=_word(custom.get("name")) or "", arguments=custom.get("input"))


def _responses(body: Mapping[str, Any]) -> Answered | None:
    output = body.get("output")
    if not isinstance(output, list):
        return None
    texts: list[str] = []
    calls: list[ToolCall] = []
    refused = False
    for item in _objects(output):
        if item.get("type") == "message":
            parts = list(_objects(item.get("content")))
            refused = refused or any(part.get("type") == "refusal" for part in parts)
            texts += [_word(part.get("text")) or _word(part.get("refusal")) or "" for part in parts]
        elif item.get("type") == "function_call":
            calls.append(_call(item.get("name"), item.get("arguments")))
        elif item.get("type") == "custom_tool_call":
            calls.append(ToolCall(name=_word(item.get("name")) or "", arguments=item.get("input")))
    details = body.get("incomplete_details")
    cut = _word(details.get("reason")) if isinstance(details, dict) else None
    finish = cut or ("tool_calls" if calls else _word(body.get("status")))
    return Answered(model="", text="".join(texts), tool_calls=tuple(calls), finish=finish, refusal=refused)


def _messages(body: Mapping[str, Any]) -> Answered | None:
    content = body.get("content")
    if not isinstance(content, list):
        return None
    calls = tuple(
        ToolCall(name=_word(part.get("name")) or "", arguments=part.get("input"))
        for part in _objects(content)
        if part.get("type") == "tool_use"
    )
    return Answered(model="", text=_text(content), tool_calls=calls, finish=_word(body.get("stop_reason")))


def _call(name: object, arguments: object) -> ToolCall:
    """A call whose arguments come as JSON in a text; what is no JSON stays text."""
    if isinstance(arguments, str):
        with suppress(msgspec.MsgspecError, RecursionError, UnicodeEncodeError):
            arguments = msgspec.json.decode(arguments or "{}")
    return ToolCall(name=_word(name) or "", arguments=arguments)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "".join(
        text
        for part in _objects(content)
        if part.get("type") in ("text", "output_text") and (text := _word(part.get("text")))
    )


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def _word(value: object) -> str | None:
    return value if isinstance(value, str) else None


_READERS = {"chat_completions": _chat, "responses": _responses, "messages": _messages}

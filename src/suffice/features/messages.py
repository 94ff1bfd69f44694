"""The conversation of any client API as one list of turns: who spoke, the text, and what else the turn carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]

MOST_TURNS = 1_000
"""Of a longer conversation the first and the last are read."""
_MOST_PARTS = 256
_MOST_CALLS = 32
_MOST_VALUES = 200

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
"""Who speaks, by every name that a client API has for it."""
_TEXT = frozenset({"text", "input_text", "output_text"})
_MODALITIES = {
    "image_url": "image",
    "input_image": "image",
    "image": "image",
    "computer_screenshot": "image",
    "input_audio": "audio",
    "audio": "audio",
    "file": "file",
    "input_file": "file",
    "document": "file",
}
_PINS = frozenset({"thinking", "redacted_thinking", "reasoning"})
_SOURCES = frozenset({"document", "file", "input_file", "search_result"})
_CALL_ITEMS = frozenset(
    {"function_call", "custom_tool_call", "computer_call", "local_shell_call", "shell_call"}
)
_RESULT_ITEMS = frozenset(f"{kind}_output" for kind in _CALL_ITEMS)


class Turn(msgspec.Struct, frozen=True, gc=False):
    """One message, or one item of a Responses input."""

    role: Role
    text: str
    modalities: frozenset[str] = frozenset()
    calls_tools: bool = False
    pinned: bool = False
    """It carries a signature or an encrypted state that only the model that made it can read."""
    attachments: int = 0
    """Images, recordings and files."""
    sources: int = 0
    """Documents and search results that came as parts of their own."""
    call_chars: int = 0
    """Characters of the arguments of its tool calls."""
    failed: bool = False
    """The client marks this tool's result as an error."""


def turns_of(body: Mapping[str, Any]) -> list[Turn]:
    """Returns the turns of a request, oldest first, instructions before everything. Never raises."""
    turns = _told(body) if "system" in body or "instructions" in body else []
    messages = body.get("messages", body.get("input"))
    if isinstance(messages, list):
        if len(messages) > MOST_TURNS:
            messages = messages[: MOST_TURNS // 4] + messages[-(MOST_TURNS * 3) // 4 :]
        return turns + turns_in(messages)
    if isinstance(messages, str):
        turns.append(Turn("user", messages))
    return turns


def turns_in(messages: list[Any]) -> list[Turn]:
    """Returns the turns of some messages, or items of a Responses input."""
    turns = []
    for message in messages:
        if isinstance(message, dict):
            content, said = message.get("content"), message.get("role")
            # Most messages are a role and a text.
            if len(message) == 2 and isinstance(content, str) and isinstance(said, str):
                turns.append(Turn(ROLES.get(said, "user"), content))
            else:
                turns.append(_turn(message, content))
    return turns


def _told(body: Mapping[str, Any]) -> list[Turn]:
    told = (body.get("system"), body.get("instructions"))
    return [Turn("system", text) for given in told if given is not None and (text := _text(given))]


def _turn(message: Mapping[str, Any], content: object) -> Turn:
    kind = message.get("type")
    if isinstance(kind, str) and (item := _item(kind, message)) is not None:
        return item
    said = message.get("role")
    role = ROLES.get(said, "user") if isinstance(said, str) else "user"
    calls = message.get("tool_calls")
    called = calls[:_MOST_CALLS] if isinstance(calls, list) else []
    if isinstance(content, str):
        return Turn(
            role, content, calls_tools=isinstance(calls, list), call_chars=sum(map(_call_chars, called))
        )
    turn = _turn_of_parts(role, list(_parts(content)))
    if not isinstance(calls, list):
        return turn
    return msgspec.structs.replace(turn, calls_tools=True, call_chars=sum(map(_call_chars, called)))


def _item(kind: str, message: Mapping[str, Any]) -> Turn | None:
    """An item of a Responses input that is no message; `None` if it is one."""
    if kind in _CALL_ITEMS:
        given = message.get("arguments", message.get("input", message.get("action")))
        return Turn("assistant", "", calls_tools=True, call_chars=_size(given))
    if kind in _RESULT_ITEMS:
        output = message.get("output")
        images = _modalities([output] if isinstance(output, dict) else list(_parts(output)))
        failed = message.get("status") in ("failed", "incomplete")
        return Turn("tool", _text(output), frozenset(images), attachments=len(images), failed=failed)
    if kind == "reasoning":
        return Turn("assistant", "", pinned=bool(message.get("encrypted_content")))
    return None


def _turn_of_parts(role: Role, parts: list[Mapping[str, Any]]) -> Turn:
    kinds = [kind if isinstance(kind := part.get("type"), str) else "" for part in parts]
    modalities = _modalities(parts)
    failed = False
    if "tool_result" in kinds:
        role = "tool"
        results = [part for part, kind in zip(parts, kinds, strict=True) if kind == "tool_result"]
        failed = any(part.get("is_error") is True for part in results)
        modalities += [found for part in results for found in _modalities(list(_parts(part.get("content"))))]
    return Turn(
        role,
        "\n".join(filter(None, map(_part_text, parts))),
        modalities=frozenset(modalities),
        calls_tools="tool_use" in kinds,
        pinned=any(kind in _PINS for kind in kinds),
        attachments=len(modalities),
        sources=sum(kind in _SOURCES for kind in kinds),
        call_chars=sum(_size(part.get("input")) for part in parts if part.get("type") == "tool_use"),
        failed=failed,
    )


def _modalities(parts: list[Mapping[str, Any]]) -> list[str]:
    kinds = (part.get("type") for part in parts)
    return [_MODALITIES[kind] for kind in kinds if isinstance(kind, str) and kind in _MODALITIES]


def _part_text(part: Mapping[str, Any]) -> str:
    kind = part.get("type")
    if kind in ("tool_result", "search_result"):
        return _text(part.get("content"))
    if kind == "document" and isinstance(source := part.get("source"), dict):
        # Anything but a text is a file in base64.
        return _text(source.get("data") if source.get("type") == "text" else source.get("content"))
    text = part.get("text")
    return text if isinstance(text, str) and (kind is None or kind in _TEXT) else ""


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(text for part in _parts(content) if isinstance(text := part.get("text"), str))


def _parts(content: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        for part in content[:_MOST_PARTS]:
            if isinstance(part, dict):
                yield part


def _call_chars(call: object) -> int:
    if not isinstance(call, dict):
        return 0
    function = call.get("function", call.get("custom"))
    return _size(function.get("arguments", function.get("input"))) if isinstance(function, dict) else 0


def _size(value: object) -> int:
    """About how many characters of JSON a value is; of a large one, of its first values."""
    waiting, size, seen = [value], 0, 0
    while waiting and seen < _MOST_VALUES:
        node = waiting.pop()
        seen += 1
        if isinstance(node, str):
            size += len(node) + 2 * (seen > 1)
        elif isinstance(node, dict):
            size += 2 * bool(node) + sum(
                len(key) + 4 for key in list(node)[:_MOST_VALUES] if isinstance(key, str)
            )
            waiting.extend(list(node.values())[:_MOST_VALUES])
        elif isinstance(node, list):
            waiting.extend(node[:_MOST_VALUES])
        elif node is not None:
            size += 5
    return size

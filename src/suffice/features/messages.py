"""The conversation of any client API as one list of turns: who spoke, the text, and what else the turn carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]

MOST_TURNS = 400
"""Of a longer conversation the first and the last are read."""
_MOST_PARTS = 64

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_TEXT = frozenset({"text", "input_text", "output_text"})
_MODALITIES = {
    "image_url": "image",
    "input_image": "image",
    "image": "image",
    "input_audio": "audio",
    "file": "file",
    "input_file": "file",
    "document": "file",
}
_PINS = frozenset({"thinking", "redacted_thinking", "reasoning"})


class Turn(msgspec.Struct, frozen=True):
    """One message, or one item of a Responses input."""

    role: Role
    text: str
    modalities: frozenset[str] = frozenset()
    calls_tools: bool = False
    pinned: bool = False
    """It carries a signature or an encrypted state that only the model that made it can read."""


def turns_of(body: Mapping[str, Any]) -> list[Turn]:
    """Returns the turns of a request, oldest first, instructions before everything. Never raises."""
    turns = [
        Turn("system", text) for text in (_text(body.get("system")), _text(body.get("instructions"))) if text
    ]
    messages = body.get("messages", body.get("input"))
    if isinstance(messages, str):
        return [*turns, Turn("user", messages)]
    if not isinstance(messages, list):
        return turns
    if len(messages) > MOST_TURNS:
        messages = messages[: MOST_TURNS // 4] + messages[-(MOST_TURNS * 3) // 4 :]
    turns.extend(_turn(message) for message in messages if isinstance(message, dict))
    return turns


def _turn(message: Mapping[str, Any]) -> Turn:
    kind = message.get("type")
    # Items of a Responses input that are no messages.
    if kind == "function_call":
        return Turn("assistant", _text(message.get("arguments")), calls_tools=True)
    if kind == "function_call_output":
        return Turn("tool", _text(message.get("output")))
    if kind == "reasoning":
        return Turn("assistant", "", pinned=bool(message.get("encrypted_content")))
    said = message.get("role")
    role = _ROLES.get(said, "user") if isinstance(said, str) else "user"
    content = message.get("content")
    calls = isinstance(message.get("tool_calls"), list)
    if isinstance(content, str):
        return Turn(role, content, calls_tools=calls)
    return _turn_of_parts(role, list(_parts(content)), calls=calls)


def _turn_of_parts(role: Role, parts: list[Mapping[str, Any]], *, calls: bool) -> Turn:
    kinds = [kind if isinstance(kind := part.get("type"), str) else "" for part in parts]
    if "tool_result" in kinds:
        role = "tool"
    return Turn(
        role,
        "\n".join(filter(None, map(_part_text, parts))),
        modalities=frozenset(_MODALITIES[kind] for kind in kinds if kind in _MODALITIES),
        calls_tools=calls or "tool_use" in kinds,
        pinned=any(kind in _PINS for kind in kinds),
    )


def _part_text(part: Mapping[str, Any]) -> str:
    kind = part.get("type")
    if kind == "tool_result":
        return _text(part.get("content"))
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

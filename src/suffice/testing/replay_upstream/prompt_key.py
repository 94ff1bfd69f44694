"""Says which recorded prompt a request is, whatever API it speaks and whatever model it names.

A prompt's key is a digest of its conversation and its tools, each brought into one form for all three APIs: a
list of atoms such as `["user", text]` or `["call", name, arguments]`. Tool-call ids are left out, because
each API has its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

Atom = tuple[str, ...]

_ENCODE_SORTED = msgspec.json.Encoder(order="sorted").encode
_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


class MalformedRequest(Exception):  # noqa: N818 -- it is about the client's request, named as the client sees it
    """The body is not a request of the API; the message says where, in the API's own words."""


def prompt_key(api: str, body: Mapping[str, Any]) -> bytes:
    """Returns the 16-byte key of the prompt in a request.

    Args:
        api: `chat_completions`, `responses` or `messages`.
        body: The decoded request.

    Raises:
        MalformedRequest: Messages or tools do not have the shape that the API defines.

    >>> chat = {"messages": [{"role": "user", "content": "hello"}]}
    >>> prompt_key("chat_completions", chat) == prompt_key("responses", {"input": "hello"})
    True
    """
    atoms, tools = _READERS[api](body), body.get("tools") or []
    system = "\n\n".join(atom[1] for atom in atoms if atom[0] == "system")
    turns = [atom for atom in atoms if atom[0] != "system"]
    canonical = [system, turns, [_tool(tool) for tool in _objects(tools, "tools")]]
    return hashlib.blake2b(_ENCODE_SORTED(canonical), digest_size=16).digest()


def _chat_atoms(body: Mapping[str, Any]) -> list[Atom]:
    atoms: list[Atom] = []
    for message in _objects(body.get("messages"), "messages"):
        role = _role(message)
        atoms += _content_atoms("result" if role == "tool" else role, message.get("content"))
        for call in _objects(message.get("tool_calls") or [], "tool_calls"):
            function = call.get("function")
            if isinstance(function, dict):
                atoms.append(_call(function.get("name"), function.get("arguments")))
    return atoms


def _responses_atoms(body: Mapping[str, Any]) -> list[Atom]:
    atoms = _content_atoms("system", body.get("instructions"))
    given = body.get("input")
    if isinstance(given, str):
        return [*atoms, ("user", given)]
    for item in _objects(given, "input"):
        kind = item.get("type", "message")
        if kind == "message":
            atoms += _content_atoms(_role(item), item.get("content"))
        elif kind == "function_call":
            atoms.append(_call(item.get("name"), item.get("arguments")))
        elif kind == "function_call_output":
            atoms += _content_atoms("result", item.get("output"))
        else:
            atoms.append(("part", _text_of(item)))
    return atoms


def _messages_atoms(body: Mapping[str, Any]) -> list[Atom]:
    atoms = _content_atoms("system", body.get("system"))
    for message in _objects(body.get("messages"), "messages"):
        atoms += _content_atoms(_role(message), message.get("content"))
    return atoms


_READERS = {"chat_completions": _chat_atoms, "responses": _responses_atoms, "messages": _messages_atoms}


def _content_atoms(role: str, content: Any) -> list[Atom]:
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [(role, content)]
    return [atom for part in _objects(content, "content") for atom in _part_atoms(role, part)]


def _part_atoms(role: str, part: dict[str, Any]) -> Iterator[Atom]:
    kind = part.get("type")
    if kind in _TEXT_PARTS:
        yield role, str(part.get("text", ""))
    elif kind == "tool_use":
        yield _call(part.get("name"), part.get("input"))
    elif kind == "tool_result":
        yield from _content_atoms("result", part.get("content"))
    elif kind in {"image_url", "input_image", "image"}:
        yield "image", _image(part)
    else:
        yield "part", _text_of(part)


def _image(part: dict[str, Any]) -> str:
    """An image's URL in the form that OpenAI uses: `data:` for one in the body."""
    where = part.get("image_url", part.get("source"))
    if not isinstance(where, dict):
        return str(where)
    if where.get("type") == "base64":
        return f"data:{where.get('media_type')};base64,{where.get('data')}"
    return str(where.get("url"))


def _call(name: Any, arguments: Any) -> Atom:
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments)
        except msgspec.DecodeError:
            return "call", str(name), arguments
    return "call", str(name), _text_of(arguments)


def _tool(tool: dict[str, Any]) -> list[Any]:
    inner = tool.get("function")
    function = inner if isinstance(inner, dict) else tool
    schema = function.get("parameters", function.get("input_schema"))
    return [function.get("name"), function.get("description"), schema]


def _role(message: Mapping[str, Any]) -> str:
    role = message.get("role")
    if not isinstance(role, str):
        raise MalformedRequest("Missing required parameter: 'messages[].role'.")
    return "system" if role == "developer" else role


def _objects(value: Any, name: str) -> Sequence[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedRequest(f"Invalid type for '{name}': expected an array of objects.")
    return value


def _text_of(value: Any) -> str:
    return _ENCODE_SORTED(value).decode()

"""How a request's bytes change when another model serves it: as little as possible, and nothing else.

The client's bytes stay as they are: order, white space, numbers as they were written, members that nobody here knows.
Only top-level members change, and the roles of messages. Where they stand is found without decoding their values: the
decoder skips them, and their lengths say where the next one begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec


class Patch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What is different when another model serves a request; everything else stays byte for byte."""

    model: str
    """The model to ask for."""
    provider: str
    """Who serves it."""
    path: str = ""
    """Below the provider's base URL, where another provider serves: `v1/chat/completions`. Empty: as the client's."""
    bearer: bool = False
    """The key goes into `authorization`, whatever the provider's own wire format does."""
    renamed: Mapping[str, str] = {}
    """Top-level members that go by another name, with the value they have."""
    dropped: frozenset[str] = frozenset()
    """Top-level members that are left out: their value means what their absence means."""
    put: Mapping[str, Any] = {}
    """Top-level members with a new value; those that are not there yet go to the end."""
    roles: Mapping[str, str] = {}
    """Roles of messages that go by another name."""

    @property
    def only_model(self) -> bool:
        """Whether nothing but the model's name is different."""
        return not (self.renamed or self.dropped or self.put or self.roles)


class _Member(msgspec.Struct, frozen=True, gc=False):
    """Where one member of an object stands in its bytes."""

    name: str
    start: int
    """Of its name's quote."""
    value: int
    end: int


class _Head(msgspec.Struct, gc=False):
    model: msgspec.Raw = msgspec.Raw()


_head_of = msgspec.json.Decoder(_Head).decode
_raw_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_raw_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_NAME = re.compile(rb'[ \t\n\r]*("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)
_SPACE = re.compile(rb"[ \t\n\r]*")
_MODEL = re.compile(rb'"model"[ \t\n\r]*:[ \t\n\r]*')
# How every letter of that name begins where it is written as an escape.
_ESCAPED = b"\\u006"
_SMALL = 16_384
_NEXT = re.compile(rb"[ \t\n\r]*,")
_scan = json.JSONDecoder(strict=False).raw_decode


def patched(body: bytes, patch: Patch) -> bytes:
    """Returns a request's bytes as another model gets them.

    Args:
        body: A JSON object, as it was read.
        patch: What to change.

    Returns:
        Bytes that decode to what `revised` says; of members that the patch does not name, the very same bytes.

    Raises:
        ValueError: It is no JSON object.

    >>> patched(b'{ "model": "big", "x": 1.50 }', Patch(model="small", provider="openai"))
    b'{ "model": "small", "x": 1.50 }'
    """
    if patch.only_model and len(body) <= _SMALL and (found := _with_model(body, patch.model)) is not None:
        return found
    put = {**patch.put, "model": patch.model}
    members, opening = _members(body)
    view, missing, before = memoryview(body), dict(put), 0
    pieces: list[bytes | memoryview] = []
    for member in members:
        separator, before = view[before : member.start], member.end
        name = member.name
        missing.pop(name, None)
        if name in patch.dropped and name not in put:
            continue
        pieces.append(separator if pieces else view[:opening])
        if name in put:
            pieces += [view[member.start : member.value], _encode(put[name])]
        elif name in patch.renamed:
            pieces += [_encode(patch.renamed[name]), b":", view[member.value : member.end]]
        elif name == "messages" and patch.roles:
            pieces += [
                view[member.start : member.value],
                _with_roles(body[member.value : member.end], patch.roles),
            ]
        else:
            pieces.append(view[member.start : member.end])
    for name, value in missing.items():
        pieces += [b"," if pieces else view[:opening], _encode(name), b":", _encode(value)]
    pieces.append(view[members[-1].end if members else opening :])
    return b"".join(pieces)


def revised(body: Mapping[str, Any], patch: Patch) -> dict[str, Any]:
    """Returns a decoded request as another model gets it: what `patched` makes of its bytes.

    >>> revised({"model": "big", "max_tokens": 9}, Patch(model="s", provider="p", renamed={"max_tokens": "limit"}))
    {'model': 's', 'limit': 9}
    """
    put = {**patch.put, "model": patch.model}
    found = {}
    for name, value in body.items():
        if name in patch.dropped and name not in put:
            continue
        if name == "messages" and name not in patch.renamed and isinstance(value, list):
            found[name] = [_role_changed(message, patch.roles) for message in value]
        else:
            found[patch.renamed.get(name, name)] = value
    return {**found, **put}


def _with_model(body: bytes, model: str) -> bytes | None:
    """The usual case, quickly: the body names a model once, and nowhere else anything by that name; else `None`.

    In a large body it takes longer to search for the name than to skip over the values.
    """
    at = body.find(b'"model"')
    if at < 0 or body.find(b'"model"', at + 1) > 0 or _ESCAPED in body:
        return None
    raw = bytes(_head_of(body).model)
    found = _MODEL.match(body, at)
    if not raw or found is None or not body.startswith(raw, found.end()):
        return None
    return b"".join([body[: found.end()], _encode(model), body[found.end() + len(raw) :]])


def _role_changed(message: Any, roles: Mapping[str, str]) -> Any:
    role = message.get("role") if isinstance(message, dict) else None
    return {**message, "role": roles[role]} if isinstance(role, str) and role in roles else message


def _with_roles(messages: bytes, roles: Mapping[str, str]) -> bytes:
    """The bytes of a list of messages with other roles; of those that do not change, the very same bytes."""
    if not messages.startswith(b"["):
        return messages
    pieces, at, last = [], 1, 0
    for raw in _raw_list(messages):
        at = _after(_SPACE, messages, at)
        end = at + memoryview(raw).nbytes
        if messages[at] == ord("{"):
            for member in _members(messages[at:end])[0]:
                value = messages[at + member.value : at + member.end]
                if member.name == "role" and value.startswith(b'"'):
                    role = msgspec.json.decode(value)
                    if role in roles:
                        pieces += [messages[last : at + member.value], _encode(roles[role])]
                        last = at + member.end
        found = _NEXT.match(messages, end)
        at = found.end() if found else end
    return b"".join([*pieces, messages[last:]])


def _members(body: bytes) -> tuple[list[_Member], int]:
    """The members of an object, and where the first one stands, or would."""
    opening = _after(_SPACE, body, 0) + 1
    if body[opening - 1 : opening] != b"{":
        raise ValueError("no JSON object")
    start = _after(_SPACE, body, opening)
    return _by_lengths(body, opening) or _one_by_one(body, opening), start


def _by_lengths(body: bytes, at: int) -> list[_Member] | None:
    """The usual way; `None` where a name is there twice, so that the lengths do not tell."""
    members = []
    for name, raw in _raw_object(body).items():
        found = _NAME.match(body, at)
        if found is None or _text(found[1]) != name:
            return None
        end = found.end() + memoryview(raw).nbytes
        members.append(_Member(name, found.start(1), found.end(), end))
        following = _NEXT.match(body, end)
        at = end if following is None else following.end()
    if at < len(body) and body[at:].strip(b" \t\n\r") == b"}" and (not members or members[-1].end == at):
        return members
    return None


def _one_by_one(body: bytes, at: int) -> list[_Member]:
    """The slow way, value by value: for what has a name twice."""
    members = []
    while (found := _NAME.match(body, at)) is not None:
        text = body[found.end() :].decode("utf-8", "surrogatepass")
        end = found.end() + len(text[: _scan(text)[1]].encode("utf-8", "surrogatepass"))
        members.append(_Member(_text(found[1]), found.start(1), found.end(), end))
        following = _NEXT.match(body, end)
        if following is None:
            break
        at = following.end()
    return members


def _text(name: bytes) -> str:
    return msgspec.json.decode(name, type=str) if b"\\" in name else name[1:-1].decode()


def _after(pattern: re.Pattern[bytes], body: bytes, at: int) -> int:
    found = pattern.match(body, at)
    return at if found is None else found.end()

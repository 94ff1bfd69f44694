"""Which session a request belongs to, as a digest: the ledger never sees the key itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

_HEADERS = (b"x-suffice-session", b"x-claude-code-session-id")
_FIRST = slice(4096)
_FIRST_MESSAGES = slice(4)
_encode = msgspec.msgpack.Encoder().encode


def session_of(headers: Mapping[bytes, bytes], body: Mapping[str, Any] | None) -> str:
    """Returns 16 hexadecimal digits that name the session; empty if nothing identifies one. Headers go first."""
    return session_said(headers) or ("" if body is None else session_in(body))


def session_said(headers: Mapping[bytes, bytes]) -> str:
    """Returns 16 hexadecimal digits that name the session which a header names; empty if none does.

    In this order: `x-suffice-session`, `x-claude-code-session-id`.
    """
    for name in _HEADERS:
        if value := headers.get(name):
            return _digest(value)
    return ""


def session_in(body: Mapping[str, Any]) -> str:
    """Returns 16 hexadecimal digits that name the session by its body; empty if nothing identifies one.

    In this order: `prompt_cache_key`, `metadata.user_id`, then the conversation's first messages up to and including
    the user's first.
    """
    if "prompt_cache_key" in body or "metadata" in body:
        key = body.get("prompt_cache_key")
        if not (isinstance(key, str) and key):
            metadata = body.get("metadata")
            key = metadata.get("user_id") if isinstance(metadata, dict) else None
        if isinstance(key, str) and key:
            return _digest(key.encode("utf-8", "surrogatepass"))
    return _first_messages(body)


def _first_messages(body: Mapping[str, Any]) -> str:
    messages = body["messages"] if "messages" in body else body.get("input")
    system = body["system"] if "system" in body else body.get("instructions")
    first = [None if system is None else _short(system)]
    if isinstance(messages, list):
        for message in messages[_FIRST_MESSAGES]:
            if isinstance(message, dict):
                content = message.get("content")
                first.append(content[_FIRST] if type(content) is str else _short(content))
                if message.get("role") == "user":
                    break
            else:
                first.append(_short(message))
    elif isinstance(messages, str):
        first.append(messages[_FIRST])
    if system is None and len(first) == 1:
        return ""
    return _digest(_encode(first))


def _short(part: object) -> object:
    # What tells conversations apart is at their beginning; an image in it must not cost its whole length.
    if isinstance(part, str):
        return part[_FIRST]
    if isinstance(part, list):
        return [
            item.get("text", "")[_FIRST]
            for item in part[:8]
            if isinstance(item, dict) and isinstance(item.get("text", ""), str)
        ]
    return None


def _digest(key: bytes) -> str:
    return hashlib.blake2b(key, digest_size=8).hexdigest()

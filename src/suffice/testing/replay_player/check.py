"""Checks that an answer is one: its status, and that a client could read it to its end."""

from __future__ import annotations

from typing import Any

import msgspec

_LAST_EVENTS = {
    "chat": b"data: [DONE]",
    "responses": b"event: response.completed",
    "messages": b"event: message_stop",
}
_FIELDS = {"chat": "choices", "responses": "output", "messages": "content"}


def failure_of(api: str, status: int, body: bytes, *, stream: bool) -> str | None:
    """Says in a few words what is wrong with an answer, or `None` if nothing is.

    Args:
        api: `chat`, `responses` or `messages`.
        status: HTTP status.
        body: All of it.
        stream: Whether events were asked for.
    """
    if status != 200:
        return f"status {status}"
    return _stream_failure(api, body) if stream else _document_failure(api, body)


def message_of(body: bytes) -> str:
    """Returns what an error answer says in words, cut to a line's length."""
    try:
        message = msgspec.json.decode(body)["error"]["message"]
    except (msgspec.DecodeError, LookupError, TypeError):
        message = body[:200].decode(errors="replace")
    return " ".join(str(message).split())[:200]


def _document_failure(api: str, body: bytes) -> str | None:
    try:
        document: Any = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return "body is not JSON"
    if not isinstance(document, dict) or not document.get(_FIELDS[api]):
        return f"body without {_FIELDS[api]}"
    return None


def _stream_failure(api: str, body: bytes) -> str | None:
    events = body.split(b"\n\n")
    if not body.endswith(b"\n\n") or not events[-2].startswith(_LAST_EVENTS[api]):
        return "stream broke off"
    for event in events[:-1]:
        # At the beginning of a line: an answer may speak of data as well.
        data = (b"\n" + event).partition(b"\ndata: ")[2]
        if data == b"[DONE]":
            continue
        try:
            msgspec.json.decode(data)
        except msgspec.DecodeError:
            return "event is not JSON"
    return None

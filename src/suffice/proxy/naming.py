r"""Gives an answer the model's name that the client asked for, and leaves every other byte as it came.

Within a JSON text a quote is escaped, so the bytes `"model":"` are never part of what a model wrote.
"""

from __future__ import annotations

import re

import msgspec

from suffice.policy.patch import Patch, patched
from suffice.types import ClientApi

_MODEL = re.compile(rb'"model"[ \t]*:[ \t]*"(?:[^"\\]|\\.)*"')
_SOME = {
    # Which events name a model; every chunk of a chat completion does.
    "messages": b"message_start",
    "responses": b'"response"',
}


class Naming:
    r"""Renames the model of one answer.

    Args:
        api: Whose answer.
        requested: What the client asked for.

    >>> naming = Naming("chat_completions", "big")
    >>> naming.events(b'data: {"model":"small","choices":[]}\n\n')
    b'data: {"model":"big","choices":[]}\n\n'
    """

    __slots__ = ("_found", "_name", "_named", "_only")

    def __init__(self, api: ClientApi, requested: str) -> None:
        self._name = requested
        self._only = _SOME.get(api, b"")
        self._found = b""
        self._named = b""

    def whole(self, body: bytes) -> bytes:
        """Returns a whole JSON answer under the client's name for its model; one that names none stays as it is."""
        if _MODEL.search(body) is None:
            return body
        return patched(body, Patch(model=self._name, provider=""))

    def events(self, events: bytes) -> bytes:
        """Returns whole events of a stream likewise."""
        if self._only:
            return events if self._only not in events else self._first_of_each(events)
        if not self._found:
            first = _MODEL.search(events)
            if first is None:
                return events
            self._found = first[0]
            self._named = self._renamed(first)
        return events.replace(self._found, self._named)

    def _first_of_each(self, events: bytes) -> bytes:
        # A long event, such as a response that repeats its instructions, may name other things so further on.
        return b"\n\n".join(
            _MODEL.sub(self._renamed, event, count=1) if self._only in event else event
            for event in events.split(b"\n\n")
        )

    def _renamed(self, found: re.Match[bytes]) -> bytes:
        whole = found[0]
        # Up to the quote that begins the value: the name itself holds no quote before it.
        start = whole.index(b":")
        quote = whole.index(b'"', start)
        return whole[:quote] + msgspec.json.encode(self._name)

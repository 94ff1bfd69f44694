"""Server-sent events as bytes: splits a stream into whole events and finds an event's data. A state machine, no I/O.

Every byte that goes in comes out, in order: the events of `feed` followed by `rest`, joined, are the stream.
Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

import re

_BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r){2}")
_DATA = re.compile(rb"^data:[ ]?(.*)$", re.MULTILINE)

MAX_EVENT_BYTES = 32 * 1024 * 1024
"""An event that is longer is handed out in pieces: memory stays bounded and nothing is lost."""


class EventSplitter:
    r"""Cuts a stream of chunks, however they fall, into events with their closing blank line.

    >>> splitter = EventSplitter()
    >>> splitter.feed(b"data: 1\n\nda"), splitter.feed(b"ta: 2\n"), splitter.feed(b"\n")
    ([b'data: 1\n\n'], [], [b'data: 2\n\n'])
    """

    __slots__ = ("held",)

    def __init__(self) -> None:
        self.held = bytearray()
        """What has come of an unfinished event: always this object, for others to read."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Takes a chunk and returns the events that it completes, oldest first."""
        if not self.held and chunk.endswith(b"\n\n") and b"\r" not in chunk and chunk.count(b"\n\n") == 1:
            return [chunk]
        tail = self.held
        # A blank line can begin at most three bytes before the new chunk; what is older was searched already.
        search_from = max(0, len(tail) - 3)
        tail += chunk
        events = []
        start = 0
        for match in _BLANK_LINE.finditer(tail, search_from):
            # A CR at the very end may be half of a CRLF: wait for the next byte.
            if match.end() == len(tail) and tail[-1:] == b"\r":
                break
            events.append(bytes(tail[start : match.end()]))
            start = match.end()
        if len(tail) - start > MAX_EVENT_BYTES:
            events.append(bytes(tail[start:]))
            start = len(tail)
        del tail[:start]
        return events

    def rest(self) -> bytes:
        """Returns what is left of an unfinished event when the stream has ended, and forgets it."""
        rest = bytes(self.held)
        self.held.clear()
        return rest


def data_of(event: bytes) -> bytes:
    r"""Returns an event's data lines joined by newlines; empty if it has none (a comment, a ping without data).

    >>> data_of(b"event: x\ndata: {}\n\n"), data_of(b": keep-alive\n\n")
    (b'{}', b'')
    """
    if b"\r" in event:
        event = event.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if event.startswith(b"data: ") and event.find(b"\n") >= len(event.rstrip(b"\n")):
        return event[6:].rstrip(b"\n")
    return b"\n".join(_DATA.findall(event))

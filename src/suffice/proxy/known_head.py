"""A head that comes again: the requests of one client on one connection differ in their bodies, seldom in their heads.

Such a request is known by its bytes and not parsed anew: what the parser made of the same head before still holds. Only
the digits of its content-length may be others, and they have to be the length of what follows.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from suffice.upstream.connection import Headers

if TYPE_CHECKING:
    from suffice.proxy.asgi import Message
    from suffice.proxy.head import Head

KNOWN = "suffice.known_head"
"""Where an exchange finds the known head in the scope, if it was one."""
WHOLE = "suffice.body"
"""Where it then finds the body."""
MOST_BYTES = 16 * 1024
"""A longer head is parsed each time: a connection keeps its last one."""

_MOST_DIGITS = 8
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,8})(?=[ \t]*(?:\r\n|$))", re.IGNORECASE)
# What may be another the next time, or asks the parser for more than a body of the declared length.
_OTHERWISE = frozenset({b"expect", b"upgrade", b"transfer-encoding"})


class KnownHead:
    """A head that has been parsed.

    Args:
        before: Its bytes up to the digits of the content-length.
        after: Its bytes behind them, the blank line included.
        scope: What the parser made of it; copied for each request.

    Attributes:
        read: What the first exchange that met it has read of it; nobody reads it again.
    """

    __slots__ = ("_after", "_after_bytes", "_before", "_first", "_start", "read", "scope")

    def __init__(self, before: bytes, after: bytes, scope: dict[str, Any]) -> None:
        self._before = before
        self._after = after
        self._start = len(before)
        self._first = after[:1]
        self._after_bytes = len(after)
        self.scope = scope
        self.read: Head | None = None

    @staticmethod
    def of(data: bytes, body: bytes | bytearray, headers: Headers, scope: dict[str, Any]) -> KnownHead | None:
        """Returns the head of a request, to be known when it comes again; `None` if it has to be parsed each time.

        Args:
            data: A request from its first byte on, and nothing else.
            body: What the parser has taken for its body so far.
            headers: What the parser took for its headers.
            scope: What the server made of it.
        """
        head, _, rest = data.partition(b"\r\n\r\n")
        found = None if len(head) > MOST_BYTES else _LENGTH.search(head)
        names = [name for name, _ in headers]
        if found is None or not _OTHERWISE.isdisjoint(names) or names.count(b"content-length") != 1:
            return None
        # One line each: what was found is the one header of this name. And the parser saw the head's end there too.
        if head.count(b"\r\n") != len(names) or dict(headers)[b"content-length"] != found[1] or rest != body:
            return None
        return KnownHead(head[: found.start(1)], head[found.end(1) :] + b"\r\n\r\n", scope)

    def is_head(self, data: bytes) -> bool:
        """Tells whether this is the head, and nothing after it."""
        before, after = self._before, self._after
        digits = data[len(before) : len(data) - len(after)]
        fits = len(digits) <= _MOST_DIGITS and digits.isdigit()
        return fits and data.startswith(before) and data.endswith(after)

    def body_of(self, data: bytes) -> bytes | None:
        """Returns the body, if this is a whole request with this head and nothing else; else `None`."""
        end = data.find(self._first, self._start)
        body = data[end + self._after_bytes :]
        # What it has to begin with is made and compared at once. That nothing else is there, its length says.
        return body if data.startswith(b"%b%d%b" % (self._before, len(body), self._after)) else None


class _NobodyWaits(asyncio.Event):
    """Stands in for the event of a request that has come whole, until somebody waits for its end."""

    def set(self) -> None:
        """Wakes nobody."""


class WholeRequest(RequestResponseCycle):
    """The server's view of a request that came whole, with a known head.

    Args:
        protocol: Of its connection.
        scope: Its own.
        body: All of it.
    """

    # What a request begins with, once for all of them.
    disconnected = False
    keep_alive = True
    waiting_for_100_continue = False
    more_body = False
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0
    message_event: asyncio.Event = _NobodyWaits()

    def __init__(self, protocol: HttpToolsProtocol, scope: Any, body: bytes) -> None:
        self.scope = scope
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.logger = protocol.logger
        self.access_logger = protocol.access_logger
        self.access_log = protocol.access_log
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self._whole: bytes | None = body

    async def receive(self) -> Any:
        """Returns the body, and then waits for the end."""
        body, self._whole = self._whole, None
        if body is not None and not self.disconnected:
            whole: Message = {"type": "http.request", "body": body, "more_body": False}
            return whole
        self.body = bytearray()
        self.message_event = asyncio.Event()
        return await super().receive()

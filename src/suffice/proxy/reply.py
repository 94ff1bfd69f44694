"""Writes a response to the client as its bytes come: HTTP/1.1's framing, with no message and no task's step for each.

ASGI's `send` is a coroutine, so whoever forwards a chunk with it has to be woken for that chunk; and the server
writes the head by itself, which costs a system call of its own. Here the head waits for the first bytes, and a chunk
can be written from within the callback of the connection that it came from.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from suffice.proxy.headers import has_length
from suffice.upstream.framing import framed
from suffice.upstream.outbox import Outbox

REPLY = "suffice.reply"
"""Where an exchange finds its reply in the scope."""


class Reply:
    """The response to one request: `start`, then `write` for each part, then `end`.

    Args:
        cycle: The server's own view of the request: it has to know how far the response is, to break the connection
            where the end is missing, and to go on to the next request where it is not.
        outbox: Takes the last part. Others are written at once: somebody waits for a stream's next words.
    """

    __slots__ = ("_chunked", "_head", "_outbox", "_owed", "_wordless", "cycle")

    def __init__(self, cycle: RequestResponseCycle, outbox: Outbox) -> None:
        self.cycle = cycle
        self._outbox = outbox

    def start(self, status: int, lines: bytes, length: int | None = None) -> None:
        """Begins the response; its head goes out with the first part, or with the end.

        Args:
            status: HTTP status.
            lines: Headers as they go out, none of the connection.
            length: Of the body, where one of them says that; else it is sent in chunks.
        """
        cycle = self.cycle
        cycle.response_started = True
        self._wordless = not has_length(cycle.scope["method"], status)
        self._owed = length or 0
        self._chunked = length is None and not self._wordless
        connection = b"" if cycle.keep_alive else b"connection: close\r\n"
        framing = b"transfer-encoding: chunked\r\n" if self._chunked else b""
        self._head = b"".join([STATUS_LINE[status], lines, connection, framing, b"\r\n"])

    def whole(self, status: int, lines: bytes, body: bytes) -> None:
        """Sends a response that is all there, and ends it.

        Args:
            status: HTTP status.
            lines: Headers as they go out, without a length.
            body: All of it; an answer that has none gets none.
        """
        cycle = self.cycle
        cycle.response_started = True
        if cycle.disconnected:
            return
        length = b"content-length: %d\r\n" % len(body)
        if not has_length(cycle.scope["method"], status):
            length = body = b""
        if not cycle.keep_alive:
            length += b"connection: close\r\n"
        self._outbox.put(cycle.transport, b"".join([STATUS_LINE[status], lines, length, b"\r\n", body]))
        self._over(broken=False)

    def write(self, body: bytes) -> bool:
        """Sends a part of the body, and the head if it has not gone out.

        Returns:
            Whether the client takes more for now; if not, wait until it has `drained`.
        """
        cycle = self.cycle
        if self._outbox.first:
            self._outbox.prepare()
        if not cycle.disconnected:
            cycle.transport.write(self._framed(body))
        return not cycle.flow.write_paused

    @property
    def body_is_unasked(self) -> bool:
        """Whether the client waits to be asked for the body: without an answer to that it may never send it."""
        return self.cycle.waiting_for_100_continue

    def prepare(self) -> None:
        """Has done what must be before an answer goes out; for whoever answers without this reply."""
        self._outbox.prepare()

    @property
    def takes_frames(self) -> bool:
        """Whether a part that is framed already may go past this: the head is out, the body goes in chunks."""
        return self._chunked and not self._head

    async def drained(self) -> None:
        """Returns when the client takes more, or has left."""
        await self.cycle.flow.drain()

    def end(self, body: bytes = b"") -> None:
        """Sends the last part. A body that is not as long as its head says breaks the connection."""
        cycle = self.cycle
        if cycle.disconnected:
            return
        last = self._framed(body)
        self._outbox.put(cycle.transport, last + b"0\r\n\r\n" if self._chunked else last)
        self._over(broken=self._owed != 0 and not self._wordless)

    def _over(self, *, broken: bool) -> None:
        cycle = self.cycle
        cycle.response_complete = True
        cycle.message_event.set()
        if broken or not cycle.keep_alive:
            self._outbox.flush()
            cycle.transport.close()
        cycle.on_response()

    def _framed(self, body: bytes) -> bytes:
        if self._wordless:
            body = b""
        elif not self._chunked:
            self._owed -= len(body)
        elif body:
            body = framed(body)
        if self._head:
            body, self._head = self._head + body, b""
        return body

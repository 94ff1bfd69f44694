"""The pool of connections to the providers: opens a call, hands out its bytes as they come, hangs up when told to.

Redirects are not followed, nothing is decompressed, nothing is retried: what the provider says is what the client gets.
HTTP/1.1, as the vendors' own SDKs speak it: HTTP/2 would put all streams of a worker on one connection, where those
over the provider's limit wait for others to end. Why this is not a library: `docs/decisions/0005-own-http-client.md`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from functools import lru_cache
from typing import Any, Self

import msgspec

from suffice.upstream.connection import Connection, Sink
from suffice.upstream.dial import Origin, dial, origin_of, proxy_authorization, target_of
from suffice.upstream.framing import FrameSink

# Shorter than the idle time-outs of common servers: a pooled connection should be ours to close.
_IDLE_S = 50.0
# Far more than a provider lets one client have; each costs a socket.
_IDLE_MOST = 256
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
# Of an address that may be remembered: each comes from a client, and 256 of them are kept.
_SHORT_CHARS = 256


def _begun(method: str, url: str) -> tuple[Origin, bytes]:
    """Returns where a URL's connection goes, and how the head of a request to it begins."""
    scheme, _, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    origin = origin_of(f"{scheme}://{authority}")
    lines = [f"{method} {target_of(origin, '/' + path)} HTTP/1.1", f"host: {origin.authority}"]
    if origin.proxy is not None and origin.scheme == "http" and (own := proxy_authorization(origin)):
        lines.append(f"proxy-authorization: {own}")
    return origin, "\r\n".join(lines).encode("utf-8", "surrogateescape")


_begun_before = lru_cache(maxsize=256)(_begun)


class Opening(msgspec.Struct, frozen=True):
    """How a call begins, whatever its body."""

    origin: Origin
    method: str
    head: bytes
    """Request line and headers, without the body's length and the blank line."""


def opening_of(method: str, url: str, headers: Iterable[tuple[bytes, bytes]]) -> Opening:
    """Returns how a call begins.

    Args:
        method: HTTP method.
        url: Absolute URL; what follows its authority is sent as it stands.
        headers: As they should arrive; host and length are set here.
    """
    # A query may hold a key: it is not kept.
    known = len(url) <= _SHORT_CHARS and "?" not in url
    origin, first = (_begun_before if known else _begun)(method, url)
    return Opening(origin, method, b"\r\n".join([first, *[b"%b: %b" % header for header in headers], b""]))


class UpstreamCall:
    """One call to a provider, whose head has come. A context manager: leaving it gives up what is still coming.

    Args:
        pool: Where its connection goes back to.
        origin: Where that goes.
        connection: With the head.

    Attributes:
        status: HTTP status of the response.
        headers: The response's own, as they came, names in lower case.
        named: The same by name; of one that came twice, the last.
    """

    __slots__ = ("_connection", "_origin", "_pool", "headers", "named", "status")

    def __init__(self, pool: UpstreamPool, origin: Origin, connection: Connection) -> None:
        self._pool = pool
        self._origin = origin
        self._connection = connection
        self.status = connection.status
        self.headers = connection.headers
        self.named = connection.named

    def __enter__(self) -> Self:
        """Returns the call."""
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the call."""
        if self._connection.release():
            self._pool.give_back(self._origin, self._connection)

    async def chunk(self) -> bytes | None:
        """Returns the next bytes as they came, or `None` at the end.

        Raises:
            UpstreamError: The provider broke off or fell silent.
        """
        return await self._connection.chunk()

    async def pour(self, sink: Sink, frames: FrameSink | None = None) -> bool:
        """Hands the rest of the body on as it comes.

        Args:
            sink: Called with bytes, and must not wait; returns whether it takes more for now.
            frames: Called instead where a part came in a frame of its own and ends with a blank line, if there is one;
                must not wait either.

        Returns:
            Whether the body has ended; if not, call it again when the sink takes more.

        Raises:
            UpstreamError: The provider broke off or fell silent.
        """
        return await self._connection.pour(sink, frames)

    def rest(self) -> bytes | None:
        """Returns the rest of the body, if it has come; else `None`."""
        return self._connection.rest()

    async def whole(self) -> bytes:
        """Returns the rest of the body at once.

        Raises:
            UpstreamError: The provider broke off or fell silent.
        """
        rest = self.rest()
        if rest is not None:
            return rest
        parts: list[bytes] = []

        def take(part: bytes) -> bool:
            parts.append(part)
            return True

        await self._connection.pour(take)
        return parts[0] if len(parts) == 1 else b"".join(parts)


class UpstreamPool:
    """Connections to all providers, shared by the requests of one worker.

    Args:
        connect_timeout_s: How long a connection may take to open.
        read_timeout_s: How long a provider may stay silent, before its first byte or between two.
    """

    def __init__(self, *, connect_timeout_s: float, read_timeout_s: float) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._idle: dict[Origin, list[Connection]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def open(
        self, method: str, url: str, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> Coroutine[Any, Any, UpstreamCall]:
        """Sends a request and waits for the response's head, as `call` does.

        Args:
            method: HTTP method.
            url: Absolute URL; what follows its authority is sent as it stands.
            headers: As they should arrive; host and length are set here.
            body: Sent byte for byte.
        """
        return self.call(opening_of(method, url, headers), body)

    async def call(self, opening: Opening, body: bytes) -> UpstreamCall:
        """Sends a request and waits for the response's head. To cancel the task closes the call.

        Args:
            opening: How it begins.
            body: Sent byte for byte.

        Returns:
            The call, to be entered at once: who leaves it closes it.

        Raises:
            UpstreamError: The provider could not be reached, did not answer in time, broke off, or answered what no
                client could be told.
        """
        origin, method, head = opening.origin, opening.method, opening.head
        connection = self.idle(origin) or await self.dial(origin)
        if body or method in _WITH_BODY:
            head = b"%bcontent-length: %d\r\n" % (head, len(body))
        call = None
        try:
            connection.send(method, head + b"\r\n", body)
            while not connection.head_done:
                await connection.wait()
            call = UpstreamCall(self, origin, connection)
        finally:
            # However it fails, and also when the task is cancelled: the provider must not go on.
            if call is None:
                connection.abort()
        return call

    def idle(self, origin: Origin) -> Connection | None:
        """Returns a connection that nobody uses, if there is one."""
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            # It was fit for another request when it was given back.
            if not connection.closed:
                return connection
        return None

    async def dial(self, origin: Origin) -> Connection:
        """Opens a connection.

        Raises:
            UpstreamError: None can be opened.
        """
        return await dial(origin, lambda: Connection(self._read_timeout_s), self._connect_timeout_s)

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keeps a connection for the next call."""
        idle = self._idle.get(origin)
        if idle is None:
            idle = self._idle[origin] = []
        idle.append(connection)
        if len(idle) > _IDLE_MOST:
            idle.pop(0).abort()
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(_IDLE_S, self._sweep)

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        oldest = loop.time() - _IDLE_S
        for idle in self._idle.values():
            stale = [connection for connection in idle if connection.heard_at <= oldest]
            idle[:] = [connection for connection in idle if connection.heard_at > oldest]
            for connection in stale:
                connection.abort()
        some = any(self._idle.values())
        self._sweeping = loop.call_later(_IDLE_S / 2, self._sweep) if some else None

    async def close(self) -> None:
        """Closes all connections that nobody uses."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for idle in self._idle.values():
            for connection in idle:
                connection.abort()
        self._idle.clear()
        await asyncio.sleep(0)

"""The few pieces of ASGI that the proxy speaks: no framework stands between it and the server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from suffice.errors import RequestError
from suffice.upstream.connection import Headers

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientLeft(Exception):  # noqa: N818 -- what happened, not an error
    """The client closed its connection before it had sent its whole request."""


def head_message(status: int, headers: Headers) -> Message:
    """Returns the message that starts a response."""
    return {"type": "http.response.start", "status": status, "headers": headers}


def body_message(body: bytes, *, more: bool) -> Message:
    """Returns a message with a part of a response's body."""
    return {"type": "http.response.body", "body": body, "more_body": more}


async def send_json(send: Send, status: int, body: bytes, headers: Headers | None = None) -> None:
    """Answers with a JSON body of our own."""
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send(head_message(status, own + (headers or [])))
    await send(body_message(body, more=False))


async def read_body(receive: Receive, *, declared: bytes | None, limit_bytes: int) -> bytes:
    """Reads a request's body.

    Args:
        receive: ASGI's.
        declared: The `content-length` that the client sent, if any.
        limit_bytes: The most that is accepted.

    Raises:
        RequestError: The body is larger than the limit (413).
        ClientLeft: The client went away before it had sent everything.
    """
    if declared is not None and declared.isdigit() and int(declared) > limit_bytes:
        raise _too_large(limit_bytes)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        first: bytes = message.get("body", b"")
        if len(first) > limit_bytes:
            raise _too_large(limit_bytes)
        return first
    body = bytearray()
    while message["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
        if not message.get("more_body", False):
            return bytes(body)
        message = await receive()
    raise ClientLeft


class Connection(Protocol):
    """What our server's protocol lets an exchange ask of its connection; found in the scope under `CONNECTION`."""

    on_lost: Callable[[], None] | None
    loop: asyncio.AbstractEventLoop


CONNECTION = "suffice.connection"


class ClientWatch:
    """Cancels the current task when the client closes its connection.

    ASGI's own way is a second task that waits in `receive`; that costs a tenth of a request, so the server's protocol
    calls back instead.

    Args:
        scope: Of the request that the current task serves.
    """

    __slots__ = ("_connection", "_task", "left")

    def __init__(self, scope: Scope) -> None:
        self._connection = connection = scope[CONNECTION]
        # To find the loop that runs, Python 3.11 asks the system for the process's id.
        task = asyncio.current_task(connection.loop)
        assert task is not None  # noqa: S101 -- requests are served in tasks
        self._task = task
        self.left = False
        connection.on_lost = self

    def __call__(self) -> None:
        """The client has closed its connection."""
        self.left = True
        self._task.cancel()

    def stop(self) -> None:
        """Ends the watch; call it on every path out."""
        # The connection's next request may be under way already, with a watch of its own.
        if self._connection.on_lost is self:
            self._connection.on_lost = None


def _too_large(limit_bytes: int) -> RequestError:
    mib = limit_bytes / 1024 / 1024
    return RequestError(
        f"The request body is larger than {mib:g} MiB. Send less, or raise max_body_mib in [server] of suffice.toml.",
        code="body_too_large",
        status=413,
    )

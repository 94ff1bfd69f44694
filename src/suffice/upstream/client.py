"""The shared HTTP pool to the providers: opens a call, hands out its bytes as they come, closes it when told to.

Redirects are not followed, nothing is decompressed, nothing is retried: what the provider says is what the client gets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import Self

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import ConnectError, RequestError, RequestTimeoutError
from pyreqwest.request import ConsumedRequest, RequestBuilder, StreamRequest
from pyreqwest.response import Response

from suffice.errors import UpstreamError

Headers = list[tuple[str, str]]

# With the library's default of 64 KiB a stream of small events arrives whole, at its end; with 0 a cancelled read
# ends without an error.
_READ_AHEAD_BYTES = 1
# Shorter than the idle time-outs of common servers: a pooled connection should be ours to close.
_IDLE_S = 50


class UpstreamCall:
    """One call to a provider. Use as an async context manager: leaving it, or cancelling the task, closes the call.

    Args:
        request: A request that was built but not sent.
    """

    __slots__ = ("_request", "_response", "headers", "status")

    def __init__(self, request: ConsumedRequest | StreamRequest) -> None:
        self._request = request
        self._response: Response | None = None
        self.status = 0
        self.headers: Headers = []

    async def __aenter__(self) -> Self:
        """Sends the request and waits for the response's head.

        Raises:
            UpstreamError: The provider could not be reached, did not answer in time, or answered with a status that
                no client could be told (`upstream_invalid`).
        """
        try:
            if isinstance(self._request, StreamRequest):
                response = await self._request.__aenter__()
            else:
                response = await self._request.send()
        except RequestError as error:
            raise _unreachable(error) from error
        self._response = response
        self.status = response.status
        if not 200 <= self.status < 600:
            await self.__aexit__(None, None, None)
            raise UpstreamError(
                f"the provider answered with status {self.status}, which is none of an answer",
                code="upstream_invalid",
                billed=True,
            )
        self.headers = _headers_of(response)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the call; a response that is still coming is given up."""
        if isinstance(self._request, StreamRequest) and self._response is not None:
            await self._request.__aexit__(kind, error, trace)

    async def chunk(self) -> bytes | None:
        """Returns the next bytes as they came, or `None` at the end.

        Raises:
            UpstreamError: The provider broke off (`upstream_broke_off`).
        """
        assert self._response is not None  # noqa: S101 -- only reachable inside the context
        try:
            chunk = await self._response.body_reader.read_chunk()
        except RequestError as error:
            raise UpstreamError(_told(error), code="upstream_broke_off", billed=True) from error
        return None if chunk is None else bytes(chunk)

    async def whole(self) -> bytes:
        """Returns the rest of the body at once.

        Raises:
            UpstreamError: The provider broke off (`upstream_broke_off`).
        """
        assert self._response is not None  # noqa: S101 -- only reachable inside the context
        try:
            return bytes(await self._response.bytes())
        except RequestError as error:
            raise UpstreamError(_told(error), code="upstream_broke_off", billed=True) from error


class UpstreamPool:
    """Connections to all providers, shared by the requests of one worker.

    Args:
        connect_timeout_s: How long a connection may take to open.
        read_timeout_s: How long a provider may stay silent, before its first byte or between two.
    """

    def __init__(self, *, connect_timeout_s: float, read_timeout_s: float) -> None:
        builder = ClientBuilder().follow_redirects(enable=False).referer(enable=False)
        builder = builder.gzip(enable=False).brotli(enable=False).zstd(enable=False).deflate(enable=False)
        builder = builder.connect_timeout(timedelta(seconds=connect_timeout_s))
        builder = builder.read_timeout(timedelta(seconds=read_timeout_s))
        # As the vendors' own SDKs speak it. HTTP/2 would put all of a worker's streams on one connection, where those
        # over the provider's limit (often 100) wait for others to end.
        builder = builder.http1_only()
        with _unhurried_threads():
            self._client: Client = builder.pool_idle_timeout(timedelta(seconds=_IDLE_S)).build()

    def open(
        self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, *, streamed: bool
    ) -> UpstreamCall:
        """Prepares a call; nothing is sent before it is entered.

        Args:
            method: HTTP method.
            url: Absolute URL.
            headers: As they should arrive; host and length are set here.
            body: Sent byte for byte.
            streamed: Hand out the response as it comes; otherwise it is read whole before `__aenter__` returns,
                which is cheaper.
        """
        request: RequestBuilder = self._client.request(method, url).headers(headers)
        if body or method in {"POST", "PUT", "PATCH"}:
            request = request.body_bytes(body)
        if streamed:
            return UpstreamCall(request.streamed_read_buffer_limit(_READ_AHEAD_BYTES).build_streamed())
        return UpstreamCall(request.build())

    async def close(self) -> None:
        """Closes all connections. Needed before the process ends: the library's threads outlive it badly."""
        await self._client.close()


@contextmanager
def _unhurried_threads() -> Iterator[None]:
    """Threads that are started inside do not preempt the event loop each time that a socket wakes them.

    On one core that is three context switches a request, and a sixth of its CPU. They still run as soon as the core is
    free. Linux only; elsewhere, or where it is forbidden, nothing changes.
    """
    if not hasattr(os, "sched_setscheduler"):
        yield
        return
    policy = os.sched_getscheduler(0)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setscheduler(0, policy, os.sched_param(0))


def _headers_of(response: Response) -> Headers:
    try:
        return list(response.headers.items())
    except ValueError:
        # A value that is not text: keep every header that is.
        return [pair for name in dict.fromkeys(response.headers) for pair in _readable(response, name)]


def _readable(response: Response, name: str) -> Headers:
    try:
        return [(name, value) for value in response.get_header_all(name)]
    except ValueError:
        return []


def _unreachable(error: RequestError) -> UpstreamError:
    # 1. the time ran out: the provider may be at work on it, and may bill
    if isinstance(error, RequestTimeoutError):
        return UpstreamError(
            f"the provider did not answer in time: {_told(error)}",
            code="upstream_timeout",
            status=504,
            billed=True,
        )
    # 2. no connection: nothing was sent. The same class also says that an open connection was closed without an answer.
    if isinstance(error, ConnectError) and "(Connect)" in str(error.details):
        return UpstreamError(
            f"the provider could not be reached: {_told(error)}", code="upstream_unreachable"
        )
    # 3. the connection broke after the request went out
    return UpstreamError(
        f"the provider closed the connection: {_told(error)}", code="upstream_broke_off", billed=True
    )


def _told(error: RequestError) -> str:
    causes = [cause["message"] for cause in error.details.get("causes") or []]
    # The first cause repeats the URL, whose query may hold a key.
    return causes[-1] if causes else error.message

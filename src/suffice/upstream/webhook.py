"""Tells an address of the operator's of an event: a POST with JSON, signed, tried again, given up after a while.

The signature is an HMAC-SHA256 of `timestamp.body` with the shared key, in hexadecimal digits, in
`x-suffice-signature: t=TIMESTAMP,v1=DIGITS`: who checks it also checks that the timestamp is recent, so that nothing
can be played again. Each event has an id of its own, the same at every try.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import queue
import threading
from collections.abc import Callable

import msgspec
import stamina

from suffice.errors import UpstreamError
from suffice.upstream.client import UpstreamPool

ATTEMPTS = 5
TIMEOUT_S = 10.0
MOST_WAITING = 100
"""Events that wait to be told; more are dropped, and logged."""

_log = logging.getLogger("suffice.webhook")


class NotTakenError(UpstreamError):
    """The address answered that it did not take the event."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the webhook answered {status}", code="webhook_refused", billed=False)
        self.status = status


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One event to tell of."""

    id: str
    body: bytes


class Webhook:
    """An address. `tell` returns at once; a thread of its own, begun by the first event, does the rest.

    Args:
        url: Where to.
        secret: Signs; `None` sends unsigned.
        now_ns: Unix time, for signatures.
        wait_initial_s: Before the second try; then twice as long each time.
    """

    def __init__(
        self, url: str, secret: str | None, now_ns: Callable[[], int], *, wait_initial_s: float = 1.0
    ) -> None:
        self._url = url
        self._secret = secret
        self._now_ns = now_ns
        self._wait_initial_s = wait_initial_s
        self._waiting: queue.Queue[Message] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None

    def tell(self, message: Message) -> None:
        """Has an event told. Never waits, never raises."""
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            _log.warning("event %s is not told: %d others wait", message.id, MOST_WAITING)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
            self._thread.start()

    def join(self) -> None:
        """Waits until all that was to be told has been told or given up."""
        self._waiting.join()

    def _run(self) -> None:
        while True:
            message = self._waiting.get()
            try:
                asyncio.run(self.send(message))
            except UpstreamError as error:
                _log.warning("event %s could not be told: %s", message.id, error.message)
            finally:
                self._waiting.task_done()

    async def send(self, message: Message) -> None:
        """Tells of an event, and again while that may help.

        Raises:
            UpstreamError: It could not be told.
        """
        pool = UpstreamPool(connect_timeout_s=TIMEOUT_S, read_timeout_s=TIMEOUT_S)
        try:
            attempts = stamina.retry_context(
                on=_again, attempts=ATTEMPTS, timeout=None, wait_initial=self._wait_initial_s, wait_max=60.0
            )
            async for attempt in attempts:
                with attempt:
                    await self._once(pool, message)
        finally:
            await pool.close()

    async def _once(self, pool: UpstreamPool, message: Message) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"user-agent", b"suffice"),
            (b"x-suffice-event", message.id.encode()),
        ]
        if self._secret is not None:
            signed = signature(self._secret, self._now_ns() // 1_000_000_000, message.body)
            headers.append((b"x-suffice-signature", signed.encode()))
        with await pool.open("POST", self._url, headers, message.body) as call:
            status = call.status
            await call.whole()
        if not 200 <= status < 300:
            raise NotTakenError(status)


def signature(secret: str, at_s: int, body: bytes) -> str:
    """Returns the value of `x-suffice-signature`.

    >>> signature("key", 1, b"{}")[:7]
    't=1,v1='
    """
    digest = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def _again(error: Exception) -> bool:
    if isinstance(error, NotTakenError):
        return error.status in {408, 409, 425, 429} or error.status >= 500
    return isinstance(error, UpstreamError)

"""One HTTP/1.1 connection to a provider: writes a request, hands out the response as its bytes come.

A state machine over asyncio's transport; httptools parses. Nothing is decompressed, followed or tried again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, cast

import httptools

from suffice.errors import UpstreamError
from suffice.upstream.framing import EVENT_FRAME_END, FRAME_HEADS, FrameSink, are_frames
from suffice.upstream.outbox import outbox_of

Headers = list[tuple[bytes, bytes]]
"""Names in lower case, values as they came."""
Sink = Callable[[bytes], bool]
"""Takes bytes of a body; returns whether it takes more for now."""

# Where trailers go: they are not passed on.
_NOWHERE: deque[tuple[bytes, bytes]] = deque(maxlen=0)
_head_of = FRAME_HEADS.get
# Above this the provider has to wait until the client has taken some.
_HIGH_WATER_BYTES = 256 * 1024
_MAX_HEAD_BYTES = 256 * 1024
# So many times while a provider may stay silent it is looked whether it is: by so much of that time it is told late.
_CHECKS = 16


class Connection(asyncio.Protocol):
    """Serves one request after another. Made by `suffice.upstream.dial`, kept by the pool.

    Args:
        read_timeout_s: How long the provider may stay silent while it owes something, to within a sixteenth.

    Attributes:
        closed: Whether it has hung up, or was hung up on.
        head_done: Whether the head of the response has come.
        status: HTTP status of the response whose head came last.
        headers: Of the response, as they came.
        named: The same by name; of one that came twice, the last.
    """

    def __init__(self, read_timeout_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self._outbox = outbox_of(self._loop)
        self._read_timeout_s = read_timeout_s
        self._check_s = read_timeout_s / _CHECKS
        self._frames_came = False
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self._sink: Sink | None = None
        self._frames: FrameSink | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: UpstreamError | None = None
        self.closed = False
        self._complete = True
        self._to_the_end = False
        self._between = False
        self._keep = False
        self._chunks: deque[bytes] = deque()
        self._paused = False
        self.head_done = False
        self.status = 0
        self.headers: Headers = []
        self._takes: Headers | deque[tuple[bytes, bytes]] = self.headers
        self.named: Mapping[bytes, bytes] = {}

    @property
    def heard_at(self) -> float:
        """When something came last, or was sent; by the loop's clock."""
        return self._heard_at

    def send(self, method: str, head: bytes, body: bytes) -> None:
        """Writes a request: `wait` until the head is done, and `chunk` gives the body."""
        assert self._transport is not None  # noqa: S101 -- it is connected when the pool has it
        self._method = method
        self._chunks.clear()
        self._held_bytes = 0
        self._head_bytes = 0
        self.head_done = False
        self._complete = False
        self._paused = self._frames_came = False
        self.headers = self._takes = []
        self._parser = httptools.HttpResponseParser(self)
        self._heard_at = self._time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._check_s, self._check_silence)
        if len(body) < _HIGH_WATER_BYTES:
            self._outbox.put(self._transport, head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)

    def wait(self) -> asyncio.Future[None]:
        """Returns what is done when something has come. No coroutine of its own: it runs for each wait.

        Raises:
            UpstreamError: The provider did not answer in time, broke off, or answered what is no HTTP/1.1.
        """
        if self._error is not None:
            raise self._error
        self._waiter = waiter = self._loop.create_future()
        return waiter

    async def chunk(self) -> bytes | None:
        """Returns the next bytes of the body as they came, or `None` at its end.

        Raises:
            UpstreamError: The provider broke off or fell silent.
        """
        while not self._chunks:
            if self._complete:
                return None
            await self.wait()
        chunk = self._chunks.popleft()
        self._let_go(len(chunk))
        return chunk

    async def pour(self, sink: Sink, frames: FrameSink | None = None) -> bool:
        """Hands the body on as it comes, from within the transport's callback: a chunk wakes no task.

        Args:
            sink: Gets the chunks that came together as one.
            frames: Gets what came in whole frames, before anybody has parsed it, if each ends with a blank line.

        Returns:
            Whether the body has ended; if not, the sink takes no more for now.

        Raises:
            UpstreamError: The provider broke off or fell silent.
        """
        while self._chunks or not self._complete:
            if self._chunks:
                if not sink(self._held()):
                    return False
                continue
            self._sink, self._frames = sink, frames
            try:
                await self.wait()
                if self._sink is not sink:
                    return False
            finally:
                self._sink = self._frames = None
        return True

    def rest(self) -> bytes | None:
        """Returns what has come of the body and was not taken, if that is the rest of it; else `None`."""
        return self._held() if self._complete else None

    def release(self) -> bool:
        """Ends the exchange: what still comes is given up. Returns whether the connection can be used again."""
        # The timer stays: one serves many requests, and ends where it finds none. Who is paused would hear no answer.
        reusable = self._complete and self._keep and not self.closed and not self._paused
        # Who refuses a request need not read the rest of it.
        if reusable and (self.status < 400 or self._all_sent()):
            return True
        self.abort()
        return False

    def abort(self) -> None:
        """Hangs up at once."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    def _all_sent(self) -> bool:
        return self._transport is not None and not self._transport.get_write_buffer_size()

    def _held(self) -> bytes:
        """Returns all that has come and was not taken."""
        chunks = self._chunks
        if len(chunks) == 1:
            held = chunks.popleft()
        else:
            held = b"".join(chunks)
            chunks.clear()
        self._held_bytes = 0
        if self._paused:
            self._let_go(0)
        return held

    def _let_go(self, size: int) -> None:
        self._held_bytes -= size
        if self._paused and self._held_bytes < _HIGH_WATER_BYTES and self._transport is not None:
            self._paused = False
            self._heard_at = self._time()
            self._transport.resume_reading()

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _fail(self, message: str, *, code: str = "upstream_broke_off", status: int = 502) -> None:
        if self._error is None and not self._complete:
            self._error = UpstreamError(message, code=code, status=status, billed=True)
        self.abort()
        self._wake()

    def _check_silence(self) -> None:
        now = self._time()
        if self._frames_came:
            # Frames go by without a look at the clock: they came since the last check, which was not long ago.
            self._frames_came, self._heard_at = False, now
        if now - self._heard_at >= self._read_timeout_s and not self._paused and not self._complete:
            self._fail(
                f"the provider did not answer in time: it said nothing for {self._read_timeout_s:g} s",
                code="upstream_timeout",
                status=504,
            )
        if self._complete or self._error is not None:
            self._timer = None
        else:
            self._timer = self._loop.call_later(self._check_s, self._check_silence)

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Takes the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Takes bytes of a response."""
        frames = self._frames
        if (
            self._between
            and frames is not None
            and data.endswith(EVENT_FRAME_END)
            # Mostly it is one.
            and (data.startswith(_head_of(len(data), ())) or are_frames(data))
        ):
            # The parser stands before a frame, and would after these: it need not know.
            more = frames(data)
            if more is not None:
                self._frames_came = True
                if not more:
                    self._stop_pouring()
                return
        self._parse(data)

    def _parse(self, data: bytes) -> None:
        if self._complete:
            # Nobody asked for anything.
            self.abort()
            return
        self._heard_at = self._time()
        if not self.head_done:
            self._head_bytes += len(data)
            if self._head_bytes > _MAX_HEAD_BYTES and len(self.headers) > 0:
                self._fail("the provider's answer has too large a head")
                return
        self._between = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail("the provider changed to another protocol", code="upstream_invalid")
        except httptools.HttpParserError as error:
            self._fail(f"the provider's answer is no HTTP/1.1: {error}")
        if self._chunks:
            if data.endswith(EVENT_FRAME_END):
                # Were the frame not over, what came of its body would end as the data does; a head has no blank line.
                self._between = self._chunks[-1].endswith(b"\n\n") and not self._complete
            if self._sink is not None and not self._sink(self._held()):
                self._stop_pouring()

    def _stop_pouring(self) -> None:
        self._sink = self._frames = None
        self._wake()

    def eof_received(self) -> None:
        """Lets the transport close."""

    def connection_lost(self, error: Exception | None) -> None:
        """Ends a body that ends with its connection; anything else was broken off."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        ended = self.head_done and self._to_the_end and error is None and self._error is None
        if ended and not self._complete:
            self._complete = True
            self._wake()
        else:
            self._fail(f"the provider closed the connection: {error or 'before its answer was complete'}")

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a header; a trailer is none."""
        self._takes.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Takes the head; one of 1xx announces another."""
        parser = self._parser
        self.status = status = parser.get_status_code()
        if not 200 <= status < 600:
            self._refuse(status)
            return
        self.named = named = dict(self.headers)
        self._to_the_end = b"content-length" not in named and b"transfer-encoding" not in named
        self.head_done = True
        self._takes = _NOWHERE
        if self._method == "HEAD":
            # The parser cannot be told that an answer to HEAD has no body: the connection is not used again.
            self._keep = False
            self._complete = True
        else:
            self._keep = not self._to_the_end and parser.should_keep_alive()
        if self._waiter is not None:
            self._wake()

    def _refuse(self, status: int) -> None:
        """Takes a head that is none of an answer."""
        if 100 <= status < 200 and status != 101:
            self.headers = self._takes = []
        else:
            self._fail(
                f"the provider answered with status {status}, which is none of an answer",
                code="upstream_invalid",
            )

    def on_body(self, body: bytes) -> None:
        """Takes a part of the body."""
        if self._complete:
            return
        self._chunks.append(body)
        if self._sink is not None:
            # It gets this as soon as all that has come is parsed.
            return
        self._held_bytes = held_bytes = self._held_bytes + len(body)
        if held_bytes > _HIGH_WATER_BYTES and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()
        if self._waiter is not None:
            self._wake()

    def on_message_complete(self) -> None:
        """Ends a response; of one of 1xx the answer is still to come."""
        if self.closed or not self.head_done:
            return
        if self.status in {204, 304}:
            self._keep = self._parser.should_keep_alive()
        self._complete = True
        if self._waiter is not None:
            self._wake()

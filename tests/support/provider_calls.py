"""Calls of a provider whose answers come in prepared chunks, with and without a connection between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from suffice.errors import UpstreamError
from suffice.proxy.headers import Headers
from suffice.upstream.connection import Connection
from suffice.upstream.framing import FrameSink, framed

T = TypeVar("T")


class Call:
    """A provider's response in prepared chunks; a missing end is a connection that broke."""

    def __init__(self, chunks: list[bytes], headers: Headers, *, breaks: bool = False) -> None:
        self.status = 200
        self.headers = headers
        self.named = dict(headers)
        self._chunks = list(chunks)
        self._breaks = breaks

    async def chunk(self) -> bytes | None:
        if self._chunks:
            return self._chunks.pop(0)
        if self._breaks:
            raise UpstreamError("broke", code="upstream_broke_off", billed=True)
        return None

    async def pour(self, sink: Callable[[bytes], bool], frames: FrameSink | None) -> bool:
        while (chunk := await self.chunk()) is not None:
            if not sink(chunk):
                return False
        return True

    def rest(self) -> bytes | None:
        return None

    async def whole(self) -> bytes:
        body = b"".join(self._chunks)
        if self._breaks:
            raise UpstreamError("broke", code="upstream_broke_off", billed=True)
        return body


class Nowhere(asyncio.Transport):
    """Where a request goes that nobody reads."""

    def is_closing(self) -> bool:
        return True

    def abort(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Framed(Call):
    """The same over a connection: each chunk comes in a frame of its own, which is cut into pieces somewhere.

    So many frames come together.
    """

    def __init__(
        self, chunks: list[bytes], headers: Headers, *, at: int = 0, together: int = 1, yields: bool = True
    ) -> None:
        super().__init__([], headers)
        self.yields = yields
        self._pieces: list[bytes] = []
        frames = [*map(framed, chunks)]
        for frame in (
            b"".join(frames[start : start + together]) for start in range(0, len(frames), together)
        ):
            self._pieces += [frame[:at], frame[at:]] if 0 < at < len(frame) else [frame]
            at -= len(frame)
        self._pieces.append(b"0\r\n\r\n")

    async def chunk(self) -> bytes | None:
        self._connection = Connection(5.0)
        self._connection.connection_made(Nowhere())
        self._connection.send("POST", b"", b"")
        self._connection.data_received(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        return await self._fed(self._connection.chunk())

    async def pour(self, sink: Callable[[bytes], bool], frames: FrameSink | None) -> bool:
        return await self._fed(self._connection.pour(sink, frames))

    async def _fed(self, waits: Coroutine[None, None, T]) -> T:
        waiting = asyncio.ensure_future(waits)
        await asyncio.sleep(0)
        while self._pieces and not waiting.done():
            self._connection.data_received(self._pieces.pop(0))
            if self.yields:
                await asyncio.sleep(0)
        return await asyncio.wait_for(waiting, 1)

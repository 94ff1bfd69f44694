"""Sends a reply, with its faults, and notices at once when the client leaves."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self, cast

from suffice.proxy.asgi import Receive, Send
from suffice.testing.replay_upstream.errors import error_event
from suffice.testing.replay_upstream.faults import NO_FAULTS, Faults
from suffice.testing.replay_upstream.reply import Reply
from suffice.testing.replay_upstream.served import Ending


class Delivery:
    """One answer on its way. Use as an async context manager: it watches the connection meanwhile.

    Args:
        receive: ASGI; the request body has been read.
        send: ASGI, uvicorn's own: a dropped connection is something that ASGI has no word for.
        closing: Set when the server shuts down; ends every wait.
    """

    def __init__(self, receive: Receive, send: Send, closing: asyncio.Event) -> None:
        self._receive = receive
        self._send = send
        self._closing = closing
        self.events_sent = 0
        self.status = 0

    async def __aenter__(self) -> Self:
        self._left = asyncio.ensure_future(self._until_gone())
        self._closed = asyncio.ensure_future(self._closing.wait())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.cancel()
        self._closed.cancel()

    async def deliver(self, api: str, reply: Reply, faults: Faults) -> Ending:
        """Sends the reply as far as the faults let it; returns how that ended."""
        if not await self._pause(faults.latency_ms):
            return "client_left"
        if faults.close or (faults.hang_events == 0):
            return await self._stop(drop=faults.close)
        await self._start(reply)
        if reply.events:
            return await self._deliver_events(api, reply.events, faults)
        body = _broken(reply.body) if faults.bad_json else reply.body
        if faults.cut_bytes is not None and faults.cut_bytes < len(body):
            await self._write(body[: faults.cut_bytes])
            return await self._stop(drop=True)
        await self._write(body, more=False)
        return "complete"

    async def _deliver_events(self, api: str, events: tuple[bytes, ...], faults: Faults) -> Ending:
        left_to_cut = faults.cut_bytes
        for at, event in enumerate(events):
            if at and not await self._pause(faults.chunk_latency_ms):
                return "client_left"
            if at in (faults.cut_events, faults.hang_events):
                return await self._stop(drop=at == faults.cut_events)
            if at == faults.error_events:
                await self._write(error_event(api), more=False)
                return "fault"
            if left_to_cut is not None and left_to_cut < len(event):
                await self._write(event[:left_to_cut])
                return await self._stop(drop=True)
            left_to_cut = None if left_to_cut is None else left_to_cut - len(event)
            await self._write(_broken(event) if faults.bad_json and at == len(events) // 2 else event)
            self.events_sent += 1
        await self._write(b"", more=False)
        return "complete"

    async def _start(self, reply: Reply) -> None:
        self.status = reply.status
        await self._send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})

    async def _write(self, body: bytes, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _pause(self, milliseconds: float) -> bool:
        """Waits; returns False, and at once, if the client leaves or the server shuts down meanwhile."""
        if milliseconds:
            waiting = {self._left, self._closed}
            await asyncio.wait(waiting, timeout=milliseconds / 1000, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(0)
        return not (self._left.done() or self._closed.done())

    async def _stop(self, *, drop: bool) -> Ending:
        """Says no more: drops the connection, or keeps it until the client gives up."""
        if drop:
            # uvicorn's `send` is a method of the cycle that owns the transport; close() flushes first.
            cast("Any", self._send).__self__.transport.close()
        await asyncio.wait({self._left, self._closed}, return_when=asyncio.FIRST_COMPLETED)
        return "client_left" if self._left.done() and not drop else "fault"

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def deliver_plainly(reply: Reply, send: Send) -> None:
    """Sends a reply without faults in one write, and watches nothing: the fast path."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body})


def needs_watching(reply: Reply, faults: Faults) -> bool:
    """Says whether a reply takes its time, so that the client may leave meanwhile."""
    return bool(reply.events) or faults is not NO_FAULTS


def _broken(document: bytes) -> bytes:
    """Takes a closing brace away without a change in length."""
    at = document.rfind(b"}")
    return document if at < 0 else document[:at] + b" " + document[at + 1 :]

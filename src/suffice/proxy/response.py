"""Relays a provider's response to the client and settles the exchange before the last byte goes out.

A client may be gone as soon as it has read the end, and this process may be killed at any moment: so the
outcome is spooled first, and whoever saw the end of an answer finds it in the ledger.
"""

from __future__ import annotations

from suffice.proxy.asgi import Send, body_message, head_message
from suffice.proxy.guard import Guard
from suffice.proxy.headers import to_client
from suffice.proxy.settlement import Settlement
from suffice.proxy.sse import EventSplitter
from suffice.proxy.transcript import Transcript, Verdict
from suffice.proxy.wire import WIRES
from suffice.upstream.client import UpstreamCall


class MeteredResponse:
    """One response on its way through. `relay` or `relay_whole` is called once, inside the call's context.

    Args:
        call: An upstream call whose head has come.
        send: ASGI's.
        settlement: Settled here when the response ends; when it does not, whoever catches the error settles.
        guard: Shields the relay from faults in metering.
        asked: suffice asked for usage that the client did not ask for.
    """

    def __init__(
        self, call: UpstreamCall, send: Send, settlement: Settlement, guard: Guard, *, asked: bool
    ) -> None:
        self._call = call
        self._send = send
        self._settlement = settlement
        self._guard = guard
        self._asked = asked
        self._wire = WIRES[settlement.api]
        named = dict(call.headers)
        encoded = named.get("content-encoding", "identity") != "identity"
        events = named.get("content-type", "").startswith("text/event-stream")
        # A compressed body is relayed unread: its usage stays unknown.
        self._readable = not encoded and settlement.api != "passthrough"
        self._splitter = EventSplitter() if events and self._readable else None
        self._to_come = int(named["content-length"]) if named.get("content-length", "").isdigit() else None
        self._transcript = settlement.transcript = Transcript(settlement.api)
        settlement.status = call.status
        self.started = False

    async def relay_whole(self, ours: list[tuple[str, str]]) -> None:
        """Relays a response that is read in one piece.

        Args:
            ours: Headers of ours.

        Raises:
            UpstreamError: The provider broke off; nothing was sent to the client.
        """
        body = await self._call.whole()
        if self._splitter is not None:
            body = self._read_events(body) + self._splitter.rest()
        elif self._readable:
            self._guard.run("meter", self._transcript.take_json, body)
        self._settlement.first_byte()
        self._settlement.settle("complete")
        length = ("content-length", str(len(body)))
        self.started = True
        await self._send(
            head_message(self._call.status, to_client(self._call.headers, [*ours, length], length_kept=False))
        )
        await self._send(body_message(body, more=False))

    async def relay(self, ours: list[tuple[str, str]]) -> None:
        """Relays a response chunk by chunk as it comes.

        Args:
            ours: Headers of ours.

        Raises:
            UpstreamError: The provider broke off. If `started`, the client has part of the response, and its
                connection has to be broken likewise.
        """
        kept = not self._asked
        self.started = True
        await self._send(
            head_message(self._call.status, to_client(self._call.headers, ours, length_kept=kept))
        )
        collected = bytearray()
        while (chunk := await self._call.chunk()) is not None:
            if self._splitter is not None:
                chunk = self._read_events(chunk)
            elif self._readable:
                collected += chunk
            if chunk:
                if self._settlement.first_byte_us is None:
                    self._settlement.first_byte()
                if self._to_come is not None:
                    self._count_down(chunk, collected)
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        rest = self._splitter.rest() if self._splitter is not None else b""
        self._finish(collected)
        await self._send(body_message(rest, more=False))

    def _count_down(self, chunk: bytes, collected: bytearray) -> None:
        # With a declared length the client is done when it has that many bytes, not when the connection says so.
        self._to_come = (self._to_come or 0) - len(chunk)
        if self._to_come <= 0 and self._splitter is None:
            self._finish(collected)

    def _finish(self, collected: bytearray) -> None:
        if collected and not self._settlement.settled:
            self._guard.run("meter", self._transcript.take_json, bytes(collected))
        self._settlement.settle("complete")

    def _read_events(self, chunk: bytes) -> bytes:
        assert self._splitter is not None  # noqa: S101 -- only called for event streams
        if self._splitter.idle and chunk.endswith(b"\n\n"):
            skimmed = self._guard.run("meter", self._wire.skim, chunk, self._transcript, self._asked)
            if skimmed is not None:
                return skimmed
        events = self._splitter.feed(chunk)
        if len(events) == 1:
            return self._read_event(events[0])
        return b"".join(map(self._read_event, events))

    def _read_event(self, event: bytes) -> bytes:
        seen = self._guard.run("meter", self._wire.see, event, self._transcript, self._asked)
        if seen is None:
            return event
        verdict, forwarded = seen
        if verdict is Verdict.LAST:
            self._settlement.settle("complete")
        return forwarded

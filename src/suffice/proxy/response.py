"""Relays a provider's response to the client and settles the exchange before the last byte goes out.

A client may be gone as soon as it has read the end, and this process may be killed at any moment: so the
outcome is spooled first, and whoever saw the end of an answer finds it in the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence

from suffice.errors import UpstreamError
from suffice.proxy.captures.capture import Capture
from suffice.proxy.guard import Guard
from suffice.proxy.headers import has_length, lines_to_client
from suffice.proxy.naming import Naming
from suffice.proxy.reply import Reply
from suffice.proxy.settlement import Settlement
from suffice.proxy.sse import EventSplitter
from suffice.proxy.transcript import MAX_KEPT_BYTES, Transcript, Verdict
from suffice.proxy.wire import WIRES, only_deltas
from suffice.upstream.client import UpstreamCall
from suffice.upstream.framing import FrameSink, without


class MeteredResponse:
    """One response on its way through. `relay` or `relay_whole` is called once, inside the call's context.

    Args:
        call: An upstream call whose head has come.
        reply: Where it goes.
        settlement: Settled here when the response ends; when it does not, whoever catches the error settles.
        guard: Shields the relay from faults in metering.
        asked: suffice asked for usage that the client did not ask for.
        naming: Gives the answer another model's name; `None` leaves it as it came.
    """

    # What a response begins with, once for all of them.
    started = False
    _first: bytes | None = None
    _came = False
    _last = b""
    _splitter: EventSplitter | None = None
    _to_come: int | None = None
    # Whether a frame of deltas may go by as it is: no event is half here, and nothing is missing that comes once.
    _steady = False
    # Who keeps the answer as it passes by: a capture, a shadow pair.
    _takers: Sequence[Capture] = ()

    def __init__(  # noqa: PLR0913 -- made in one place
        self,
        call: UpstreamCall,
        reply: Reply,
        settlement: Settlement,
        guard: Guard,
        *,
        asked: bool,
        naming: Naming | None = None,
    ) -> None:
        self._call = call
        self._reply = reply
        self._settlement = settlement
        self._guard = guard
        self._asked = asked
        self._naming = naming
        named = call.named
        # A compressed body is relayed unread: its usage stays unknown.
        self._readable = (
            settlement.api != "passthrough" and named.get(b"content-encoding", b"identity") == b"identity"
        )
        self._transcript = Transcript(settlement.api)
        if self._readable and named.get(b"content-type", b"").startswith(b"text/event-stream"):
            self._splitter = EventSplitter()
            self._wire = wire = WIRES[settlement.api]
            self._unasked = wire.UNASKED if asked else b""
        if settlement.capture is not None or settlement.shadow is not None:
            self._take_along()

    def _take_along(self) -> None:
        settlement = self._settlement
        self._takers = [] if settlement.capture is None else [settlement.capture]
        if settlement.shadow is not None:
            self._takers.append(settlement.shadow.capture)
        for taker in self._takers:
            taker.events = self._splitter is not None

    @property
    def readable(self) -> bool:
        """Whether its bytes can be read: not if they are compressed, or of an API that nobody here knows."""
        return self._readable

    async def come(self, *, whole: bool) -> bytes | None:
        """Waits for the answer's first bytes, or for all of it, and sends nothing yet.

        Args:
            whole: Whether `relay_whole` follows, not `relay`.

        Returns:
            What came; `None` where the answer has no body.

        Raises:
            UpstreamError: The provider broke off or fell silent.
        """
        self._first = await (self._call.whole() if whole else self._call.chunk())
        self._came = True
        return self._first

    def read_whole(self) -> None:
        """Notes what the answer that came whole says of itself, though nobody will get it."""
        self._settlement.transcript = self._transcript
        if self._readable and self._splitter is None and self._first:
            self._guard.run("meter", self._transcript.take_json, self._first)

    def relay_whole(self, body: bytes, ours: bytes) -> None:
        """Relays a response that has come whole.

        Args:
            body: All of it.
            ours: Lines of ours, of the head.
        """
        settlement = self._settlement
        if settlement.arm:
            self._note_end(body)
        for taker in self._takers:
            taker.take(body)
        settlement.transcript = self._transcript
        if self._splitter is not None:
            body = self._named(self._read_events(body)) + self._rest()
        elif self._readable:
            self._guard.run("meter", self._transcript.take_json, body)
            if self._naming is not None:
                body = self._guard.run("route", self._naming.whole, body) or body
        settlement.first_byte()
        settlement.settle("complete")
        self.started = True
        another = settlement.requested_provider != ""
        lines = lines_to_client(self._call.headers, another=another)
        self._reply.whole(self._call.status, lines + ours, body)

    async def relay(self, ours: bytes) -> None:
        """Relays a response chunk by chunk as it comes.

        Args:
            ours: Lines of ours, of the head.

        Raises:
            UpstreamError: The provider broke off. If `started`, the client has all that came of the response, and its
                connection has to be broken likewise.
        """
        # Nobody counts along with a length that an answer without a body declares.
        kept = not self._asked and self._call.status != 304 and self._naming is None
        length = self._call.named.get(b"content-length", b"")
        if length.isdigit() and has_length(self._settlement.method, self._call.status):
            self._to_come = int(length)
        self._collected = bytearray()
        # A provider that breaks off before its first byte can still be answered with an error that clients may retry.
        first = self._first if self._came else await self._call.chunk()
        self._settlement.transcript = self._transcript
        self.started = True
        another = self._settlement.requested_provider != ""
        lines = lines_to_client(self._call.headers, length_kept=kept, another=another)
        self._reply.start(self._call.status, lines + ours, int(length) if kept and length else None)
        if first is not None and not self._pass_on(first):
            await self._reply.drained()
        try:
            frames = self._frames()
            while not await self._call.pour(self._pass_on, frames):
                await self._reply.drained()
        except UpstreamError:
            self._reply.write(self._unread())
            raise
        rest = self._rest()
        self._finish()
        self._reply.end(rest)

    def _pass_on(self, chunk: bytes) -> bool:
        """Reads a chunk and forwards it; returns whether the client takes more for now."""
        for taker in self._takers:
            taker.take(chunk)
        self._note_end(chunk)
        forwarded = chunk
        if self._splitter is not None:
            forwarded = self._named(self._read_events(chunk))
        elif self._readable:
            self._collected += chunk
        if self._to_come is not None:
            # With a declared length the client is done when it has that many bytes, not when the connection says so.
            self._to_come -= len(chunk)
            if self._to_come <= 0:
                forwarded += self._rest()
                self._finish()
        if self._settlement.first_byte_us is None and forwarded:
            self._settlement.first_byte()
        if self._splitter is not None:
            begun = self._settlement.first_byte_us is not None and self._transcript.model is not None
            self._steady = begun and not self._splitter.held
        return self._reply.write(forwarded)

    def _frames(self) -> FrameSink | None:
        """Returns what forwards frames of deltas as they came, where only the meter reads along."""
        counted = self._to_come is not None
        others = self._takers or self._naming is not None
        if self._splitter is None or counted or others or not self._reply.takes_frames:
            return None
        return self._frame_sink()

    def _frame_sink(self) -> FrameSink:
        # Nearly all of a long answer goes through here, and through nothing else of ours: names that are bound once
        # cost least, a call costs as much as all that is done for a frame, and `find` half of what `in` does.
        cycle, transcript, (one, other) = self._reply.cycle, self._transcript, self._wire.TELLING
        flow, write, keep = cycle.flow, cycle.transport.write, transcript.kept.append
        unasked, noted = self._unasked, bool(self._settlement.arm)

        def pass_frames(frames: bytes) -> bool | None:
            if not self._steady or frames.find(one) >= 0 or frames.find(other) >= 0:
                return None
            size = len(frames)
            if transcript.kept_bytes < MAX_KEPT_BYTES:
                transcript.kept_bytes += size
                keep(frames)
            transcript.seen_bytes += size
            if noted:
                self._note_end(frames)
            if unasked and frames.find(unasked) >= 0:
                frames = without(frames, unasked)
            # Past the outbox: nothing has to be done before an answer that does not end here. The task of a client that
            # has left is cancelled only when the loop comes to it.
            if not cycle.disconnected:
                write(frames)
            return not flow.write_paused

        return pass_frames

    def _note_end(self, chunk: bytes) -> None:
        if self._settlement.arm:
            # How an answer ended may be split between its last two chunks.
            self._settlement.end = self._last + chunk
            self._last = chunk

    def _unread(self) -> bytes:
        """Returns what is held of an event that broke off; one that suffice may have asked for is nobody's loss."""
        rest = self._splitter.rest() if self._splitter is not None else b""
        return b"" if self._asked else rest

    def _rest(self) -> bytes:
        """Returns what is held of an event whose end did not come."""
        rest = self._splitter.rest() if self._splitter is not None else b""
        return self._named(self._read_event(rest)) if rest else b""

    def _named(self, events: bytes) -> bytes:
        """Returns events under the name that the client expects, if that is another."""
        if self._naming is None or not events:
            return events
        named = self._guard.run("route", self._naming.events, events)
        return events if named is None else named

    def _finish(self) -> None:
        if self._collected and not self._settlement.settled:
            self._guard.run("meter", self._transcript.take_json, bytes(self._collected))
        self._settlement.settle("complete")

    def _read_events(self, chunk: bytes) -> bytes:
        assert self._splitter is not None  # noqa: S101 -- only called for event streams
        whole = not self._splitter.held and chunk.endswith(b"\n\n")
        if whole and self._transcript.model is not None and only_deltas(self._wire, chunk):
            self._transcript.keep(chunk)
            return chunk.replace(self._unasked, b"") if self._unasked else chunk
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

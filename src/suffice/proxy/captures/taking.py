"""Takes captures in a worker: draws calls, and has a thread write down those whose answer came whole."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from queue import SimpleQueue

import msgspec

from suffice.config import CaptureSettings
from suffice.proxy.captures.assembly import whole
from suffice.proxy.captures.capture import GRANT_BYTES, Budget, Capture, Lost
from suffice.proxy.captures.patterns import Finder
from suffice.proxy.captures.redaction import Redaction
from suffice.proxy.captures.sampling import Reservoirs
from suffice.proxy.guard import Guard
from suffice.proxy.settlement import Settlement
from suffice.store.captures.files import CaptureFiles, day_of
from suffice.store.captures.record import CaptureHead, pack
from suffice.store.cipher import AesGcm
from suffice.types import ClientApi, LoggedCall, Outcome, Request

MAX_UNDER_WAY = 64
"""Captures of a worker that are being collected or wait for the thread; beyond them none is drawn."""
MAX_UNDER_WAY_BYTES = 32 * 1024 * 1024
"""What all of these may hold together."""

_EVENTS_TO_BODY = 16
"""A stream's events may be so many times as long as the longest answer: each token comes in an envelope."""
_STOP_S = 5.0
_APIS: frozenset[ClientApi] = frozenset({"chat_completions", "responses", "messages"})
_encode = msgspec.json.Encoder().encode


class Captures:
    """Everything of a worker that captures.

    Args:
        settings: How many, how large.
        finders: What is redacted.
        files: Where records go.
        cipher: What seals them.
        guard: Counts faults, as `capture`.
    """

    def __init__(
        self,
        settings: CaptureSettings,
        finders: Sequence[Finder],
        files: CaptureFiles,
        cipher: AesGcm,
        guard: Guard,
    ) -> None:
        self._reservoirs = Reservoirs(per_bucket=settings.per_bucket, share=settings.share)
        self._max_body_bytes = settings.max_body_kib * 1024
        self._finders = finders
        self._files = files
        self._cipher = cipher
        self._guard = guard
        self._budget = Budget(captures=MAX_UNDER_WAY, size_bytes=MAX_UNDER_WAY_BYTES)
        self._queue: SimpleQueue[tuple[Capture, Outcome] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.written = 0
        self.lost: Counter[Lost] = Counter()

    def offer(self, request: Request, body_bytes: int, settlement: Settlement) -> Capture | None:
        """Returns what collects the answer of a call that is drawn; `None` for all others.

        Args:
            request: As it was read.
            body_bytes: Its size.
            settlement: Of its exchange; its status is that of the answer: only what succeeded is captured.
        """
        if not 200 <= (settlement.status or 0) < 300 or request.api not in _APIS:
            return None
        bucket = request.feature if settlement.decision is None else settlement.decision.bucket
        lot = self._reservoirs.draw(settlement.id, bucket, day_of(request.received_ns))
        if lot is None:
            return None
        if body_bytes > self._max_body_bytes:
            self.lost["too_large"] += 1
            return None
        # A request takes about as much again when it is decoded.
        held_bytes = 2 * body_bytes + GRANT_BYTES
        if not self._budget.take(held_bytes, captures=1):
            self.lost["no_room"] += 1
            return None
        return Capture(request, bucket, lot, self._max_body_bytes * _EVENTS_TO_BODY, self._budget, held_bytes)

    def keep(self, capture: Capture, outcome: Outcome | None) -> None:
        """Takes a capture over when its exchange is over; only a whole answer is kept.

        Args:
            capture: From `offer`; each comes back once.
            outcome: What the exchange settled with.
        """
        lost = capture.lost
        if lost is None and (outcome is None or outcome.ending != "complete"):
            lost = "broke_off"
        if lost is not None or outcome is None:
            self._give_up(capture, lost or "broke_off")
            return
        self._reservoirs.keep(*capture.lot)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="captures", daemon=True)
            self._thread.start()
        self._queue.put((capture, outcome))

    def close(self) -> None:
        """Writes what waits, for some seconds at most."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=_STOP_S)

    def state(self) -> dict[str, object]:
        """Returns how many were written, and how many that were drawn were not, for `/healthz`."""
        return {"written": self.written, "lost": dict(self.lost)}

    def _give_up(self, capture: Capture, why: Lost) -> None:
        self.lost[why] += 1
        self._budget.give(capture.held_bytes, captures=1)

    def _run(self) -> None:
        while (taken := self._queue.get()) is not None:
            started = time.perf_counter()
            self._guard.run("capture", self._write, *taken)
            self._budget.give(taken[0].held_bytes, captures=1)
            del taken
            # Most of this is Python, which runs one thread at a time: requests get at least half of it.
            time.sleep(min(time.perf_counter() - started, 0.1))
        self._files.close()

    def _write(self, capture: Capture, outcome: Outcome) -> None:
        request = capture.request
        answer = whole(request.api, b"".join(capture.chunks), events=capture.events)
        capture.chunks.clear()
        if answer is None:
            self.lost["no_answer"] += 1
            return
        redaction = Redaction(self._finders)
        body, answer = redaction.body(request.body), redaction.body(answer)
        if len(_encode(answer)) > self._max_body_bytes:
            self.lost["too_large"] += 1
            return
        reservoir, priority = capture.lot
        head = CaptureHead(
            id=outcome.id,
            bucket=capture.bucket,
            reservoir=reservoir,
            priority=priority,
            keep=self._reservoirs.per_bucket,
            received_ns=outcome.received_ns,
            api=request.api,
            provider=outcome.provider,
            model=outcome.requested_model,
            feature=outcome.feature,
        )
        call = LoggedCall(
            id=outcome.id,
            source="captures",
            model=outcome.requested_model,
            request=body,
            response=answer,
            api=request.api,
            provider=outcome.provider,
            received_ns=outcome.received_ns,
            feature=outcome.feature,
            session=outcome.session,
            usage=outcome.usage,
            status=outcome.status,
            duration_ms=outcome.duration_us / 1000,
        )
        record = pack(head, call, self._cipher)
        self._files.write(record, day=day_of(outcome.received_ns))
        self.written += 1

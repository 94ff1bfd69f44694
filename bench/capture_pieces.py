"""What each piece of a capture costs in CPU time, in this process alone: no server, no network, no load.

`python bench/capture_pieces.py`; the control is encoding the same request as JSON, which other machines can do too.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

import load
from stream_server import events
from suffice.config import CaptureSettings
from suffice.proxy.captures.assembly import whole
from suffice.proxy.captures.redaction import Redaction, finders_of
from suffice.proxy.captures.taking import Captures
from suffice.proxy.guard import Guard
from suffice.proxy.settlement import Settlement
from suffice.store.captures.files import CaptureFiles
from suffice.store.cipher import AesGcm
from suffice.types import Request
from upstream import ANSWER

ROUNDS = 7


def _cpu_us(work: Callable[[], object], times: int) -> float:
    """The median of some rounds, each of `times` calls, in CPU time of this process."""
    readings = []
    for _ in range(ROUNDS):
        before = time.process_time_ns()
        for _ in range(times):
            work()
        readings.append((time.process_time_ns() - before) / times / 1000)
    return statistics.median(readings)


class Pieces:
    """A worker's captures without the worker, and one call to capture."""

    def __init__(self, folder: Path) -> None:
        text = load._body(random.Random(7), 1)  # noqa: SLF001 -- the benchmark's own request
        self.body: dict[str, object] = json.loads(text)
        self.size = len(text)
        self.guard = Guard()
        files = CaptureFiles(folder, worker="bench")
        self.finders = finders_of(CaptureSettings().redact)
        settings = CaptureSettings(enabled=True, per_bucket=100_000)
        self.captures = Captures(settings, self.finders, files, AesGcm([bytes(32)]), self.guard)
        never = CaptureSettings(enabled=True, share=0.0)
        self.passing = Captures(never, self.finders, files, AesGcm([bytes(32)]), self.guard)
        self.request = Request(
            api="chat_completions",
            provider="openai",
            model="gpt-5.4",
            body=self.body,
            received_ns=time.time_ns(),
        )
        self.settlement = Settlement(
            decision_id="0" * 30,
            received_ns=self.request.received_ns,
            elapsed_us=lambda: 1,
            record=lambda *_: None,
            guard=self.guard,
        )
        self.settlement.status = 200
        self.settlement.settle("complete")

    def capture(self, chunks: list[bytes], *, streamed: bool) -> None:
        capture = self.captures.offer(self.request, self.size, self.settlement)
        assert capture is not None
        capture.events = streamed
        for chunk in chunks:
            capture.take(chunk)
        assert self.settlement.outcome is not None
        self.captures._write(capture, self.settlement.outcome)  # noqa: SLF001 -- what its thread calls
        self.captures._budget.give(capture.held_bytes, captures=1)  # noqa: SLF001 -- as its thread does


def main() -> None:
    """Prints each piece in microseconds, and as a multiple of the control."""
    with tempfile.TemporaryDirectory(prefix="suffice-bench-") as folder:
        pieces = Pieces(Path(folder))
        answer = msgspec.json.encode(ANSWER)
        stream = events(usage=True)
        joined = b"".join(stream)
        redaction = Redaction(pieces.finders)
        pass_by = pieces.passing.offer
        control = _cpu_us(lambda: msgspec.json.encode(pieces.body), 5000)
        rows = {
            "control: the request as JSON": control,
            "a call that is not drawn": _cpu_us(
                lambda: pass_by(pieces.request, pieces.size, pieces.settlement), 5000
            ),
            "redacting request and answer": _cpu_us(
                lambda: (redaction.body(pieces.body), redaction.body(ANSWER)), 300
            ),
            "a stream of 200 chunks made whole": _cpu_us(
                lambda: whole("chat_completions", joined, events=True), 100
            ),
            "all of it, a whole answer": _cpu_us(lambda: pieces.capture([answer], streamed=False), 300),
            "all of it, a stream of 200 chunks": _cpu_us(lambda: pieces.capture(stream, streamed=True), 100),
        }
        assert not pieces.guard.faults
        for name, cost_us in rows.items():
            print(f"{name:<36} {cost_us:9.1f} us {cost_us / control:8.1f}x")


if __name__ == "__main__":
    main()

"""A worker's own file of outcomes: a line is safe from the death of any process when `append` returns.

One line is one outcome as JSON. The whole decision, where it is kept, stands before it, set off by a tab: a line that
was cut short has lost the end of its outcome, and so counts for nothing. The file is held under an exclusive lock
for as long as its worker lives, so that the recorder knows whether more can come. A file that has grown large is
closed and followed by another.
"""

from __future__ import annotations

import fcntl
import os
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from suffice.errors import StoreError
from suffice.proxy.guard import Guard
from suffice.store.guard import Note
from suffice.types import Decision, Outcome
from suffice.upstream.outbox import Outbox

SUFFIX = ".jsonl"
"""Of a spool file's name."""
SEPARATOR = b"\t"
"""Stands between a decision and its outcome; JSON itself never holds one."""
MAX_BYTES = 8 * 1024 * 1024
"""A file over this size is followed by another."""
MAX_PENDING = 100_000
"""How many outcomes wait in memory at most while the disk refuses them."""

_encode_into = msgspec.json.Encoder().encode_into


class Spool:
    """Appends outcomes to a worker's spool file.

    Args:
        directory: Made if it is missing.
        worker: A name that no other worker has, safe in a file's name.
        max_bytes: Size at which the next file begins.
        decisions: Whether decisions are kept.
    """

    def __init__(
        self, directory: Path, *, worker: str, max_bytes: int = MAX_BYTES, decisions: bool = True
    ) -> None:
        self._directory = directory
        self._worker = worker
        self._max_bytes = max_bytes
        self._decisions = decisions
        self._files = 0
        self._descriptor = -1
        self._path = directory
        self._size = 0
        self._torn = False
        self._line = bytearray()
        self._waiting: deque[bytes] = deque(maxlen=MAX_PENDING)

    @property
    def pending(self) -> int:
        """How many outcomes wait in memory because they could not be written."""
        return len(self._waiting)

    def append(self, outcome: Outcome | Note, decision: Decision | None = None) -> None:
        """Writes one line. What could not be written before goes first.

        Raises:
            StoreError: It could not be written. It is kept in memory and tried again with the next one.
        """
        self.write([self.line(outcome, decision)])

    def line(self, outcome: Outcome | Note, decision: Decision | None = None) -> bytes:
        """Returns the line of an outcome, with its decision if decisions are kept."""
        # One buffer for all lines, which is as large as they are: a new one would grow with each line, step by step.
        line = self._line
        if decision is not None and self._decisions:
            _encode_into(decision, line)
            line += SEPARATOR
            _encode_into(outcome, line, -1)
        else:
            _encode_into(outcome, line)
        line += b"\n"
        return bytes(line)

    def write(self, lines: Sequence[bytes]) -> None:
        """Writes lines at once. What could not be written before goes first.

        Raises:
            StoreError: They could not be written. They are kept in memory and tried again with the next ones; of what
                was written in part some may come twice, which the ledger counts once.
        """
        if self._waiting:
            self._waiting.extend(lines)
            self.flush()
            return
        try:
            self._write(b"".join(lines))
        except OSError as error:
            self._waiting.extend(lines)
            raise StoreError(f"the spool cannot be written: {error.strerror}", code="spool_failed") from error

    def close(self) -> None:
        """Tries once more to write what waits, and lets go of the file."""
        try:
            self.flush()
        finally:
            self._let_go()

    def flush(self) -> None:
        """Writes what waits.

        Raises:
            StoreError: It still cannot be written, and waits on.
        """
        try:
            while self._waiting:
                self._write(self._waiting[0])
                self._waiting.popleft()
        except OSError as error:
            raise StoreError(f"the spool cannot be written: {error.strerror}", code="spool_failed") from error

    def _write(self, line: bytes) -> None:
        if self._descriptor < 0 or self._size >= self._max_bytes:
            self._next_file()
        # A line that was cut short is closed first, so that it spoils no other.
        data = b"\n" + line if self._torn else line
        try:
            written = os.write(self._descriptor, data)
        except OSError:
            if not self._size:
                # Each try on a full disk would leave another.
                self._path.unlink(missing_ok=True)
            self._let_go()
            raise
        self._size += written
        if written < len(data):
            self._torn = True
            raise OSError(28, "only a part of a line could be written")
        self._torn = False

    def _next_file(self) -> None:
        self._let_go()
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{self._worker}-{self._files:06d}{SUFFIX}"
        unlocked = path.with_suffix(".new")
        descriptor = os.open(
            unlocked, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
        )
        # It gets its name when it is locked: the recorder deletes what it finds empty and without an owner.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        unlocked.rename(path)
        self._files += 1
        self._path = path
        self._descriptor, self._size, self._torn = descriptor, 0, False

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class TurnSpool:
    """Spools what settles in one turn of the loop with one write, before any of its answers goes out.

    Args:
        spool: Takes the lines.
        outbox: Of the loop; holds the answers.
        guard: Counts a write that fails: its lines wait in the spool.
    """

    def __init__(self, spool: Spool, outbox: Outbox, guard: Guard) -> None:
        self._spool = spool
        self._outbox = outbox
        self._guard = guard
        self._lines: list[bytes] = []

    def record(self, outcome: Outcome, decision: Decision | None = None) -> None:
        """Takes an outcome; it is in the spool before anything more is written to a client.

        Raises:
            RuntimeError: No loop is running.
        """
        line = self._spool.line(outcome, decision)
        if not self._lines:
            self._outbox.before(self._write)
        self._lines.append(line)

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        self._guard.run("record", self._spool.write, lines)

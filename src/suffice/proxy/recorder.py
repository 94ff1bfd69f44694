"""Moves outcomes from the workers' spools into the ledger, each exactly once, whatever is killed when.

The entries of a batch and the spool's new offset go into the store in one transaction, and an entry's id is its
key: a batch that is tried again adds nothing twice. Whole decisions go with their entries, and are dropped when they
are old. A spool file is deleted when all of it is in the ledger and nobody holds its lock.
"""

from __future__ import annotations

import fcntl
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from suffice.ledger.entry import Entry
from suffice.ledger.pricing import PriceOf, entry_of
from suffice.proxy.spool import SEPARATOR, SUFFIX
from suffice.store.decisions import first_id
from suffice.store.sqlite import SqliteStore
from suffice.types import Outcome

BATCH_BYTES = 1024 * 1024
_WAIT_S = 0.2
_LONGEST_WAIT_S = 10.0
_DAY_NS = 86_400_000_000_000
_PRUNE_EVERY_NS = 600_000_000_000

_decode = msgspec.json.Decoder(Outcome).decode
_log = logging.getLogger("suffice.recorder")


class Recorder:
    """The only background task of the proxy. Use from one thread.

    Args:
        directory: Where the spools are.
        store: The ledger.
        price_of: Prices a call's usage.
        keep_decisions_days: How old a decision may get; 0 keeps none.
        now_ns: The clock, Unix time.
    """

    def __init__(
        self,
        directory: Path,
        store: SqliteStore,
        price_of: PriceOf,
        *,
        keep_decisions_days: int,
        now_ns: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._store = store
        self._price_of = price_of
        self._keep_ns = keep_decisions_days * _DAY_NS
        self._now_ns = now_ns
        self._pruned_ns = 0

    def run(self, stop: threading.Event, *, wait_s: float = _WAIT_S) -> None:
        """Moves what comes until told to stop, and then once more. Survives whatever the store does.

        Args:
            stop: Set to end.
            wait_s: Seconds between two looks; grows while the store fails.
        """
        pause = wait_s
        while not stop.wait(pause):
            pause = wait_s if self._try() else min(pause * 2, _LONGEST_WAIT_S)
        self._try()
        self._store.close()

    def _try(self) -> bool:
        try:
            self.run_once()
        except Exception as fault:  # noqa: BLE001 -- the recorder goes on whatever happens: the spools keep what it could not move
            _log.warning("could not move spools into the ledger, will try again: %s", fault)
            return False
        return True

    def run_once(self) -> int:
        """Moves every whole line that is there now.

        Returns:
            How many entries were new to the ledger.

        Raises:
            StoreError: The store refused; what was not moved stays in its spool.
        """
        moved = self._store.offsets()
        added = 0
        gone = set(moved)
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            gone.discard(path.name)
            added += self._move(path, moved.get(path.name, 0))
        if gone:
            self._store.forget(gone)
        now_ns = self._now_ns()
        if now_ns - self._pruned_ns >= _PRUNE_EVERY_NS:
            self._store.drop_decisions(before=first_id(now_ns - self._keep_ns))
            self._pruned_ns = now_ns
        return added

    def _move(self, path: Path, offset: int) -> int:
        added = 0
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return 0
        with file:
            # Whether more can come is asked before reading: what is written after that is read the next time.
            finished = _unowned(file.fileno())
            while chunk := lines_after(file, offset):
                offset += len(chunk)
                entries, decisions = self._read(path, chunk)
                added += self._store.append(entries, spool=path.name, moved_bytes=offset, decisions=decisions)
            if not finished:
                return added
            file.seek(offset)
            if torn := file.read():
                self._set_aside(path, torn)
                self._store.append([], spool=path.name, moved_bytes=offset + len(torn))
        path.unlink(missing_ok=True)
        return added

    def _read(self, path: Path, chunk: bytes) -> tuple[list[Entry], list[tuple[str, bytes]]]:
        entries, decisions = [], []
        for line in chunk.splitlines():
            if not line:
                continue
            try:
                decision, outcome = parted(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._set_aside(path, line)
            else:
                entries.append(entry_of(outcome, self._price_of))
                if decision and self._keep_ns:
                    decisions.append((outcome.id, decision))
        return entries, decisions

    def _set_aside(self, path: Path, line: bytes) -> None:
        _log.warning("a line of %s cannot be read (%d bytes) and is set aside", path.name, len(line))
        with path.with_suffix(".aside").open("ab") as aside:
            aside.write(line.rstrip(b"\n") + b"\n")


def lines_after(file: BinaryIO, offset: int) -> bytes:
    """Returns the next batch of whole lines of a spool; empty if there is none."""
    # A batch seldom ends with a line: the next one begins where the last whole line ended, not where reading did.
    file.seek(offset)
    return _whole_lines(file.read(BATCH_BYTES), file.readline)


def parted(line: bytes) -> tuple[bytes, Outcome]:
    """Returns the decision of a spool's line, as JSON, empty if it was not kept, and the outcome.

    Raises:
        msgspec.DecodeError: It is no outcome: torn, most likely.
        UnicodeDecodeError: The same.
    """
    decision, _, ended = line.rpartition(SEPARATOR)
    return decision, _decode(ended)


def _unowned(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _whole_lines(chunk: bytes, more: Callable[[], bytes]) -> bytes:
    """Returns a chunk up to its last line's end; a line that is longer than a chunk is read to its end first."""
    end = chunk.rfind(b"\n") + 1
    if end or not chunk:
        return chunk[:end]
    chunk += more()
    return chunk if chunk.endswith(b"\n") else b""

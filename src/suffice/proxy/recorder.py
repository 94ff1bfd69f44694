"""Moves outcomes from the workers' spools into the ledger, each exactly once, whatever is killed when.

The entries of a batch and the spool's new offset go into the store in one transaction, and an entry's id is its
key: a batch that is tried again adds nothing twice. Whole decisions go with their entries, and are dropped when they
are old. A spool file is deleted when all of it is in the ledger and nobody holds its lock.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from operator import methodcaller
from pathlib import Path
from typing import BinaryIO

import msgspec

from suffice.ledger.pricing import PriceOf, entry_of
from suffice.proxy.spool import SEPARATOR, SUFFIX
from suffice.store.decisions import first_id
from suffice.store.rows import Settled
from suffice.store.sqlite import SqliteStore
from suffice.types import Outcome

BATCH_BYTES = 2 * 1024 * 1024
_BUFFER_BYTES = 128 * 1024
_WAIT_S = 0.5
# A spool that stays as it is may still have lost its worker: every so many looks none is skipped.
_MOST_SKIPPED = 4
_LONGEST_WAIT_S = 10.0
_DAY_NS = 86_400_000_000_000
_PRUNE_EVERY_NS = 600_000_000_000

_WHOLE = methodcaller("endswith", b"\n")

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
        pause, seen, skipped = wait_s, None, 0
        while not stop.wait(pause):
            now = self._sizes()
            if now == seen and now is not None and skipped < _MOST_SKIPPED:
                skipped += 1
            elif self._try():
                pause, seen, skipped = wait_s, now, 0
            else:
                pause, seen = min(pause * 2, _LONGEST_WAIT_S), None
        self._try()
        self._store.close()

    def _sizes(self) -> dict[str, int] | None:
        """How large each spool is; `None` if that cannot be told."""
        try:
            return {spool.name: spool.stat().st_size for spool in self._spools()}
        except OSError:
            return None

    def _spools(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._directory) as files:
                return [file for file in files if file.name.endswith(SUFFIX)]
        except FileNotFoundError:
            return []

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
        for name in sorted(spool.name for spool in self._spools()):
            gone.discard(name)
            added += self._move(self._directory / name, moved.get(name, 0))
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
            file = path.open("rb", buffering=_BUFFER_BYTES)
        except FileNotFoundError:
            return 0
        with file:
            # Whether more can come is asked before reading: what is written after that is read the next time.
            finished = _unowned(file.fileno())
            while lines := lines_after(file, offset):
                offset += sum(map(len, lines))
                settled = self._read(path, lines)
                added += self._store.take(settled, spool=path.name, moved_bytes=offset)
            if not finished:
                return added
            file.seek(offset)
            if torn := file.read():
                self._set_aside(path, torn)
                self._store.append([], spool=path.name, moved_bytes=offset + len(torn))
        path.unlink(missing_ok=True)
        return added

    def _read(self, path: Path, lines: Sequence[bytes]) -> Iterator[Settled]:
        for line in lines:
            if line == b"\n":
                continue
            try:
                decision, said, outcome = parted(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._set_aside(path, line)
            else:
                yield Settled(entry_of(outcome, self._price_of), said, decision if self._keep_ns else b"")

    def _set_aside(self, path: Path, line: bytes) -> None:
        _log.warning("a line of %s cannot be read (%d bytes) and is set aside", path.name, len(line))
        with path.with_suffix(".aside").open("ab") as aside:
            aside.write(line.rstrip(b"\n") + b"\n")


def lines_after(file: BinaryIO, offset: int) -> list[bytes]:
    """Returns the next batch of whole lines of a spool; empty if there is none."""
    # Reading ends somewhere behind the batch's last line: the next batch begins where that line ended.
    file.seek(offset)
    # The end of a file may come in the middle of a line that is being written, and the rest of it right after that.
    return list(takewhile(_WHOLE, file.readlines(BATCH_BYTES)))


def parted(line: bytes) -> tuple[bytes, bytes, Outcome]:
    """Returns the decision of a spool's line as JSON, empty if it was not kept, the outcome as JSON, and the outcome.

    Raises:
        msgspec.DecodeError: It is no outcome: torn, most likely.
        UnicodeDecodeError: The same.
    """
    decision, _, said = line.rpartition(SEPARATOR)
    return decision, said.rstrip(), _decode(said)


def _unowned(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

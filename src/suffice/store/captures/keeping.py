"""Keeps captures within what was asked: deletes old files, thins each day's to its sample, bounds the size of all.

It runs beside the workers, in a thread of their supervisor. A worker notices that its file was replaced or deleted
under its hands; only finished files are thinned.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable
from itertools import groupby
from pathlib import Path

import msgspec

from suffice.errors import StoreError
from suffice.store.captures.files import alone, being_written, day_of, files
from suffice.store.captures.record import HEADER, CaptureHead, Found, limits, read_heads
from suffice.store.cipher import AesGcm

EVERY_S = 10.0

_WORTH = 0.25
"""Share of a file that must be superfluous before it is written anew."""
_DAY_NS = 86_400_000_000_000
_ABANDONED_NS = 3_600_000_000_000

_log = logging.getLogger("suffice.captures")
Heads = tuple[tuple[CaptureHead, int, int], ...]
"""The head of each record of a file, and its offset and length."""


class Keeping:
    """Deletes and thins captures. Use from one thread.

    Args:
        directory: Of the captures. Nothing happens while there is none.
        max_bytes: Size of all files together.
        max_age_days: How old a capture may get.
        cipher: What their heads are read with; without it nothing is thinned.
        now_ns: The clock, Unix time.
    """

    def __init__(
        self,
        directory: Path,
        *,
        max_bytes: int,
        max_age_days: int,
        cipher: AesGcm | None,
        now_ns: Callable[[], int],
    ) -> None:
        self._directory = directory
        self._max_bytes = max_bytes
        self._max_age_ns = max_age_days * _DAY_NS
        self._cipher = cipher
        self._now_ns = now_ns
        self._read: dict[tuple[Path, int], Heads] = {}

    def run(self, stop: threading.Event, *, wait_s: float = EVERY_S) -> None:
        """Looks again and again until told to stop.

        Args:
            stop: Set to end.
            wait_s: Seconds between two looks.
        """
        said = ""
        while True:
            try:
                self.run_once()
            except (OSError, StoreError) as fault:
                # Once for each kind of trouble: a key that is missing stays missing.
                if str(fault) != said:
                    _log.warning("captures could not be thinned or deleted, will try again: %s", fault)
                said = str(fault)
            if stop.wait(wait_s):
                return

    def run_once(self) -> None:
        """Deletes what is too old, thins, and deletes the oldest of what is too much.

        Raises:
            OSError: A file could not be deleted or replaced.
            StoreError: A file could not be read; ages and sizes were seen to all the same.
        """
        if not self._directory.is_dir():
            return
        with alone(self._directory):
            self._delete_old()
            try:
                if self._cipher is not None:
                    self._thin(self._cipher)
            finally:
                self._delete_surplus()

    def _delete_old(self) -> None:
        now_ns = self._now_ns()
        oldest = day_of(max(0, now_ns - self._max_age_ns))
        for day, path in files(self._directory):
            if day < oldest:
                path.unlink(missing_ok=True)
        for abandoned in (*self._directory.glob("*.new"), *self._directory.glob("*.part")):
            if now_ns - abandoned.stat().st_mtime_ns > _ABANDONED_NS:
                abandoned.unlink(missing_ok=True)

    def _delete_surplus(self) -> None:
        sizes = [(path, path.stat().st_size) for _, path in files(self._directory)]
        surplus = sum(size for _, size in sizes) - self._max_bytes
        for path, size in sizes:
            if surplus <= 0:
                return
            path.unlink(missing_ok=True)
            surplus -= size

    def _thin(self, cipher: AesGcm) -> None:
        seen: dict[tuple[Path, int], Heads] = {}
        for _, day in groupby(files(self._directory), key=lambda file: file[0]):
            heads = {path: self._heads(path, cipher, seen) for _, path in day}
            limit = limits(head for found in heads.values() for head, _, _ in found)
            for path, found in heads.items():
                kept = [one for one in found if one[0].priority <= limit.get(one[0].reservoir, -1)]
                superfluous = sum(size for _, _, size in found) - sum(size for _, _, size in kept)
                if superfluous > _WORTH * path.stat().st_size and not being_written(path):
                    keep_only(path, [(offset, size) for _, offset, size in kept])
        self._read = seen

    def _heads(self, path: Path, cipher: AesGcm, seen: dict[tuple[Path, int], Heads]) -> Heads:
        version = path, path.stat().st_size
        found = self._read.get(version)
        if found is None:
            found = tuple(
                (record.head, record.offset, record.size)
                for record in read_heads(path, cipher)
                if isinstance(record, Found)
            )
        seen[version] = found
        return found


class Purged(msgspec.Struct, frozen=True, kw_only=True):
    """What was deleted."""

    files: int
    calls: int | None
    """`None` where files were deleted whole, unread."""


def purge(directory: Path, *, before: str | None = None) -> Purged:
    """Deletes whole files.

    Args:
        directory: Of the captures.
        before: Only those of earlier days than this (`2026-11-24`); without it all.

    Raises:
        OSError: A file could not be deleted.
    """
    if not directory.is_dir():
        return Purged(files=0, calls=None)
    with alone(directory):
        doomed = [path for day, path in files(directory) if before is None or day < before]
        for path in doomed:
            path.unlink(missing_ok=True)
    return Purged(files=len(doomed), calls=None)


def purge_calls(
    directory: Path, cipher: AesGcm, *, buckets: Collection[str] = (), ids: Collection[str] = ()
) -> Purged:
    """Deletes the calls of some buckets, or with some ids, and keeps the rest.

    A call that is being written at this very moment to a file that is replaced can be lost.

    Raises:
        OSError: A file could not be replaced.
        StoreError: A file cannot be read.
    """
    if not directory.is_dir():
        return Purged(files=0, calls=0)
    changed = calls = 0
    with alone(directory):
        for _, path in files(directory):
            records = [record for record in read_heads(path, cipher) if isinstance(record, Found)]
            kept = [one for one in records if one.head.bucket not in buckets and one.head.id not in ids]
            if len(kept) < len(records):
                keep_only(path, [(record.offset, record.size) for record in kept])
                changed += 1
                calls += len(records) - len(kept)
    return Purged(files=changed, calls=calls)


def keep_only(path: Path, pieces: Iterable[tuple[int, int]]) -> None:
    """Replaces a file in one step by one with only some of its records; deletes it if there are none.

    Args:
        path: The file.
        pieces: Offset and length of each record that stays.
    """
    data = path.read_bytes()
    kept = [data[offset : offset + size] for offset, size in pieces]
    if not kept:
        path.unlink(missing_ok=True)
        return
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines([HEADER, *kept])
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)

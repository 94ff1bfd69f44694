"""The files of captures: each has one worker that writes it, and a name that begins with its day.

A file is held under an exclusive lock for as long as its worker writes it. Whoever replaces or deletes it meanwhile is
noticed: the worker goes on in another.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from suffice.store.captures.record import HEADER

SUFFIX = ".captures"
MAX_BYTES = 16 * 1024 * 1024
"""A file over this size is followed by another."""

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)-[^/]+" + re.escape(SUFFIX))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(at_ns: int) -> str:
    """Returns the day of a Unix time, in UTC.

    >>> day_of(0), day_of(1_795_478_400_000_000_000)
    ('1970-01-01', '2026-11-24')
    """
    return (_EPOCH + timedelta(seconds=at_ns // 1_000_000_000)).date().isoformat()


def files(directory: Path) -> list[tuple[str, Path]]:
    """Returns the day and the path of each file, oldest day first; none if there is no such folder."""
    found = (
        (match[1], path) for path in directory.glob(f"*{SUFFIX}") if (match := _NAME.fullmatch(path.name))
    )
    return sorted(found)


def being_written(path: Path) -> bool:
    """Tells whether a worker holds a file; one that is gone is held by nobody."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Lets one process at a time delete and replace files; workers that write are not held up."""
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class CaptureFiles:
    """Writes records to a worker's own files. Use from one thread.

    Args:
        directory: Made if it is missing.
        worker: A name that no other worker has, safe in a file's name.
        max_bytes: Size at which the next file begins.
    """

    def __init__(self, directory: Path, *, worker: str, max_bytes: int = MAX_BYTES) -> None:
        self._directory = directory
        self._worker = worker
        self._max_bytes = max_bytes
        self._files = 0
        self._descriptor = -1
        self._size = 0
        self._day = ""

    def write(self, record: bytes, *, day: str) -> None:
        """Appends a record: it survives the death of this process when this returns.

        Args:
            record: Of `suffice.store.captures.record.pack`.
            day: When its call came in. One of an earlier day than the file that is open goes into that.

        Raises:
            OSError: It could not be written, and is lost; what was written before is not.
        """
        if self._descriptor < 0 or day > self._day or self._size >= self._max_bytes or self._was_taken():
            self._next_file(max(day, self._day))
        try:
            written = os.write(self._descriptor, record)
        except OSError:
            self.close()
            raise
        self._size += written
        if written < len(record):
            # Nothing can be read behind a record that was cut short.
            self.close()
            raise OSError(28, "only a part of a capture could be written")

    def close(self) -> None:
        """Lets go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _was_taken(self) -> bool:
        return os.fstat(self._descriptor).st_nlink == 0

    def _next_file(self, day: str) -> None:
        self.close()
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._directory / f"{day}-{self._worker}-{self._files:06d}{SUFFIX}"
        unlocked = path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._files += 1
        self._descriptor = os.open(unlocked, flags, 0o600)
        # It gets its name when it is locked, so that nobody takes it for one that is finished.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        unlocked.rename(path)
        self._day, self._size = day, os.write(self._descriptor, HEADER)

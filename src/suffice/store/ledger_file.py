"""The file of the ledger: opened when it is needed and brought up to date, opened anew when another has its place.

A reader never makes or changes it; one writer, any number of readers at the same time (WAL).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from suffice.errors import StoreError
from suffice.store.schema import STEPS
from suffice.store.steps import make_folder, write_ahead

_BUSY_MS = 5000


class LedgerFile:
    """One file.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: Never makes or changes it.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None

    def query(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yields the rows of a query.

        Raises:
            StoreError: There is no ledger, or it cannot be read.
        """
        try:
            yield from self._open().execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """One change, whole or not at all.

        Raises:
            StoreError: The database is locked, full or cannot be opened; nothing was changed.
        """
        try:
            with self._open() as connection:
                yield connection
        except sqlite3.Error as error:
            raise self._failed(error) from error

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Answers every question inside from one state of the ledger, whatever is added meanwhile.

        Raises:
            StoreError: The database cannot be read.
        """
        for _ in self.query("BEGIN"):
            pass
        try:
            yield
        finally:
            if self._connection is not None:
                self._connection.rollback()

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        # A file that was deleted or replaced under an open connection would swallow what is written to it.
        if self._connection is not None and (self._read_only or _identity(self._path) == self._opened):
            return self._connection
        self.close()
        if self._read_only:
            self._connection = self._open_to_read()
            return self._connection
        make_folder(self._path, code="ledger_unusable")
        connection = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        # An entry with its copies is some 1,500 bytes: larger pages waste less and split less often, and fewer of them
        # are written to the log and from there into the file.
        connection.execute("PRAGMA page_size = 16384")
        write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        STEPS.migrate(connection)
        self._connection = connection
        self._opened = _identity(self._path)
        return connection

    def _open_to_read(self) -> sqlite3.Connection:
        if self._path.exists():
            connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=ro", uri=True, timeout=_BUSY_MS / 1000
            )
            version = STEPS.version_of(connection)
            if version == STEPS.newest:
                return connection
            connection.close()  # The recorder has made the file, and is about to make its tables.
            if version:
                raise StoreError(
                    f"the ledger at {self._path} was written by an older suffice: start `suffice serve` once, "
                    "which brings it up to date",
                    code="older_ledger",
                )
        raise StoreError(
            f"there is no ledger at {self._path}: has `suffice serve` run with this configuration?",
            code="no_ledger",
        )

    def _failed(self, error: sqlite3.Error) -> StoreError:
        self.close()
        hint = ""
        if self._read_only and "unable to open" in str(error):
            hint = "; whoever reads it needs write access to its folder: copy it with its -wal, and read the copy"
        return StoreError(f"the ledger at {self._path} cannot be used: {error}{hint}", code="ledger_unusable")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

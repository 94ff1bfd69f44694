"""The file of the trials' journal: its tables, one change at a time, and bodies that are compressed and sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard

from suffice.errors import StoreError
from suffice.store.steps import Steps, make_folder, write_ahead
from suffice.store.traffic_bodies import Cipher

_BUSY_MS = 5000
_LEVEL = 3
_MOST_BYTES = 256 * 2**20

_CREATE = """
CREATE TABLE trials (
  id TEXT PRIMARY KEY, created_ns INTEGER NOT NULL, state TEXT NOT NULL, said TEXT NOT NULL, plan BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE calls (
  trial TEXT NOT NULL, unit TEXT NOT NULL, model TEXT NOT NULL, repeat TEXT NOT NULL,
  state TEXT NOT NULL, sent_ns INTEGER NOT NULL, forecast_nanos INTEGER NOT NULL,
  lost_nanos INTEGER NOT NULL DEFAULT 0, cost_nanos INTEGER, done_ns INTEGER, status INTEGER, error TEXT,
  served_model TEXT, usage BLOB, sealed INTEGER NOT NULL DEFAULT 0, body BLOB,
  PRIMARY KEY (trial, unit, model, repeat)
) WITHOUT ROWID;
CREATE TABLE grades (
  trial TEXT NOT NULL, bucket TEXT NOT NULL, candidate TEXT NOT NULL, unit TEXT NOT NULL,
  sealed INTEGER NOT NULL, grade BLOB NOT NULL,
  PRIMARY KEY (trial, bucket, candidate, unit)
) WITHOUT ROWID;
CREATE TABLE results (
  trial TEXT NOT NULL, bucket TEXT NOT NULL, candidate TEXT NOT NULL, result BLOB NOT NULL,
  PRIMARY KEY (trial, bucket, candidate)
) WITHOUT ROWID;
"""
_STEPS = Steps(what="trials", newest=1, scripts={0: _CREATE})


class TrialFile:
    """One file.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: Never makes or changes it.
        cipher: Seals bodies that are written from now on, and opens those that are sealed.
    """

    def __init__(self, path: Path, *, read_only: bool, cipher: Cipher | None) -> None:
        self._path = path
        self._read_only = read_only
        self._cipher = cipher
        self._connection: sqlite3.Connection | None = None

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Returns the rows of a query.

        Raises:
            StoreError: There is no file, or it cannot be read.
        """
        try:
            return self._open().execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def write(self, statement: str, values: Sequence[Any]) -> None:
        """Makes one change of one statement.

        Raises:
            StoreError: The file cannot be written.
        """
        with self.changing() as connection:
            connection.execute(statement, values)

    @contextmanager
    def changing(self, *, through: bool = False) -> Iterator[sqlite3.Connection]:
        """One change, whole or not at all. It outlives the process; the power only `through` to the disk.

        What an intent is followed by may be lost with the power: the call then counts as interrupted.

        Raises:
            StoreError: The file cannot be written; nothing was changed.
        """
        try:
            connection = self._open()
            connection.execute(f"PRAGMA synchronous = {'FULL' if through else 'NORMAL'}")
            with connection:
                yield connection
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def pack(self, body: bytes | None) -> tuple[bytes | None, bool]:
        """Returns a body as it is kept, and whether that is sealed."""
        if body is None:
            return None, False
        packed = zstandard.compress(body, _LEVEL)
        return (packed, False) if self._cipher is None else (self._cipher.seal(packed), True)

    def unpack(self, sealed: bool, body: bytes | None) -> bytes | None:
        """Returns what was packed.

        Raises:
            StoreError: It is sealed, and there is no key (`no_key`) or another one.
        """
        if body is None:
            return None
        if sealed:
            if self._cipher is None:
                raise StoreError(
                    f"{self._path} is sealed: give the key that it was written with, in [captures]",
                    code="no_key",
                )
            body = self._cipher.open(body)
        return zstandard.decompress(body, max_output_size=_MOST_BYTES)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if self._read_only and not self._path.exists():
                raise StoreError(
                    f"there are no trials at {self._path}: `suffice bakeoff plan` makes one", code="no_trial"
                )
            make_folder(self._path, code="trials_unusable")
            where = f"{self._path.resolve().as_uri()}?mode=ro" if self._read_only else str(self._path)
            connection = sqlite3.connect(where, uri=self._read_only, timeout=_BUSY_MS / 1000)
            if not self._read_only:
                write_ahead(connection)
            _STEPS.migrate(connection)
            self._connection = connection
        return self._connection

    def _failed(self, error: sqlite3.Error) -> StoreError:
        self.close()
        return StoreError(f"the trials at {self._path} cannot be used: {error}", code="trials_unusable")

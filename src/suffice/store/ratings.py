"""What people have said of answers, in SQLite: one row a person and answer, or a person and pair of answers.

A rating is of one answer, by its digest, where that is known: the same model may answer otherwise next time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from suffice.errors import StoreError
from suffice.store.steps import Steps, make_folder

RATINGS = "ratings.db"
"""The file in the data directory."""
_BUSY_MS = 5000

_CREATE = """
CREATE TABLE ratings (
  unit TEXT NOT NULL, model TEXT NOT NULL, digest TEXT NOT NULL, against TEXT NOT NULL, against_digest TEXT NOT NULL,
  rater TEXT NOT NULL, value REAL NOT NULL, rated_ns INTEGER NOT NULL,
  PRIMARY KEY (unit, model, digest, against, against_digest, rater)
) WITHOUT ROWID;
"""
_STEPS = Steps(what="ratings", newest=1, scripts={0: _CREATE})


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """What one person says of one answer, or of one answer beside another."""

    unit: str
    """The id of the logged call."""
    model: str
    """Whose answer it is."""
    value: float
    """In [0, 1] for one answer; for a pair in [-1, 1], above 0 where `model` is the better one."""
    digest: str = ""
    """Of the answer (`suffice.evidence.grading.digest_of`); empty stands for any answer of the model."""
    against: str = ""
    """Whose answer it was held against; empty for a rating of one answer."""
    against_digest: str = ""
    rater: str = ""
    rated_ns: int = 0


class Rated(Protocol):
    """Where ratings are found."""

    def of(self, unit: str) -> Sequence[Rating]:
        """Returns all ratings of a unit's answers."""
        ...


class RatingStore:
    """A file of ratings.

    Args:
        path: Made, with its folder, when the first rating is added.
        read_only: Never makes or changes the file; one that is not there has no ratings.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None

    def add(self, ratings: Iterable[Rating]) -> int:
        """Adds ratings; a person's second rating of the same answer replaces the first. Returns how many are new.

        Raises:
            StoreError: They cannot be written; then none of them is.
        """
        rows = [
            (
                one.unit,
                one.model,
                one.digest,
                one.against,
                one.against_digest,
                one.rater,
                one.value,
                one.rated_ns,
            )
            for one in ratings
        ]
        try:
            with self._open() as connection:
                (before,) = connection.execute("SELECT COUNT(*) FROM ratings").fetchone()
                connection.executemany("INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
                (after,) = connection.execute("SELECT COUNT(*) FROM ratings").fetchone()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return int(after - before)

    def of(self, unit: str) -> list[Rating]:
        """Returns all ratings of a unit's answers."""
        return self._read("WHERE unit = ?", (unit,))

    def all(self) -> list[Rating]:
        """Returns every rating."""
        return self._read("", ())

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, where: str, values: tuple[str, ...]) -> list[Rating]:
        if self._read_only and not self._path.exists():
            return []
        select = f"SELECT unit, model, digest, against, against_digest, rater, value, rated_ns FROM ratings {where}"  # noqa: S608 -- ours
        try:
            rows = self._open().execute(select, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        names = ("unit", "model", "digest", "against", "against_digest", "rater", "value", "rated_ns")
        return [Rating(**dict(zip(names, row, strict=True))) for row in rows]

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            if not self._read_only:
                make_folder(self._path, code="ratings_unusable")
            where = f"{self._path.resolve().as_uri()}?mode={'ro' if self._read_only else 'rwc'}"
            connection = sqlite3.connect(where, uri=True, timeout=_BUSY_MS / 1000)
            if self._read_only:
                _STEPS.version_of(connection)
            else:
                _STEPS.migrate(connection)
            self._connection = connection
        return self._connection

    def _failed(self, error: sqlite3.Error) -> StoreError:
        self.close()
        return StoreError(f"the ratings at {self._path} cannot be used: {error}", code="ratings_unusable")

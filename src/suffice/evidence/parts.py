"""Parts of calls that are in different lines or files, kept until all have been read: on disk, not in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import msgspec

from suffice.evidence.importers._entries import Part

_AT_ONCE = 5000

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Part).decode


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one call, or of calls that share something."""

    format: str
    parts: list[Part]
    file: str
    """Where the first of them is."""
    number: int


class Parts:
    """A temporary database of parts; gone when it is closed."""

    def __init__(self) -> None:
        # A database without a name: SQLite keeps it in a temporary file once it outgrows its cache.
        self._connection = sqlite3.connect("")
        self._connection.execute(
            "CREATE TABLE parts (format TEXT, key TEXT, seq INTEGER PRIMARY KEY, file TEXT, number INTEGER, part BLOB)"
        )
        self._waiting: list[tuple[str, str, str, int, bytes]] = []

    def add(self, format_: str, part: Part, *, file: str, number: int) -> None:
        """Keeps a part.

        Args:
            format_: The importer that will join it.
            part: The part.
            file: Where it is.
            number: Which record of the file.
        """
        self._waiting.append((format_, part.key, file, number, _encode(part)))
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def groups(self) -> Iterator[Group]:
        """Yields the parts of each format and key, each in the order that they came in."""
        self._write()
        self._connection.execute("CREATE INDEX by_key ON parts (format, key, seq)")
        rows = self._connection.execute(
            "SELECT format, key, file, number, part FROM parts ORDER BY format, key, seq"
        )
        for (format_, _), group in groupby(rows, key=itemgetter(0, 1)):
            members = list(group)
            _, _, file, number, _ = members[0]
            yield Group(format=format_, parts=[_decode(one[4]) for one in members], file=file, number=number)

    def close(self) -> None:
        """Drops all parts."""
        self._connection.close()

    def _write(self) -> None:
        with self._connection:
            self._connection.executemany(
                "INSERT INTO parts (format, key, file, number, part) VALUES (?, ?, ?, ?, ?)", self._waiting
            )
        self._waiting = []

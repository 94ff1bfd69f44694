"""The ledger in SQLite, as its one writer has it: entries, and how far each spool file has been moved into it.

Entries are only ever added, each with its place in the chain. Whole decisions are kept beside them for a while, by the
same id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from suffice.ledger.chain import GENESIS, link
from suffice.ledger.entry import Entry
from suffice.store.ledger_reader import LedgerReader
from suffice.store.rows import encode, row_of
from suffice.store.schema import COLUMNS

_INSERT = f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 -- only our own column names
_THERE = "SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?))"
_MOVED = (
    "INSERT INTO spools VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET moved_bytes = excluded.moved_bytes"
)

_ENTRY = list(COLUMNS).index("entry")


class SqliteStore(LedgerReader):
    """A ledger file.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: For reports: never makes or changes the file.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(path, read_only=read_only)

    def append(
        self,
        entries: Sequence[Entry],
        *,
        spool: str,
        moved_bytes: int,
        decisions: Sequence[tuple[str, bytes]] = (),
    ) -> int:
        """Adds entries and notes how far their spool has been moved, both or neither.

        Args:
            entries: Those whose id is already there are passed over.
            spool: Name of the spool file.
            moved_bytes: Bytes of it that are in the ledger from now on.
            decisions: Ids, and decisions as JSON.

        Returns:
            How many entries were new.

        Raises:
            StoreError: The database is locked, full or cannot be opened; nothing was changed.
        """
        with self._file.changing() as connection:
            added = _add(connection, entries)
            connection.executemany(
                "INSERT OR IGNORE INTO decisions VALUES (?, ?)",
                [(id_, self._packing.pack(encoded)) for id_, encoded in decisions],
            )
            connection.execute(_MOVED, (spool, moved_bytes))
        return added

    def offsets(self) -> dict[str, int]:
        """Returns how many bytes of each known spool file are in the ledger.

        Raises:
            StoreError: The database cannot be read.
        """
        return dict(self._file.query("SELECT name, moved_bytes FROM spools"))

    def drop_decisions(self, *, before: str) -> int:
        """Drops the decisions whose ids are below this one; see `suffice.store.decisions.first_id`.

        Returns:
            How many there were.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._file.changing() as connection:
            return connection.execute("DELETE FROM decisions WHERE id < ?", (before,)).rowcount

    def forget(self, spools: Iterable[str]) -> None:
        """Drops the offsets of spool files that are no more.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._file.changing() as connection:
            connection.executemany("DELETE FROM spools WHERE name = ?", [(name,) for name in spools])


def _add(connection: sqlite3.Connection, entries: Sequence[Entry]) -> int:
    """Adds those entries that are not there yet, each with its place in the chain."""
    connection.execute("BEGIN IMMEDIATE")
    rows = {entry.outcome.id: row_of(entry) for entry in reversed(entries)}
    there = connection.execute(_THERE, (encode(list(rows)),))
    for (id_,) in there.fetchall():
        del rows[id_]
    last = connection.execute("SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1").fetchone()
    seq, hash_ = last or (0, GENESIS)
    places = []
    for seq, (id_, row) in enumerate(reversed(rows.items()), seq + 1):  # noqa: B020 -- goes on from where it was
        hash_ = link(hash_, row[_ENTRY])
        places.append((seq, id_, hash_))
    connection.executemany(_INSERT, reversed(rows.values()))
    connection.executemany("INSERT INTO chain VALUES (?, ?, ?)", places)
    return len(places)

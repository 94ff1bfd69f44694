"""The ledger in SQLite, as its one writer has it: entries, and how far each spool file has been moved into it.

Entries are only ever added, each with its place in the chain. Whole decisions are kept beside them for a while: those
of entries that are added together are one block.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from types import NoneType
from typing import Any

from suffice.ledger.chain import GENESIS, link
from suffice.ledger.entry import Entry
from suffice.store.inserts import insert_new, insert_rows
from suffice.store.ledger_reader import LedgerReader
from suffice.store.rows import Settled, row_of
from suffice.store.schema import COLUMNS

_INSERT = f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 -- only our own column names
_MOVED = (
    "INSERT INTO spools VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET moved_bytes = excluded.moved_bytes"
)
# A chain that was cut off by hand gives its numbers again.
_KEPT = "INSERT OR REPLACE INTO decision_blocks VALUES (?, ?, ?)"
_DROPPED = ("DELETE FROM decision_blocks WHERE last_id < ?", "DELETE FROM decisions WHERE id < ?")

_ENTRY = list(COLUMNS).index("entry")
# So many entries are made and inserted before the next are read: what is at work fits into a processor's cache.
_AT_ONCE = 64

# `sqlite3` asks each value that is no int, float or str how it wants to be kept, and finds nothing: 0.3 us a value.
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(NoneType, dict[None, None]().get)


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
            decisions: Ids of these entries, and decisions as JSON.

        Returns:
            How many entries were new.

        Raises:
            StoreError: The database is locked, full or cannot be opened; nothing was changed.
        """
        kept = dict(decisions)
        settled = (Settled(entry, decision=kept.get(entry.outcome.id, b"")) for entry in entries)
        return self.take(settled, spool=spool, moved_bytes=moved_bytes)

    def take(self, settled: Iterable[Settled], *, spool: str, moved_bytes: int) -> int:
        """Adds entries with their decisions, as `append` does: of two with one id the first counts.

        Args:
            settled: Asked for when the ledger can be written, and in the middle of it.
            spool: Name of the spool file.
            moved_bytes: Bytes of it that are in the ledger from now on.

        Returns:
            How many entries were new.

        Raises:
            StoreError: The database is locked, full or cannot be opened; nothing was changed.
        """
        with self._file.changing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            added = self._add(connection, settled)
            connection.execute(_MOVED, (spool, moved_bytes))
        return added

    def offsets(self) -> dict[str, int]:
        """Returns how many bytes of each known spool file are in the ledger.

        Raises:
            StoreError: The database cannot be read.
        """
        return dict(self._file.query("SELECT name, moved_bytes FROM spools"))

    def drop_decisions(self, *, before: str) -> int:
        """Drops the decisions that are older than this id; see `suffice.store.decisions.first_id`.

        A block goes when all of it is older.

        Returns:
            How many blocks there were, and decisions that were kept each by itself.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._file.changing() as connection:
            return sum(connection.execute(delete, (before,)).rowcount for delete in _DROPPED)

    def forget(self, spools: Iterable[str]) -> None:
        """Drops the offsets of spool files that are no more.

        Raises:
            StoreError: The database cannot be written.
        """
        with self._file.changing() as connection:
            connection.executemany("DELETE FROM spools WHERE name = ?", [(name,) for name in spools])

    def _add(self, connection: sqlite3.Connection, settled: Iterable[Settled]) -> int:
        """Adds those entries that are not there yet, each with its place in the chain, and their decisions."""
        last = connection.execute("SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1").fetchone()
        seq, hash_ = first, _ = last or (0, GENESIS)
        rest = iter(settled)
        while True:
            block = seq + 1
            rows: dict[str, tuple[Any, ...]] = {}
            decisions: dict[str, bytes] = {}
            for one in islice(rest, _AT_ONCE):
                id_, decision = one.entry.outcome.id, one.decision
                if id_ not in rows:
                    rows[id_] = row_of(one.entry, one.outcome, block if decision else None)
                    if decision:
                        decisions[id_] = decision
            if not rows:
                return seq - first
            for id_, *_ in insert_new(connection, _INSERT, list(rows.values())):
                del rows[id_]
                decisions.pop(id_, None)
            places = []
            for seq, (id_, row) in enumerate(rows.items(), seq + 1):  # noqa: B020 -- goes on from where it was
                hash_ = link(hash_, row[_ENTRY])
                places.append((seq, id_, hash_))
            insert_rows(connection, "INSERT INTO chain VALUES", places)
            if decisions:
                connection.execute(_KEPT, (block, max(decisions), self._packing.pack(decisions)))

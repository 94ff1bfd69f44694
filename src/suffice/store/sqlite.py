"""The ledger in SQLite: entries, and how far each spool file has been moved into it.

One writer, the recorder; any number of readers at the same time (WAL). Entries are only ever added. The columns
beside the entry's own JSON are copies for SQL to filter and add up; sums of integers are exact. Whole decisions are
kept beside them for a while, by the same id.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from suffice.errors import StoreError
from suffice.ledger.chain import GENESIS, Anchor, Link, link
from suffice.ledger.entry import Entry
from suffice.ledger.leg import Leg
from suffice.ledger.lost_cache import Turn
from suffice.store import selects
from suffice.store.decisions import Packing
from suffice.store.rows import LEG_COLUMNS, AnswerRow, encode, leg_of_row, row_of, turn_of_row
from suffice.store.schema import COLUMNS, ROUTING_TOUCHED, STEPS
from suffice.store.selects import between
from suffice.types import Decision

_BUSY_MS = 5000

_INSERT = f"INSERT INTO entries VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 -- only our own column names
_THERE = "SELECT id FROM entries WHERE id IN (SELECT value FROM json_each(?))"
_MOVED = (
    "INSERT INTO spools VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET moved_bytes = excluded.moved_bytes"
)

_ENTRY = list(COLUMNS).index("entry")

_decode = msgspec.json.Decoder(Entry).decode


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """What a selection of entries covers."""

    entries: int
    first_ns: int | None
    last_ns: int | None
    sessions: int
    decide_us_p50: int | None
    decide_us_p99: int | None


class SqliteStore:
    """A ledger file.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: For reports: never makes or changes the file.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None
        self._packing = Packing()
        self._opened: tuple[int, int] | None = None

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
        try:
            with self._open() as connection:
                added = _add(connection, entries)
                connection.executemany(
                    "INSERT OR IGNORE INTO decisions VALUES (?, ?)",
                    [(id_, self._packing.pack(encoded)) for id_, encoded in decisions],
                )
                connection.execute(_MOVED, (spool, moved_bytes))
        except sqlite3.Error as error:
            self.close()
            raise _failed(self._path, error) from error
        return added

    def offsets(self) -> dict[str, int]:
        """Returns how many bytes of each known spool file are in the ledger.

        Raises:
            StoreError: The database cannot be read.
        """
        return dict(self._query("SELECT name, moved_bytes FROM spools"))

    def decision(self, id_: str) -> Decision | None:
        """Returns the whole decision of a request; `None` if it is not on record, or no longer.

        Raises:
            StoreError: The database cannot be read, or the decision cannot.
        """
        for (packed,) in self._query("SELECT decision FROM decisions WHERE id = ?", [id_]):
            return self._packing.unpack(packed)
        return None

    def entry(self, id_: str) -> Entry | None:
        """Returns the entry of a request; `None` if there is none.

        Raises:
            StoreError: The database cannot be read.
        """
        for (raw,) in self._query("SELECT entry FROM entries WHERE id = ?", [id_]):
            return _decode(raw)
        return None

    def drop_decisions(self, *, before: str) -> int:
        """Drops the decisions whose ids are below this one; see `suffice.store.decisions.first_id`.

        Returns:
            How many there were.

        Raises:
            StoreError: The database cannot be written.
        """
        try:
            with self._open() as connection:
                return connection.execute("DELETE FROM decisions WHERE id < ?", (before,)).rowcount
        except sqlite3.Error as error:
            self.close()
            raise _failed(self._path, error) from error

    def forget(self, spools: Iterable[str]) -> None:
        """Drops the offsets of spool files that are no more.

        Raises:
            StoreError: The database cannot be written.
        """
        try:
            with self._open() as connection:
                connection.executemany("DELETE FROM spools WHERE name = ?", [(name,) for name in spools])
        except sqlite3.Error as error:
            self.close()
            raise _failed(self._path, error) from error

    def entries(self, *, since_ns: int | None = None, until_ns: int | None = None) -> Iterator[Entry]:
        """Yields entries in the order of their arrival.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = between(since_ns, until_ns)
        for (raw,) in self._query(f"SELECT entry FROM entries {where} ORDER BY received_ns, id", values):  # noqa: S608 -- `where` is ours
            yield _decode(raw)

    def links(self, *, after: int = 0) -> Iterator[Link]:
        """Yields the chain from the place after a number on; see `suffice.ledger.chain`.

        Raises:
            StoreError: The database cannot be read.
        """
        select = (
            f"SELECT chain.seq, chain.id, chain.hash, CAST(entries.entry AS BLOB), {LEG_COLUMNS} "  # noqa: S608 -- our own names
            "FROM chain LEFT JOIN entries ON entries.id = chain.id WHERE chain.seq > ? ORDER BY chain.seq"
        )
        for seq, id_, hash_, entry, *copies in self._query(select, [after]):
            yield Link(
                seq=seq, id=id_, hash=hash_, entry=entry, copies=None if entry is None else leg_of_row(copies)
            )

    def legs(
        self, *, served: bool, since_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[Leg]:
        """Yields the calls that routing touched, without decoding an entry, in the order of their arrival.

        Args:
            served: Those that answered a client; else what was discarded and what ran in the shadow.
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        yield from map(leg_of_row, self._query(*selects.legs(since_ns, until_ns, served=served)))

    def turns(self, *, since_ns: int | None = None, until_ns: int | None = None) -> Iterator[Turn]:
        """Yields the billed calls that answered a client, of all sessions that routing touched, by arrival.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        yield from map(turn_of_row, self._query(*selects.turns(since_ns, until_ns)))

    def first_routed_ns(self) -> int | None:
        """Returns when routing first touched a call; `None` if it never did.

        Raises:
            StoreError: The database cannot be read.
        """
        ((first,),) = self._query(f"SELECT MIN(received_ns) FROM entries WHERE {ROUTING_TOUCHED}")  # noqa: S608 -- ours
        return None if first is None else int(first)

    def price_versions(self, *, since_ns: int | None = None, until_ns: int | None = None) -> list[str]:
        """Returns which price books and rows the calls that routing touched were priced with, sorted.

        Raises:
            StoreError: The database cannot be read.
        """
        found = self._query(*selects.price_versions(since_ns, until_ns))
        return sorted(version for (version,) in found if version)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Answers every question inside from one state of the ledger, whatever is added meanwhile.

        Raises:
            StoreError: The database cannot be read.
        """
        for _ in self._query("BEGIN"):
            pass
        try:
            yield
        finally:
            if self._connection is not None:
                self._connection.rollback()

    def head(self, *, at: int | None = None) -> Anchor:
        """Returns the end of the chain, or its place with a number; where there is none, the one before it.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = ("", []) if at is None else ("WHERE seq <= ?", [at])
        select = f"SELECT seq, hash FROM chain {where} ORDER BY seq DESC LIMIT 1"  # noqa: S608 -- `where` is ours
        for seq, hash_ in self._query(select, values):
            return Anchor(seq=seq, hash=hash_)
        return Anchor(seq=0, hash=GENESIS)

    def stretch(self, *, since_ns: int | None = None, until_ns: int | None = None) -> tuple[int, int] | None:
        """Returns the first and the last number in the chain of the entries of a time; `None` if there are none.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = between(since_ns, until_ns)
        select = f"SELECT MIN(seq), MAX(seq) FROM chain JOIN entries ON entries.id = chain.id {where}"  # noqa: S608 -- `where` is ours
        ((first, last),) = self._query(select, values)
        return None if first is None else (first, last)

    def unchained(self) -> list[str]:
        """Returns the ids of entries that are not in the chain: somebody put them there past it.

        Raises:
            StoreError: The database cannot be read.
        """
        select = "SELECT id FROM entries WHERE id NOT IN (SELECT id FROM chain) LIMIT 100"
        return [id_ for (id_,) in self._query(select)]

    def grouped(
        self,
        by: Sequence[str],
        *,
        since_ns: int | None = None,
        until_ns: int | None = None,
        after: int | None = None,
    ) -> list[dict[str, Any]]:
        """Adds up entries that are alike: counts, tokens, nano-dollars.

        Args:
            by: Names of columns, or `day` (Unix days in UTC), `hour` (Unix hours) or `owner` (whose spend it is; see
                `suffice.ledger.budget`).
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.
            after: Only entries whose number in the chain is above this.

        Returns:
            A dict a group: the columns of `by`, then `requests`, `input_tokens`, `cache_read_tokens`, `output_tokens`,
            `cost_nanos`, `shadow_nanos`, where the sums leave out what is unknown, and `unknown_costs`,
            `unknown_shadows`, which count it.

        Raises:
            StoreError: The database cannot be read.
            KeyError: There is no such column.
        """
        found = self._query(*selects.grouped(by, since_ns, until_ns, after=after))
        names = [*by, *selects.SUMS]
        return [dict(zip(names, row, strict=True)) for row in found]

    def answers(self, *, feature: str, since_ns: int, limit: int) -> Iterator[AnswerRow]:
        """Yields the newest good answers that clients of a feature got, whichever model gave them.

        Args:
            feature: The client's tag.
            since_ns: Unix time of the first, included.
            limit: At most so many.

        Raises:
            StoreError: The database cannot be read.
        """
        yield from map(AnswerRow._make, self._query(*selects.answers(feature, since_ns, limit)))

    def span(self, *, since_ns: int | None = None, until_ns: int | None = None) -> Span:
        """Returns what time the entries cover, how many sessions they are, and how long deciding took.

        Args:
            since_ns: Unix time of the first, included.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        where, values = between(since_ns, until_ns)
        select = f"SELECT COUNT(*), MIN(received_ns), MAX(received_ns), COUNT(DISTINCT NULLIF(session, '')) FROM entries {where}"  # noqa: S608, E501 -- `where` is ours
        ((entries, first_ns, last_ns, sessions),) = self._query(select, values)
        decided = f"{where} {'AND' if where else 'WHERE'} decided_model IS NOT NULL"
        ((count,),) = self._query(f"SELECT COUNT(*) FROM entries {decided}", values)  # noqa: S608 -- the same
        return Span(
            entries=entries,
            first_ns=first_ns,
            last_ns=last_ns,
            sessions=sessions,
            decide_us_p50=self._decide_us(decided, values, count // 2) if count else None,
            decide_us_p99=self._decide_us(decided, values, count * 99 // 100) if count else None,
        )

    def _decide_us(self, where: str, values: Sequence[Any], rank: int) -> int:
        select = f"SELECT decide_us FROM entries {where} ORDER BY decide_us LIMIT 1 OFFSET ?"  # noqa: S608 -- `where` is ours
        ((value,),) = self._query(select, [*values, rank])
        return int(value)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _query(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._open().execute(statement, values)
        except sqlite3.Error as error:
            self.close()
            raise _failed(self._path, error) from error

    def _open(self) -> sqlite3.Connection:
        # A file that was deleted or replaced under an open connection would swallow what is written to it.
        if self._connection is not None and (self._read_only or _identity(self._path) == self._opened):
            return self._connection
        self.close()
        if self._read_only:
            self._connection = self._open_to_read()
            return self._connection
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        # An entry is some 800 bytes: larger pages waste less (a quarter of the file) and split less often.
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        STEPS.migrate(connection)
        self._connection = connection
        self._opened = _identity(self._path)
        return connection

    def _open_to_read(self) -> sqlite3.Connection:
        if self._path.exists():
            connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=_BUSY_MS / 1000)
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


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _failed(path: Path, error: sqlite3.Error) -> StoreError:
    return StoreError(f"the ledger at {path} cannot be used: {error}", code="ledger_unusable")

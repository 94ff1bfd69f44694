"""Logged calls in SQLite: what use cases are found in and trials draw from, apart from the ledger.

It holds prompts and answers. Light columns (`CallHead`) stand in one table, bodies in another: a pass over the heads
of a million calls reads no body. A body is the call as JSON, compressed, and sealed where a cipher is given. One
writer, any number of readers (WAL); a call is only ever added, and what is written twice is there once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from suffice.errors import StoreError
from suffice.store.inserts import insert_rows
from suffice.store.steps import make_folder, write_ahead
from suffice.store.traffic_bodies import FEWEST_TO_LEARN, BodyPacking, Cipher
from suffice.store.traffic_schema import STEPS
from suffice.types import ClientApi, LoggedCall

TRAFFIC = "traffic.db"
"""The file in the data directory."""

_BUSY_MS = 5000
_PAGE_CACHE_KIB = 128 * 1024
_HEADS_AT_ONCE = 4096
_BODIES_AT_ONCE = 512
_ASSIGNED_AT_ONCE = 50_000

_HEAD_COLUMNS = (
    "id, received_ns, feature, session, model, provider, api, input_tokens, output_tokens, cost_nanos, "
    "prompt_bytes, source, bucket"
)
_INSERT_HEADS = f"INSERT INTO calls (seq, {_HEAD_COLUMNS}) VALUES"

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(LoggedCall).decode


class CallHead(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a call without its body."""

    id: str
    received_ns: int | None
    feature: str
    session: str
    model: str
    provider: str
    api: ClientApi
    input_tokens: int | None
    output_tokens: int | None
    cost_nanos: int | None
    prompt_bytes: int
    """Length of the request's JSON: always known, also where the log has no usage."""
    source: str
    bucket: str | None
    """`None` until `suffice buckets` has looked at it."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a log that could not be read as a call."""

    file: str
    line: int
    """Counted from 1; of a JSON array the item, of a table the row."""
    item: int = 0
    """Which call of the line, where a line holds several."""
    reason: str
    """A snake_case code, or a code, a colon and detail."""
    excerpt: bytes = b""
    """The beginning of the line."""


class TrafficSpan(NamedTuple):
    """How many calls there are, and when the first and the last came in."""

    calls: int
    first_ns: int | None
    last_ns: int | None


class TrafficStore:
    """A file of logged calls.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: Never makes or changes the file.
        cipher: Seals what is written from now on, and opens what is sealed.
    """

    def __init__(self, path: Path, *, read_only: bool = False, cipher: Cipher | None = None) -> None:
        self._path = path
        self._read_only = read_only
        self._cipher = cipher
        self._connection: sqlite3.Connection | None = None
        self._packing = BodyPacking(cipher)

    def add(self, calls: Sequence[LoggedCall]) -> int:
        """Adds calls, all or none of them.

        Args:
            calls: Those whose id is already there are passed over.

        Returns:
            How many were new.

        Raises:
            StoreError: The database is locked, full or cannot be opened; nothing was changed.
        """
        by_id = {call.id: call for call in reversed(calls)}
        for id_ in self._known(list(by_id)):
            del by_id[id_]
        new = list(reversed(by_id.values()))
        encoded = [_encode(call) for call in new]
        self._learn(encoded)
        sealed = self._cipher is not None
        bodies = self._packing.pack_all(encoded)
        try:
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                (last,) = connection.execute("SELECT MAX(seq) FROM calls").fetchone()
                start = (last or 0) + 1
                heads = [_head_row(seq, call) for seq, call in enumerate(new, start)]
                insert_rows(connection, _INSERT_HEADS, heads)
                insert_rows(
                    connection,
                    "INSERT INTO bodies VALUES",
                    [(seq, sealed, body) for seq, body in enumerate(bodies, start)],
                )
        except sqlite3.IntegrityError as error:
            if not self._known([call.id for call in new]):
                raise self._failed(error) from error
            # Another process has added some of them since we looked.
            return self.add(calls)
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return len(new)

    def calls(
        self, *, bucket: str | None = None, since_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[LoggedCall]:
        """Yields calls in the order of their ids, in constant memory.

        Args:
            bucket: Only those assigned to it.
            since_ns: Unix time of the first, included. A bound leaves out calls whose time is unknown.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read, or a body cannot be opened.
        """
        where = _where(bucket, since_ns, until_ns)
        select = "calls.id, bodies.sealed, bodies.body FROM calls JOIN bodies USING (seq)"
        for _, sealed, body in self._pages(select, where, _BODIES_AT_ONCE):
            yield _decode(self._unpack(sealed, body))

    def heads(
        self, *, bucket: str | None = None, since_ns: int | None = None, until_ns: int | None = None
    ) -> Iterator[CallHead]:
        """Yields what is known of calls without their bodies, in the order of their ids, in constant memory.

        Args:
            bucket: Only those assigned to it.
            since_ns: Unix time of the first, included. A bound leaves out calls whose time is unknown.
            until_ns: Unix time that is not reached.

        Raises:
            StoreError: The database cannot be read.
        """
        fields = CallHead.__struct_fields__
        for row in self._pages(
            f"{_HEAD_COLUMNS} FROM calls", _where(bucket, since_ns, until_ns), _HEADS_AT_ONCE
        ):
            yield CallHead(**dict(zip(fields, row, strict=True)))

    def get(self, ids: Sequence[str]) -> list[LoggedCall]:
        """Returns calls in the order of these ids; an id that is not there has none.

        Raises:
            StoreError: The database cannot be read, or a body cannot be opened.
        """
        wanted = msgspec.json.encode(list(ids)).decode()
        rows = self._query(
            "SELECT id, sealed, body FROM calls JOIN bodies USING (seq) "
            "WHERE id IN (SELECT value FROM json_each(?))",
            [wanted],
        )
        found = {id_: _decode(self._unpack(sealed, body)) for id_, sealed, body in rows}
        return [found[id_] for id_ in ids if id_ in found]

    def assign(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Puts calls into buckets; a call has one, the last that it was put into.

        Args:
            pairs: Ids of calls and their buckets; ids that are not there are passed over. Written in parts: a later
                failure leaves the earlier ones.

        Raises:
            StoreError: The database cannot be written.
        """
        rest = iter(pairs)
        while part := [(bucket, id_, bucket) for id_, bucket in islice(rest, _ASSIGNED_AT_ONCE)]:
            self._write("UPDATE calls SET bucket = ? WHERE id = ? AND bucket IS NOT ?", part)

    def put_buckets(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Replaces what is known of the buckets, all at once.

        Args:
            rows: A JSON document a bucket, in the order that they come back in.

        Raises:
            StoreError: The database cannot be written; the old ones stay.
        """
        packed = [(place, *self._pack(_encode(row))) for place, row in enumerate(rows)]
        try:
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("DELETE FROM buckets")
                connection.executemany("INSERT INTO buckets VALUES (?, ?, ?)", packed)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def buckets(self) -> list[dict[str, Any]]:
        """Returns the documents of the buckets; empty before the first.

        Raises:
            StoreError: The database cannot be read, or a document cannot be opened.
        """
        rows = self._query("SELECT sealed, document FROM buckets ORDER BY place")
        return [msgspec.json.decode(self._unpack(sealed, document)) for sealed, document in rows]

    def reject(self, lines: Iterable[Rejected]) -> None:
        """Keeps lines aside that could not be read; one that is there already is replaced.

        Raises:
            StoreError: The database cannot be written.
        """
        self._write(
            "INSERT OR REPLACE INTO rejected VALUES (?, ?, ?, ?, ?, ?)",
            [(one.file, one.line, one.item, one.reason, *self._pack(one.excerpt)) for one in lines],
        )

    def forget_rejected(self, file: str) -> None:
        """Drops what was kept aside of a file, before it is read again.

        Raises:
            StoreError: The database cannot be written.
        """
        self._write("DELETE FROM rejected WHERE file = ?", [(file,)])

    def rejected(self) -> Iterator[Rejected]:
        """Yields the lines that were kept aside, by file and line.

        Raises:
            StoreError: The database cannot be read, or a line cannot be opened.
        """
        columns = "SELECT file, line, item, reason, sealed, excerpt FROM rejected ORDER BY file, line, item"
        for file, line, item, reason, sealed, excerpt in self._query(columns):
            yield Rejected(
                file=file, line=line, item=item, reason=reason, excerpt=self._unpack(sealed, excerpt)
            )

    def span(self) -> TrafficSpan:
        """Returns how many calls there are, and the time of the first and the last where that is known.

        Raises:
            StoreError: The database cannot be read.
        """
        (row,) = self._query("SELECT COUNT(*), MIN(received_ns), MAX(received_ns) FROM calls")
        return TrafficSpan(*row)

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _known(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that are there already, all in one row: a row each would be slow beside another thread."""
        ((known,),) = self._query(
            "SELECT json_group_array(id) FROM calls WHERE id IN (SELECT value FROM json_each(?))",
            [msgspec.json.encode(ids).decode()],
        )
        return list(msgspec.json.decode(known))

    def _learn(self, encoded: Sequence[bytes]) -> None:
        """Makes the dictionary of a store that has none, of the first calls that are enough for one."""
        if len(encoded) < FEWEST_TO_LEARN or self._packing.dictionary is not None:
            return
        known = list(self._query("SELECT sealed, data FROM dictionaries"))
        learned = None if known else self._packing.learned(encoded)
        if learned is not None:
            self._write("INSERT INTO dictionaries VALUES (?, ?)", [learned])
            known = list(self._query("SELECT sealed, data FROM dictionaries"))
        for sealed, data in known:
            if not sealed or self._cipher is not None:
                self._packing.use(sealed, data)

    def _pack(self, data: bytes) -> tuple[bool, bytes]:
        return self._cipher is not None, self._packing.pack(data)

    def _unpack(self, sealed: int, body: bytes) -> bytes:
        try:
            return self._packing.unpack(sealed, body, self._dictionaries)
        except StoreError as error:
            raise StoreError(f"the traffic at {self._path}: {error.message}", code=error.code) from error

    def _dictionaries(self) -> list[tuple[int, bytes]]:
        return [(sealed, data) for sealed, data in self._query("SELECT sealed, data FROM dictionaries")]

    def _pages(self, select: str, where: tuple[str, list[Any]], size: int) -> Iterator[tuple[Any, ...]]:
        """Yields rows in the order of their ids, the id first, without holding a cursor between two pages."""
        clause, values = where
        statement = f"SELECT {select} WHERE calls.id > ? {clause} ORDER BY calls.id LIMIT {size}"
        last = ""
        while rows := list(self._query(statement, [last, *values])):
            yield from rows
            last = rows[-1][0]

    def _write(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        try:
            with self._open() as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _query(self, statement: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._open().execute(statement, values)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open_to_read() if self._read_only else self._open_to_write()
        return self._connection

    def _open_to_write(self) -> sqlite3.Connection:
        make_folder(self._path, code="traffic_unusable")
        connection = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        connection.execute("PRAGMA page_size = 8192")
        write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_PAGE_CACHE_KIB}")
        STEPS.migrate(connection)
        return connection

    def _open_to_read(self) -> sqlite3.Connection:
        if self._path.exists():
            connection = sqlite3.connect(
                f"{self._path.resolve().as_uri()}?mode=ro",
                uri=True,
                timeout=_BUSY_MS / 1000,
                check_same_thread=False,
            )
            if STEPS.version_of(connection) == STEPS.newest:
                return connection
            connection.close()
        raise StoreError(
            f"there is no traffic at {self._path}: run `suffice import` with this configuration first",
            code="no_traffic",
        )

    def _failed(self, error: sqlite3.Error) -> StoreError:
        self.close()
        return StoreError(f"the traffic at {self._path} cannot be used: {error}", code="traffic_unusable")


def _where(bucket: str | None, since_ns: int | None, until_ns: int | None) -> tuple[str, list[Any]]:
    bounds = [("bucket = ?", bucket), ("received_ns >= ?", since_ns), ("received_ns < ?", until_ns)]
    set_ = [(clause, value) for clause, value in bounds if value is not None]
    return "".join(f" AND {clause}" for clause, _ in set_), [value for _, value in set_]


def _head_row(seq: int, call: LoggedCall) -> tuple[Any, ...]:
    usage = call.usage
    return (
        seq,
        call.id,
        call.received_ns,
        call.feature,
        call.session,
        call.model,
        call.provider,
        call.api,
        usage.input_tokens if usage else None,
        usage.output_tokens if usage else None,
        call.cost_nanos,
        len(_encode(call.request)),
        call.source,
        None,
    )

"""What the live guard knows, in SQLite: graded shadow pairs and feedback, each once.

Workers write both down as lines of a spool, which is safe from the death of any process; one process moves the spools
into this file, with how far it has come in the same transaction. No prompt and no answer is kept; a corrected output is
kept sealed where a key for captures is configured, and only counted where none is.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from suffice.errors import StoreError
from suffice.store.lock import folder_lock
from suffice.store.steps import Steps, make_folder, write_ahead
from suffice.types import Arm

GUARD = "guard.db"
"""The file in the data directory."""
NOTES = "notes"
"""The folder of the workers' spools of pairs and feedback in the data directory."""
_BUSY_MS = 5000
_CREATE = """
CREATE TABLE pairs (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at_ns INTEGER NOT NULL, bucket TEXT NOT NULL, pair BLOB NOT NULL
);
CREATE TABLE feedback (
  seq INTEGER PRIMARY KEY, decision TEXT NOT NULL, kind TEXT NOT NULL, at_ns INTEGER NOT NULL, value REAL,
  sealed BLOB, UNIQUE (decision, kind)
);
CREATE TABLE spools (name TEXT PRIMARY KEY, moved_bytes INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE aside (at INTEGER PRIMARY KEY, line BLOB NOT NULL);
"""
_STEPS = Steps(what="guard", newest=1, scripts={0: _CREATE})

FeedbackKind = Literal["thumbs", "score", "corrected"]


class Pair(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="note", tag="pair"):
    """One request that both models answered, graded."""

    id: str
    """Of the decision."""
    at_ns: int
    """Unix time of the request."""
    bucket: str
    baseline: str
    """As the client asked for it."""
    candidate: str
    arm: Arm = ""
    """In which the request was served."""
    share: float
    """Probability with which it was drawn."""
    d: float | None
    """Candidate minus baseline, in [-1, 1]; `None` is no verdict."""
    reason: str = ""
    """Without a verdict: a snake_case code, a colon and detail."""
    grader: str = ""
    grader_version: str = ""
    shadow: str = ""
    """The id of the extra call in the ledger."""
    grading_nanos: int | None = 0
    """What grading cost; `None` is unknown."""


class Feedback(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="note", tag="feedback"
):
    """What somebody said of one answer."""

    decision: str
    kind: FeedbackKind
    at_ns: int
    value: float | None = None
    """In [0, 1]; a thumb up is 1; `None` for a corrected output."""
    sealed: bytes | None = None
    """A corrected output as JSON, sealed; `None` where no key is configured."""

    @property
    def bad(self) -> bool:
        """Whether it speaks against the answer: below one half, or corrected."""
        return self.value is None or self.value < 0.5


Note = Pair | Feedback
_decode = msgspec.json.Decoder(Note).decode
_encode = msgspec.json.Encoder().encode


class GuardStore:
    """The file, for the one process that writes it and any that read.

    Args:
        path: Made, with its folder, when the first write needs it.
        read_only: Never makes or changes the file; one that is not there holds nothing.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._connection: sqlite3.Connection | None = None

    def move(self, folder: Path) -> int:
        """Moves every whole line of the workers' spools into the file, one process at a time.

        Args:
            folder: Of the spools.

        Returns:
            How many notes were new.

        Raises:
            StoreError: The file cannot be written; the spools keep what was not moved.
        """
        with folder_lock(folder, f"the notes in {folder} cannot be moved", code="guard_unusable"):
            moved = dict(self._rows("SELECT name, moved_bytes FROM spools"))
            return sum(self._move(path, moved.get(path.name, 0)) for path in sorted(folder.glob("*.jsonl")))

    def add(
        self, notes: Sequence[Note], *, spool: str = "", moved_bytes: int = 0, aside: Sequence[bytes] = ()
    ) -> int:
        """Adds notes; a pair that is there stays, feedback of the same kind on the same answer is replaced.

        Args:
            notes: In their order.
            spool: That they come from.
            moved_bytes: How far it has been read.
            aside: Lines that could not be read, kept for a person.

        Returns:
            How many were new or different.

        Raises:
            StoreError: The file cannot be written; nothing was changed.
        """
        try:
            with self._open() as connection:
                changed = sum(_add(connection, note) for note in notes)
                connection.executemany("INSERT INTO aside (line) VALUES (?)", [(line,) for line in aside])
                if spool:
                    connection.execute("INSERT OR REPLACE INTO spools VALUES (?, ?)", (spool, moved_bytes))
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return changed

    def pairs(self, *, after: int = 0) -> Iterator[tuple[int, Pair]]:
        """Yields pairs with their numbers, in the order in which they came.

        Args:
            after: The number of the last that is known.
        """
        for seq, pair in self._rows("SELECT seq, pair FROM pairs WHERE seq > ? ORDER BY seq", (after,)):
            found = _decode(pair)
            if isinstance(found, Pair):
                yield seq, found

    def feedback(self, *, after: int = 0) -> Iterator[tuple[int, Feedback]]:
        """Yields feedback with its numbers; what was replaced has a new one.

        Args:
            after: The number of the last that is known.
        """
        select = "SELECT seq, decision, kind, at_ns, value, sealed FROM feedback WHERE seq > ? ORDER BY seq"
        for seq, decision, kind, at_ns, value, sealed in self._rows(select, (after,)):
            yield seq, Feedback(decision=decision, kind=kind, at_ns=at_ns, value=value, sealed=sealed)

    def aside(self) -> int:
        """Returns how many lines could not be read."""
        return sum(count for (count,) in self._rows("SELECT COUNT(*) FROM aside"))

    def close(self) -> None:
        """Lets go of the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _move(self, path: Path, offset: int) -> int:
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return 0
        with file:
            # Asked before reading: what its worker writes after that is read the next time.
            finished = _unowned(file.fileno())
            file.seek(offset)
            text = file.read()
            end = len(text) if finished else text.rfind(b"\n") + 1
            notes: list[Note] = []
            aside = []
            for line in filter(None, text[:end].split(b"\n")):
                try:
                    notes.append(_decode(line))
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    aside.append(line)
            changed = self.add(notes, spool=path.name, moved_bytes=offset + end, aside=aside) if end else 0
        if finished:
            path.unlink(missing_ok=True)
            self._forget(path.name)
        return changed

    def _forget(self, spool: str) -> None:
        try:
            with self._open() as connection:
                connection.execute("DELETE FROM spools WHERE name = ?", (spool,))
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if self._read_only and not self._path.exists():
            return []
        try:
            return self._open().execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if self._read_only:
            address = f"{self._path.resolve().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, timeout=_BUSY_MS / 1000)
            return self._connection
        make_folder(self._path, code="guard_unusable")
        connection = sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, check_same_thread=False)
        write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        _STEPS.migrate(connection)
        self._connection = connection
        return connection

    def _failed(self, error: sqlite3.Error) -> StoreError:
        self.close()
        return StoreError(f"the guard's file at {self._path} cannot be used: {error}", code="guard_unusable")


def _add(connection: sqlite3.Connection, note: Note) -> int:
    if isinstance(note, Pair):
        row = (note.id, note.at_ns, note.bucket, _encode(note))
        insert = "INSERT OR IGNORE INTO pairs (id, at_ns, bucket, pair) VALUES (?, ?, ?, ?)"
        return connection.execute(insert, row).rowcount
    known = connection.execute(
        "SELECT value, sealed IS NOT NULL FROM feedback WHERE decision = ? AND kind = ?",
        (note.decision, note.kind),
    ).fetchone()
    if known is not None and note.kind != "corrected" and known[0] == note.value:
        return 0
    # Before the old one goes: the number of the newest must not come back, for who has read it does not look again.
    ((seq,),) = connection.execute("SELECT COALESCE(MAX(seq), 0) + 1 FROM feedback")
    connection.execute("DELETE FROM feedback WHERE decision = ? AND kind = ?", (note.decision, note.kind))
    connection.execute(
        "INSERT INTO feedback (seq, decision, kind, at_ns, value, sealed) VALUES (?, ?, ?, ?, ?, ?)",
        (seq, note.decision, note.kind, note.at_ns, note.value, note.sealed),
    )
    return 1


def _unowned(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

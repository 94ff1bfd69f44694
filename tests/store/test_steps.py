from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier, Timer

import pytest

from suffice.errors import StoreError
from suffice.store.guard import GuardStore
from suffice.store.ratings import RatingStore
from suffice.store.sqlite import SqliteStore
from suffice.store.steps import Steps, write_ahead
from suffice.store.traffic import TrafficStore
from suffice.store.trials import TrialStore

NEWEST = "CREATE TABLE things (name TEXT, size INTEGER);"
FIRST = "CREATE TABLE things (name TEXT); INSERT INTO things VALUES ('a'); PRAGMA user_version = 1;"


def measure(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE things SET size = length(name)")


def fail(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE things SET nothing = 1")


STEPS = Steps(
    what="box",
    newest=2,
    scripts={0: NEWEST, 1: "ALTER TABLE things ADD COLUMN size INTEGER;"},
    after={1: measure},
)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    made = sqlite3.connect(":memory:")
    yield made
    made.close()


def test_an_empty_file_becomes_the_newest_at_once(connection: sqlite3.Connection) -> None:
    assert STEPS.version_of(connection) == 0
    for _ in range(2):
        STEPS.migrate(connection)
        assert STEPS.version_of(connection) == 2
    assert connection.execute("SELECT name, size FROM things").fetchall() == []


def test_an_older_file_keeps_what_it_had(connection: sqlite3.Connection) -> None:
    connection.executescript(FIRST)
    STEPS.migrate(connection)
    assert STEPS.version_of(connection) == 2
    assert connection.execute("SELECT name, size FROM things").fetchall() == [("a", 1)]
    assert not connection.in_transaction


def test_a_step_that_fails_leaves_the_file_as_it_was(connection: sqlite3.Connection) -> None:
    connection.executescript(FIRST)
    broken = Steps(what="box", newest=2, scripts=STEPS.scripts, after={1: fail})
    with pytest.raises(sqlite3.OperationalError):
        broken.migrate(connection)
    assert not connection.in_transaction
    assert broken.version_of(connection) == 1
    assert connection.execute("SELECT * FROM things").fetchall() == [("a",)]


@pytest.mark.parametrize("before", ["", FIRST], ids=["new", "older"])
def test_a_step_that_another_process_makes_meanwhile_is_not_made_twice(tmp_path: Path, before: str) -> None:
    path = tmp_path / "box.db"
    with closing(sqlite3.connect(path)) as ours, closing(sqlite3.connect(path)) as theirs:
        ours.executescript(before)

        class Overtaken(Steps, frozen=True):
            def version_of(self, connection: sqlite3.Connection) -> int:
                found = super().version_of(connection)
                if not connection.in_transaction:
                    STEPS.migrate(theirs)
                return found

        Overtaken(what="box", newest=2, scripts=STEPS.scripts, after=STEPS.after).migrate(ours)
        assert STEPS.version_of(ours) == 2
        assert ours.execute("SELECT name, size FROM things").fetchall() == ([("a", 1)] if before else [])


Open = Callable[[Path], object]
OPEN: dict[str, Open] = {
    "ledger": lambda path: SqliteStore(path).append([], spool="s", moved_bytes=1),
    "traffic": lambda path: TrafficStore(path).forget_rejected("f"),
    "trials": lambda path: TrialStore(path).say("t", "done"),
    "ratings": lambda path: RatingStore(path).add([]),
    "guard": lambda path: GuardStore(path).add([]),
}


@pytest.mark.parametrize("make", OPEN.values(), ids=list(OPEN))
def test_several_may_make_a_file_at_once(tmp_path: Path, make: Open) -> None:
    together = Barrier(4)

    def begin(turn: int) -> None:
        together.wait()
        make(tmp_path / f"{turn}.db")

    with ThreadPoolExecutor(4) as pool:
        for turn in range(5):
            assert list(pool.map(begin, [turn] * 4)) == [None] * 4


@pytest.mark.parametrize(("name", "make"), OPEN.items(), ids=list(OPEN))
def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path, name: str, make: Open) -> None:
    (tmp_path / "data").write_text("a file where the data directory should be")
    with pytest.raises(StoreError, match=r"a\.db cannot be made: Not a directory") as caught:
        make(tmp_path / "data" / "sub" / "a.db")
    assert caught.value.code == f"{name}_unusable"


def test_who_holds_the_file_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    with closing(sqlite3.connect(path, check_same_thread=False)) as theirs:
        theirs.execute("BEGIN EXCLUSIVE")
        with closing(sqlite3.connect(path, timeout=0)) as ours:
            end = Timer(0.1, theirs.rollback)
            end.start()
            write_ahead(ours)
            end.join()
            assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_is_no_file_of_ours_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    path.write_text("not a database, whatever its name says " * 100)
    with closing(sqlite3.connect(path)) as ours, pytest.raises(sqlite3.DatabaseError, match="not a database"):
        write_ahead(ours)


def test_a_newer_file_is_left_alone(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA user_version = 3")
    with pytest.raises(StoreError, match="the box was written by a newer suffice") as caught:
        STEPS.migrate(connection)
    assert caught.value.code == "newer_box"

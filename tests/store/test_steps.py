from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from suffice.errors import StoreError
from suffice.store.steps import Steps

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
    connection.rollback()
    assert broken.version_of(connection) == 1
    assert connection.execute("SELECT * FROM things").fetchall() == [("a",)]


def test_a_newer_file_is_left_alone(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA user_version = 3")
    with pytest.raises(StoreError, match="the box was written by a newer suffice") as caught:
        STEPS.migrate(connection)
    assert caught.value.code == "newer_box"

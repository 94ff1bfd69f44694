from __future__ import annotations

import sqlite3

import pytest

from suffice.store.inserts import insert_new, insert_rows


def test_many_rows_go_in_with_as_many_statements_as_their_values_need() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER, b TEXT)")
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 10)
    told: list[str] = []
    connection.set_trace_callback(told.append)
    rows = [(number, str(number)) for number in range(13)]
    insert_rows(connection, "INSERT INTO t VALUES", rows)
    assert sum(one.startswith("INSERT") for one in told) == 3
    assert connection.execute("SELECT * FROM t ORDER BY a").fetchall() == rows


def test_no_rows_are_no_statement() -> None:
    told: list[str] = []
    connection = sqlite3.connect(":memory:")
    connection.set_trace_callback(told.append)
    insert_rows(connection, "INSERT INTO nowhere VALUES", [])
    assert told == []


@pytest.mark.parametrize("there", [(), (1,), (1, 2), (3,), (1, 3, 5), (5, 6), (1, 2, 3, 4, 5, 6)])
@pytest.mark.parametrize("more", ["", "WITHOUT ROWID"])
def test_what_is_there_already_is_passed_over(there: tuple[int, ...], more: str) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT) {more}")
    connection.executemany("INSERT INTO t VALUES (?, 'old')", [(str(number),) for number in there])
    rows = [(str(number), "new") for number in range(1, 7)]
    passed_over = insert_new(connection, "INSERT INTO t VALUES (?, ?)", rows)
    assert [int(row[0]) for row in passed_over] == list(there)
    found = dict(connection.execute("SELECT * FROM t"))
    assert found == {row[0]: "old" if row in passed_over else "new" for row in rows}
    assert insert_new(connection, "INSERT INTO t VALUES (?, ?)", []) == []


def test_a_row_that_breaks_another_rule_is_no_row_that_is_there() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL)")
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        insert_new(connection, "INSERT INTO t VALUES (?, ?)", [(1, "x"), (2, None)])


def test_what_cannot_go_in_is_said() -> None:
    with pytest.raises(sqlite3.Error):
        insert_rows(sqlite3.connect(":memory:"), "INSERT INTO nowhere VALUES", [(1,)])

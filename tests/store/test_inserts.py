from __future__ import annotations

import sqlite3

import pytest

from suffice.store.inserts import insert_rows


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


def test_what_cannot_go_in_is_said() -> None:
    with pytest.raises(sqlite3.Error):
        insert_rows(sqlite3.connect(":memory:"), "INSERT INTO nowhere VALUES", [(1,)])

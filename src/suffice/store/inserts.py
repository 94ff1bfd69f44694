"""Many rows into a table with few statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any


def insert_rows(connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts many rows with a statement: a statement a row would wait for the interpreter's lock after each.

    Args:
        connection: Inside a transaction.
        insert: The statement's beginning, up to `VALUES`.
        rows: All of one width.

    Raises:
        sqlite3.Error: They cannot be inserted.
    """
    if not rows:
        return
    width = len(rows[0])
    size = max(1, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // width)
    row = f"({', '.join('?' * width)})"
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        connection.execute(f"{insert} {', '.join([row] * len(part))}", list(chain.from_iterable(part)))


def insert_new(
    connection: sqlite3.Connection, insert: str, rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Inserts those rows whose key is not there yet, without asking first.

    Args:
        connection: Inside a transaction.
        insert: The statement for one row.
        rows: No two with one key.

    Returns:
        The rows that were passed over.

    Raises:
        sqlite3.Error: They cannot be inserted.
    """
    passed_over, start = [], 0
    while start < len(rows):
        before = connection.total_changes
        try:
            connection.executemany(insert, rows[start:])
        except sqlite3.IntegrityError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
                raise
            # What came before it is in, and stays.
            start += connection.total_changes - before
            passed_over.append(rows[start])
            start += 1
        else:
            break
    return passed_over

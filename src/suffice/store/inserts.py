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

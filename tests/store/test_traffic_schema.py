from __future__ import annotations

import sqlite3

import pytest

from suffice.errors import StoreError
from suffice.store.traffic_schema import SCHEMA_VERSION, migrate, version_of


def test_an_empty_file_comes_to_have_the_newest_tables() -> None:
    connection = sqlite3.connect(":memory:")
    assert version_of(connection) == 0
    migrate(connection)
    assert version_of(connection) == SCHEMA_VERSION
    migrate(connection)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert tables == {"calls", "bodies", "rejected", "buckets"}


def test_a_newer_file_is_left_alone() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match="newer"):
        migrate(connection)
    connection.close()

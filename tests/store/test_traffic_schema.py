from __future__ import annotations

import sqlite3

from suffice.store.traffic_schema import STEPS


def test_an_empty_file_comes_to_have_the_newest_tables() -> None:
    connection = sqlite3.connect(":memory:")
    assert STEPS.version_of(connection) == 0
    STEPS.migrate(connection)
    assert STEPS.version_of(connection) == STEPS.newest
    STEPS.migrate(connection)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    assert tables == {"calls", "bodies", "rejected", "buckets", "dictionaries"}

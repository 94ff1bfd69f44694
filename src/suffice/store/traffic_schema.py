"""The tables of the traffic store, and how a file of an older version comes to have them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from suffice.errors import StoreError

SCHEMA_VERSION = 1

_CREATE = """
CREATE TABLE calls (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  received_ns INTEGER,
  feature TEXT NOT NULL,
  session TEXT NOT NULL,
  model TEXT NOT NULL,
  provider TEXT NOT NULL,
  api TEXT NOT NULL,
  input_tokens INTEGER,
  output_tokens INTEGER,
  cost_nanos INTEGER,
  prompt_bytes INTEGER NOT NULL,
  source TEXT NOT NULL,
  bucket TEXT
);
CREATE INDEX calls_bucket ON calls (bucket, id) WHERE bucket IS NOT NULL;
CREATE TABLE bodies (seq INTEGER PRIMARY KEY, sealed INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE rejected (
  file TEXT NOT NULL, line INTEGER NOT NULL, item INTEGER NOT NULL, reason TEXT NOT NULL,
  sealed INTEGER NOT NULL, excerpt BLOB NOT NULL,
  PRIMARY KEY (file, line, item)
) WITHOUT ROWID;
CREATE TABLE buckets (place INTEGER PRIMARY KEY, sealed INTEGER NOT NULL, document BLOB NOT NULL);
"""
_MIGRATIONS: Mapping[int, str] = {0: _CREATE}
"""From a version of the schema: 0 makes the newest, any other leads to the next."""


def version_of(connection: sqlite3.Connection) -> int:
    """Returns the schema of a file; 0 while it has none.

    Raises:
        StoreError: A newer suffice made it.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the traffic was written by a newer suffice (schema {version}, this one knows {SCHEMA_VERSION})",
            code="newer_traffic",
        )
    return int(version)


def migrate(connection: sqlite3.Connection) -> None:
    """Brings a file to this version's schema, step by step, each whole or not at all.

    Raises:
        StoreError: A newer suffice made it.
    """
    while (version := version_of(connection)) < SCHEMA_VERSION:
        reached = version + 1 if version else SCHEMA_VERSION
        connection.executescript(f"BEGIN; {_MIGRATIONS[version]} PRAGMA user_version = {reached}; COMMIT;")

"""The tables of the traffic store, and how a file of an older version comes to have them."""

from __future__ import annotations

from suffice.store.steps import Steps

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
CREATE TABLE dictionaries (sealed INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE buckets (place INTEGER PRIMARY KEY, sealed INTEGER NOT NULL, document BLOB NOT NULL);
"""
STEPS = Steps(what="traffic", newest=SCHEMA_VERSION, scripts={0: _CREATE})

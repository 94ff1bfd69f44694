"""The ledger's tables, and how a file of an older version comes to have them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from suffice.ledger.chain import GENESIS, link
from suffice.store.steps import Steps

SCHEMA_VERSION = 5

COLUMNS: Mapping[str, str] = {
    "id": "TEXT PRIMARY KEY",
    "received_ns": "INTEGER NOT NULL",
    "provider": "TEXT NOT NULL",
    "api": "TEXT NOT NULL",
    "feature": "TEXT NOT NULL",
    "session": "TEXT NOT NULL",
    "stream": "INTEGER NOT NULL",
    "requested_model": "TEXT NOT NULL",
    "served_model": "TEXT",
    "decided_model": "TEXT",
    "reason": "TEXT NOT NULL",
    "task": "TEXT",
    "status": "INTEGER",
    "ending": "TEXT NOT NULL",
    "fault": "TEXT",
    "usage_source": "TEXT",
    "input_tokens": "INTEGER",
    "cache_read_tokens": "INTEGER",
    "output_tokens": "INTEGER",
    "grade": "TEXT NOT NULL",
    "cost_nanos": "INTEGER",
    "unknown_because": "TEXT",
    "shadow_nanos": "INTEGER",
    "shadow_grade": "TEXT",
    "duration_us": "INTEGER NOT NULL",
    "decide_us": "INTEGER NOT NULL",
    "entry": "BLOB NOT NULL",
    "evidence": "TEXT",
    "leg": "TEXT NOT NULL DEFAULT 'served'",
    "parent": "TEXT NOT NULL DEFAULT ''",
    "mode": "TEXT NOT NULL DEFAULT ''",
    "arm": "TEXT NOT NULL DEFAULT ''",
    "propensity": "REAL",
    "bucket": "TEXT NOT NULL DEFAULT ''",
    "sent_model": "TEXT NOT NULL DEFAULT ''",
    "expected_nanos": "INTEGER",
    "baseline_nanos": "INTEGER",
    "baseline_grade": "TEXT",
    "decision_block": "INTEGER",
}
_ROUTING = list(COLUMNS)[list(COLUMNS).index("evidence") + 1 : list(COLUMNS).index("decision_block")]
"""What route mode brought: copies of the outcome's fields, and of the baseline's modelled cost."""
ROUTING_TOUCHED = "(arm <> '' OR leg <> 'served' OR sent_model <> '')"
"""True of the calls that savings are told by: an index of these alone keeps the question as small as its answer."""
_DECISIONS = "CREATE TABLE decisions (id TEXT PRIMARY KEY, decision BLOB NOT NULL) WITHOUT ROWID;"
"""Each by itself, as they were kept before version 5: read until they are old."""
_BLOCKS = """
CREATE TABLE decision_blocks (number INTEGER PRIMARY KEY, last_id TEXT NOT NULL, decisions BLOB NOT NULL);
CREATE INDEX decision_blocks_last ON decision_blocks (last_id);
"""
"""The decisions of entries that came together; `decision_block` of an entry is the number of its block. A block is as
old as the last of its ids, and dropped as a whole."""
_CHAIN = "CREATE TABLE chain (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, hash BLOB NOT NULL);"
"""The order in which entries came to be kept, and each one's hash; see `suffice.ledger.chain`."""
_ROUTED = f"CREATE INDEX entries_routed ON entries (received_ns, id) WHERE {ROUTING_TOUCHED};"
_CREATE = f"""
CREATE TABLE entries ({", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())}) WITHOUT ROWID;
CREATE INDEX entries_received ON entries (received_ns);
{_ROUTED}
CREATE TABLE spools (name TEXT PRIMARY KEY, moved_bytes INTEGER NOT NULL) WITHOUT ROWID;
{_DECISIONS}
{_CHAIN}
{_BLOCKS}
"""


def _widen() -> str:
    """Adds the columns of route mode and fills them from the entries that say something of it."""
    places = {"baseline_nanos": "$.baseline_cost.nanos", "baseline_grade": "$.baseline_cost.grade"}
    added = "".join(f"ALTER TABLE entries ADD COLUMN {name} {COLUMNS[name]};\n" for name in _ROUTING)
    read = ", ".join(
        f"{name} = COALESCE(json_extract(CAST(entry AS TEXT), '{places.get(name, f'$.outcome.{name}')}'), {name})"
        for name in _ROUTING
    )
    return f"{added}UPDATE entries SET {read};\n{_ROUTED}"  # noqa: S608 -- our own names


def chain_up(connection: sqlite3.Connection) -> None:
    """Puts entries of a ledger that had no chain into one, in the order of their arrival."""
    hash_ = GENESIS
    found = connection.execute("SELECT id, entry FROM entries ORDER BY received_ns, id")
    for seq, (id_, entry) in enumerate(found, 1):
        hash_ = link(hash_, entry)
        connection.execute("INSERT INTO chain VALUES (?, ?, ?)", (seq, id_, hash_))


STEPS = Steps(
    what="ledger",
    newest=SCHEMA_VERSION,
    scripts={
        0: _CREATE,
        1: _DECISIONS
        + """
ALTER TABLE entries ADD COLUMN evidence TEXT;
UPDATE entries SET evidence = json_extract(CAST(entry AS TEXT), '$.outcome.evidence');
""",
        2: _CHAIN,
        3: _widen(),
        4: f"ALTER TABLE entries ADD COLUMN decision_block {COLUMNS['decision_block']};\n{_BLOCKS}",
    },
    after={2: chain_up},
)

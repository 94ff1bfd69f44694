from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

import msgspec
import pytest
import zstandard
from entries import entry

from suffice.errors import StoreError
from suffice.ledger.chain import verify
from suffice.store.rows import encode
from suffice.store.schema import STEPS
from suffice.store.sqlite import SqliteStore
from suffice.types import Decision

VERSION_1 = """
CREATE TABLE entries (
  id TEXT PRIMARY KEY, received_ns INTEGER NOT NULL, provider TEXT NOT NULL, api TEXT NOT NULL, feature TEXT NOT NULL,
  session TEXT NOT NULL, stream INTEGER NOT NULL, requested_model TEXT NOT NULL, served_model TEXT, decided_model TEXT,
  reason TEXT NOT NULL, task TEXT, status INTEGER, ending TEXT NOT NULL, fault TEXT, usage_source TEXT,
  input_tokens INTEGER, cache_read_tokens INTEGER, output_tokens INTEGER, grade TEXT NOT NULL, cost_nanos INTEGER,
  unknown_because TEXT, shadow_nanos INTEGER, shadow_grade TEXT, duration_us INTEGER NOT NULL,
  decide_us INTEGER NOT NULL, entry BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX entries_received ON entries (received_ns);
CREATE TABLE spools (name TEXT PRIMARY KEY, moved_bytes INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 1;
"""
LATER = Decision(baseline="big", model="big", reason="below_bar")
OLD = [entry(number, evidence=("prior", None)[number % 2]) for number in range(4)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as the first version made it, with entries and an offset."""
    path = tmp_path / "ledger.db"
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1)
    for one in OLD:
        outcome = one.outcome
        values = (
            outcome.id, outcome.received_ns, outcome.provider, outcome.api, outcome.feature, outcome.session, False,
            outcome.requested_model, outcome.served_model, outcome.decided_model, outcome.reason, None, 200,
            outcome.ending, None, "reported", 100, 0, 10, one.cost.grade, one.cost.nanos, None, None, None, 0,
            outcome.decide_us, encode(one),
        )  # fmt: skip
        connection.execute(f"INSERT INTO entries VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 -- ours
    connection.execute("INSERT INTO spools VALUES ('s', 7)")
    connection.commit()
    connection.close()
    return path


def columns(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    found = [(row[1], row[2]) for row in connection.execute("PRAGMA table_info(entries)")]
    connection.close()
    return found


def test_an_older_ledger_becomes_like_a_new_one_and_keeps_all_it_had(old: Path, tmp_path: Path) -> None:
    store = SqliteStore(old)
    assert (
        store.append([entry(9, evidence="certified")], spool="s", moved_bytes=8, decisions=[("id-9", b"{}")])
        == 1
    )
    assert list(store.entries()) == [*OLD, entry(9, evidence="certified")]
    assert store.offsets() == {"s": 8}
    rows = {row["evidence"]: row["requests"] for row in store.grouped(["evidence"])}
    assert rows == {"prior": 2, None: 2, "certified": 1}
    store.close()
    SqliteStore(tmp_path / "new.db").append([], spool="s", moved_bytes=0)
    assert columns(old) == columns(tmp_path / "new.db")


def test_what_an_older_ledger_had_is_chained_in_the_order_of_its_arrival(old: Path) -> None:
    store = SqliteStore(old)
    store.append([entry(9)], spool="s", moved_bytes=8)
    links = list(store.links())
    assert [one.id for one in links] == [one.outcome.id for one in [*OLD, entry(9)]]
    assert verify(links).sound
    store.close()


def test_what_an_older_ledger_knew_of_routing_is_in_its_columns(old: Path) -> None:
    routed = entry(
        7,
        arm="routed",
        propensity=0.95,
        bucket="faq",
        sent_model="small",
        served_model="small",
        expected_nanos=5,
    )
    connection = sqlite3.connect(old)
    raw = encode(routed)
    connection.execute("UPDATE entries SET entry = ? WHERE id = 'id-00000003'", (raw,))
    connection.commit()
    connection.close()
    store = SqliteStore(old)
    store.append([], spool="s", moved_bytes=8)
    (leg,) = store.legs(served=True)
    assert (leg.arm, leg.propensity, leg.bucket, leg.sent_model) == ("routed", 0.95, "faq", "small")
    assert (leg.expected_nanos, leg.baseline_nanos) == (5, 100 * 2_500 + 10 * 15_000)
    store.close()


def test_decisions_that_an_older_ledger_kept_one_by_one_are_read_until_they_are_old(old: Path) -> None:
    connection = sqlite3.connect(old)
    msgspec.structs.replace(STEPS, newest=4).migrate(connection)
    decision = Decision(baseline="big", model="small", reason="prior_suffices")
    raw = resources.files("suffice.store").joinpath("decisions-1.zdict").read_bytes()
    alone = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(raw))
    packed = alone.compress(msgspec.json.encode(decision))
    connection.executemany(
        "INSERT INTO decisions VALUES (?, ?)", [(f"id-0000000{n}", packed) for n in (1, 2)]
    )
    connection.commit()
    connection.close()
    store = SqliteStore(old)
    pair = ("id-00000009", msgspec.json.encode(LATER))
    store.append([entry(9)], spool="s", moved_bytes=8, decisions=[pair])
    kept = [store.decision(f"id-0000000{number}") for number in (0, 1, 2, 9)]
    assert kept == [None, decision, decision, LATER]
    assert SqliteStore(old, read_only=True).decision("id-00000002") == decision
    assert store.drop_decisions(before="id-00000002") == 1
    assert [store.decision(f"id-0000000{number}") for number in (1, 2, 9)] == [None, decision, LATER]
    store.close()


def test_a_second_start_changes_nothing_more(old: Path) -> None:
    for _ in range(2):
        store = SqliteStore(old)
        store.append([], spool="s", moved_bytes=7)
        store.close()
    connection = sqlite3.connect(old)
    assert STEPS.version_of(connection) == STEPS.newest
    STEPS.migrate(connection)
    connection.close()


def test_a_reader_of_an_older_ledger_is_told_what_to_do(old: Path) -> None:
    with pytest.raises(StoreError, match="start `suffice serve` once") as caught:
        list(SqliteStore(old, read_only=True).entries())
    assert caught.value.code == "older_ledger"


def test_a_step_that_fails_leaves_the_file_as_it_was(old: Path) -> None:
    connection = sqlite3.connect(old)
    connection.execute("UPDATE entries SET entry = 'not JSON' WHERE id = 'id-00000001'")
    connection.commit()
    connection.close()
    store = SqliteStore(old)
    with pytest.raises(StoreError, match="cannot be used"):
        store.append([], spool="s", moved_bytes=9)
    connection = sqlite3.connect(old)
    assert STEPS.version_of(connection) == 1
    assert connection.execute("SELECT moved_bytes FROM spools").fetchall() == [(7,)]
    connection.close()

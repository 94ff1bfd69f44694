from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from entries import HOUR_NS, START_NS, entry
from talks import keep_talk

from suffice.ledger.budget import owner_of
from suffice.ledger.chain import GENESIS
from suffice.ledger.leg import leg_of
from suffice.ledger.lost_cache import turn_of
from suffice.store.schema import ROUTING_TOUCHED
from suffice.store.sqlite import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "made" / "ledger.db")


ROUTED = {
    "arm": "routed",
    "propensity": 0.95,
    "bucket": "faq",
    "sent_model": "small",
    "served_model": "small",
}


def test_times_bound_what_is_read(store: SqliteStore) -> None:
    store.append([entry(number) for number in range(10)], spool="s", moved_bytes=1)
    some = store.entries(since_ns=START_NS + 2 * HOUR_NS, until_ns=START_NS + 5 * HOUR_NS)
    assert [one.outcome.id[-1] for one in some] == ["2", "3", "4"]
    (row,) = store.grouped([], since_ns=START_NS + 8 * HOUR_NS)
    assert row["requests"] == 2


def test_sums_are_exact_by_group(store: SqliteStore) -> None:
    entries = [entry(number, feature="ab"[number % 2], decided_model="small") for number in range(5)]
    entries.append(entry(9, feature="b", usage=None))
    store.append(entries, spool="s", moved_bytes=1)
    rows = {row["feature"]: row for row in store.grouped(["feature"])}
    assert rows["a"]["requests"] == 3
    assert rows["a"]["cost_nanos"] == 3 * 400_000
    assert rows["a"]["shadow_nanos"] == 3 * 120_000
    assert (rows["b"]["requests"], rows["b"]["unknown_costs"]) == (3, 1)
    assert sum(row["requests"] for row in store.grouped(["hour"])) == 6
    assert [row["day"] for row in store.grouped(["day"])] == [START_NS // (24 * HOUR_NS)]


def test_an_unknown_column_is_no_way_into_the_statement(store: SqliteStore) -> None:
    store.append([entry(1)], spool="s", moved_bytes=1)
    for name in ("1; DROP TABLE entries", "entry", "nothing"):
        with pytest.raises(KeyError):
            store.grouped([name])


def test_the_span_says_what_is_covered(store: SqliteStore) -> None:
    assert store.span().entries == 0
    store.append([entry(number) for number in range(100)], spool="s", moved_bytes=1)
    span = store.span()
    assert (span.entries, span.sessions) == (100, 3)
    assert (span.first_ns, span.last_ns) == (START_NS, START_NS + 99 * HOUR_NS)
    assert (span.decide_us_p50, span.decide_us_p99) == (100, 149)


def test_calls_that_routing_touched_are_found_without_decoding_an_entry(
    store: SqliteStore, tmp_path: Path
) -> None:
    entries = [
        entry(0),
        entry(1, **ROUTED),
        entry(2, arm="holdout", propensity=0.95, bucket="faq", expected_nanos=9),
        entry(3, leg="shadow", parent="id-00000001"),
        entry(4, sent_model="small", served_model="small"),
    ]
    store.append(entries, spool="s", moved_bytes=1)
    assert list(store.legs(served=True)) == [leg_of(entries[number]) for number in (1, 2, 4)]
    assert list(store.legs(served=False)) == [leg_of(entries[3])]
    assert list(
        store.legs(served=True, since_ns=START_NS + 2 * HOUR_NS, until_ns=START_NS + 3 * HOUR_NS)
    ) == [leg_of(entries[2])]
    assert store.first_routed_ns() == START_NS + HOUR_NS
    assert store.price_versions() == ["tests 1"]
    assert [(one.seq, one.copies) for one in store.links()][1] == (2, leg_of(entries[1]))


def test_turns_are_all_calls_of_the_sessions_that_routing_touched(store: SqliteStore, tmp_path: Path) -> None:
    kept = keep_talk(tmp_path / "made")
    others = [
        entry(1, session="apart"),
        entry(2, **{**ROUTED, "session": ""}),
        entry(3, **ROUTED, leg="discarded"),
        entry(4, status=500, **ROUTED),
    ]
    store.append(others, spool="s", moved_bytes=1)
    found = list(store.turns())
    assert {one.id for one in found} == {one.outcome.id for one in kept}
    assert found == sorted((turn_of(one) for one in kept), key=lambda turn: (turn.received_ns, turn.id))
    assert any(one.arm == "" for one in found)
    half = kept[len(kept) // 2].outcome.received_ns
    assert [one for one in found if one.received_ns >= half] == list(store.turns(since_ns=half))


def test_they_are_found_by_an_index_of_their_own(store: SqliteStore, tmp_path: Path) -> None:
    store.append([entry(1, **ROUTED)], spool="s", moved_bytes=1)
    plan = f"EXPLAIN QUERY PLAN SELECT id FROM entries WHERE received_ns >= 0 AND {ROUTING_TOUCHED} ORDER BY received_ns, id"  # noqa: S608, E501 -- ours
    with sqlite3.connect(tmp_path / "made" / "ledger.db") as connection:
        said = " ".join(row[3] for row in connection.execute(plan))
    connection.close()
    assert "entries_routed" in said
    assert "B-TREE" not in said, "nothing is left to sort"


def test_a_ledger_without_routing_says_so(store: SqliteStore) -> None:
    assert (store.head().seq, store.head().hash) == (0, GENESIS)
    store.append([entry(1)], spool="s", moved_bytes=1)
    assert (list(store.legs(served=True)), store.first_routed_ns(), store.price_versions()) == ([], None, [])
    assert store.head().hash == list(store.links())[-1].hash


def test_what_is_new_is_added_up_by_its_place_in_the_chain(store: SqliteStore) -> None:
    store.append([entry(5), entry(1, feature="b")], spool="s", moved_bytes=1)
    store.append([entry(3), entry(2, feature="b", usage=None)], spool="s", moved_bytes=2)
    rows = {row["feature"]: row for row in store.grouped(["feature"], after=2)}
    assert {name: (row["requests"], row["unknown_costs"]) for name, row in rows.items()} == {
        "tests": (1, 0),
        "b": (1, 1),
    }
    (row,) = store.grouped([], after=0, since_ns=START_NS + 3 * HOUR_NS)
    assert row["requests"] == 2
    assert store.grouped(["feature"], after=4) == []


def test_a_place_in_the_chain_is_told_by_its_number(store: SqliteStore) -> None:
    store.append([entry(1), entry(2)], spool="s", moved_bytes=1)
    first = store.head(at=1)
    assert (first.seq, store.head(at=2), store.head(at=9)) == (1, store.head(), store.head())
    assert store.head(at=0).hash == GENESIS
    assert first.hash != store.head().hash


def test_a_judges_call_is_nobodys(store: SqliteStore) -> None:
    calls = [
        entry(1, feature="faq"),
        entry(2, feature="faq", leg="shadow", parent="id-00000001"),
        entry(3, feature="untagged", leg="shadow", reason="grading"),
    ]
    store.append(calls, spool="s", moved_bytes=1)
    assert {row["owner"]: row["requests"] for row in store.grouped(["owner"])} == {"faq": 2, "": 1}
    assert [owner_of(one.outcome) for one in calls] == ["faq", "faq", ""]

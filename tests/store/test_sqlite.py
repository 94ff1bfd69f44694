from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from entries import entry
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.chain import verify
from suffice.store.rows import Settled, encode
from suffice.store.sqlite import SqliteStore
from suffice.types import Decision


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "made" / "ledger.db")


def test_what_goes_in_comes_out_in_the_order_of_arrival(store: SqliteStore) -> None:
    entries = [entry(number) for number in (3, 1, 2)]
    assert store.append(entries, spool="s", moved_bytes=10) == 3
    assert [one.outcome.id for one in store.entries()] == ["id-00000001", "id-00000002", "id-00000003"]
    assert list(store.entries()) == sorted(entries, key=lambda one: one.outcome.received_ns)


def test_an_entry_is_added_once_and_its_offset_moves_with_it(store: SqliteStore) -> None:
    store.append([entry(1)], spool="s", moved_bytes=10)
    assert store.append([entry(1), entry(2)], spool="s", moved_bytes=20) == 1
    assert store.offsets() == {"s": 20}
    assert len(list(store.entries())) == 2


def test_what_is_taken_is_what_is_appended_and_the_first_of_two_with_one_id_counts(
    store: SqliteStore, tmp_path: Path
) -> None:
    entries = [entry(number % 150) for number in range(200)]
    later = [Settled(entry(1, feature="later")), Settled(entry(200))]
    decision = msgspec.json.encode(Decision(baseline="big", model="big", reason="below_bar"))
    settled = (Settled(one, encode(one.outcome), decision) for one in entries)
    assert store.take(settled, spool="s", moved_bytes=10) == 150
    assert store.take(later, spool="s", moved_bytes=20) == 1
    assert store.offsets() == {"s": 20}
    other = SqliteStore(tmp_path / "other.db")
    other.append([*entries, entry(200)], spool="s", moved_bytes=1)
    assert list(store.links()) == list(other.links())
    assert verify(store.links()).sound
    kept = [store.decision(f"id-{number:08d}") for number in range(201)]
    assert [one is not None for one in kept] == [True] * 150 + [False] * 51
    assert store.drop_decisions(before="z") == 3, "blocks of 64"


def test_nothing_is_taken_where_the_last_cannot_be_had(store: SqliteStore) -> None:
    def torn() -> Iterator[Settled]:
        yield from (Settled(entry(number)) for number in range(100))
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 -- any
        store.take(torn(), spool="s", moved_bytes=10)
    assert (list(store.entries()), store.offsets(), store.head().seq) == ([], {}, 0)


def test_what_is_no_text_and_no_number_comes_back_as_it_was() -> None:
    connection = sqlite3.connect(":memory:")
    assert connection.execute("SELECT ?, ?, ?", (b"\x00\xff", None, True)).fetchone() == (
        b"\x00\xff",
        None,
        1,
    )


def test_offsets_of_spools_that_are_gone_are_dropped(store: SqliteStore) -> None:
    store.append([], spool="one", moved_bytes=1)
    store.append([], spool="two", moved_bytes=2)
    store.forget(["one"])
    assert store.offsets() == {"two": 2}


@given(st.lists(st.integers(0, 30), max_size=40))
def test_any_order_of_repeats_leaves_each_entry_once(tmp_path_factory: object, numbers: list[int]) -> None:
    store = SqliteStore(tmp_path_factory.mktemp("ledger") / "ledger.db")  # type: ignore[attr-defined] -- pytest's own
    added = sum(store.append([entry(number)], spool="s", moved_bytes=1) for number in numbers)
    assert added == len(set(numbers)) == len(list(store.entries()))
    store.close()


def test_a_decision_is_kept_with_its_entry_and_once(store: SqliteStore) -> None:
    decision = Decision(baseline="big", model="small", reason="prior_suffices")
    pair = ("id-00000001", msgspec.json.encode(decision))
    store.append([entry(1)], spool="s", moved_bytes=1, decisions=[pair])
    store.append([entry(1)], spool="s", moved_bytes=1, decisions=[("id-00000001", b"{}")])
    assert store.decision("id-00000001") == decision
    assert store.decision("nobody") is None
    assert store.entry("id-00000001") == entry(1)
    assert store.entry("nobody") is None


def decided(*numbers: int) -> list[Settled]:
    return [
        Settled(
            entry(number),
            decision=msgspec.json.encode(Decision(baseline="big", model="big", reason=f"{number}")),
        )
        for number in numbers
    ]


def reason(store: SqliteStore, number: int) -> str | None:
    found = store.decision(f"id-{number:08d}")
    return None if found is None else found.reason


def test_a_block_is_dropped_when_the_last_of_it_is_old(store: SqliteStore) -> None:
    for numbers in ((3, 1, 2), (7, 4), (9,)):
        store.take(decided(*numbers), spool="s", moved_bytes=1)
    assert store.drop_decisions(before="id-00000005") == 1
    assert store.drop_decisions(before="id-00000005") == 0
    assert [reason(store, number) for number in (1, 2, 3, 4, 7, 9)] == [None, None, None, "4", "7", "9"]


def test_what_comes_twice_keeps_the_decision_that_came_first(store: SqliteStore) -> None:
    store.take(decided(1, 2, 3), spool="s", moved_bytes=1)
    again = [Settled(one.entry, decision=b"{}") for one in decided(3, 1)]
    assert store.take([*again, *decided(4, 2, 5)], spool="s", moved_bytes=2) == 2
    assert store.take([*again], spool="s", moved_bytes=3) == 0
    assert [reason(store, number) for number in range(1, 6)] == ["1", "2", "3", "4", "5"]
    assert [one.seq for one in store.links()] == [1, 2, 3, 4, 5]
    assert verify(store.links()).sound


def test_an_entry_without_a_decision_has_none_among_those_that_have(store: SqliteStore) -> None:
    one, other = decided(1, 3)
    store.take([one, Settled(entry(2)), other], spool="s", moved_bytes=1)
    assert [reason(store, number) for number in (1, 2, 3)] == ["1", None, "3"]


def test_a_chain_that_was_cut_off_by_hand_does_not_stop_what_comes(
    store: SqliteStore, tmp_path: Path
) -> None:
    store.take(decided(1, 2), spool="s", moved_bytes=1)
    connection = sqlite3.connect(tmp_path / "made" / "ledger.db")
    connection.execute("DELETE FROM chain")
    connection.commit()
    connection.close()
    assert store.take(decided(3), spool="s", moved_bytes=2) == 1
    assert [reason(store, number) for number in (1, 2, 3)] == [None, None, "3"]

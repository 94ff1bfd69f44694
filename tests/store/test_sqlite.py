from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from entries import entry
from hypothesis import given
from hypothesis import strategies as st

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


def test_dropped_decisions_are_counted(store: SqliteStore) -> None:
    pairs = [(f"{number:03d}", b"{}") for number in range(10)]
    store.append([], spool="s", moved_bytes=1, decisions=pairs)
    assert store.drop_decisions(before="004") == 4
    assert store.drop_decisions(before="004") == 0

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.proxy.spool import Spool
from suffice.store.guard import GUARD, NOTES, Feedback, GuardStore, Pair


def pair(id_: str = "1", d: float | None = 0.0) -> Pair:
    return Pair(
        id=id_, at_ns=1, bucket="faq", baseline="big", candidate="small", arm="routed", share=0.01, d=d
    )


def said(decision: str = "1", value: float | None = 1.0, *, corrected: bool = False) -> Feedback:
    kind = "corrected" if corrected else "thumbs"
    return Feedback(decision=decision, kind=kind, at_ns=1, value=None if corrected else value)  # type: ignore[arg-type] -- one of its kinds


@pytest.fixture
def store(tmp_path: Path) -> GuardStore:
    return GuardStore(tmp_path / GUARD)


def test_a_pair_counts_once_and_numbers_rise(store: GuardStore) -> None:
    assert store.add([pair("1"), pair("2", None), pair("1", -1.0)]) == 2
    found = list(store.pairs())
    assert [one.d for _, one in found] == [0.0, None]
    assert [one.id for _, one in store.pairs(after=found[0][0])] == ["2"]


def test_feedback_of_one_kind_is_replaced_by_the_last_and_has_a_new_number(store: GuardStore) -> None:
    assert store.add([said(value=1.0), said(value=1.0), said(corrected=True)]) == 2
    last = max(seq for seq, _ in store.feedback())
    assert store.add([said(value=0.0)]) == 1
    ((seq, found),) = store.feedback(after=last)
    assert found.bad
    assert seq > last
    assert len(list(store.feedback())) == 2


def test_the_newest_feedback_has_a_new_number_too_when_it_is_replaced(store: GuardStore) -> None:
    store.add([said("1", value=1.0), said("2", value=1.0)])
    last = max(seq for seq, _ in store.feedback())
    for value in (0.0, 1.0, 0.0):
        store.add([said("2", value=value)])
        ((last, found),) = store.feedback(after=last)
        assert found.value == value


@pytest.mark.parametrize(("value", "bad"), [(1.0, False), (0.5, False), (0.49, True), (None, True)])
def test_what_speaks_against_an_answer(value: float | None, bad: bool) -> None:
    assert said(value=value, corrected=value is None).bad is bad


def test_spools_are_moved_exactly_once_also_while_they_grow(store: GuardStore, tmp_path: Path) -> None:
    folder = tmp_path / NOTES
    spool = Spool(folder, worker="w", decisions=False)
    spool.append(pair("1"))
    assert store.move(folder) == 1
    spool.append(pair("2"))
    spool.append(said())
    assert (store.move(folder), store.move(folder)) == (2, 0)
    assert list(folder.iterdir())
    spool.close()
    store.move(folder)
    assert not list(folder.iterdir())
    assert len(list(store.pairs())) == 2


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    path = tmp_path / "what? #1 50%41" / GUARD
    GuardStore(path).add([pair("1")])
    assert [one.id for _, one in GuardStore(path, read_only=True).pairs()] == ["1"]


def test_a_store_that_fails_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / NOTES
    spool = Spool(folder, worker="w", decisions=False)
    spool.append(pair())
    (tmp_path / GUARD).write_bytes(b"this is no database, and long enough to be told from an empty one" * 20)
    with pytest.raises(StoreError, match="cannot be used"):
        GuardStore(tmp_path / GUARD).move(folder)
    (tmp_path / GUARD).unlink()
    assert GuardStore(tmp_path / GUARD).move(folder) == 1


def test_a_line_that_cannot_be_read_is_set_aside(store: GuardStore, tmp_path: Path) -> None:
    folder = tmp_path / NOTES
    folder.mkdir()
    (folder / "dead.jsonl").write_bytes(b'{"note":"pair"}\n\xff\n{"note": "torn')
    assert store.move(folder) == 0
    assert store.aside() == 3


def test_a_file_that_is_not_there_holds_nothing_for_who_only_looks(tmp_path: Path) -> None:
    store = GuardStore(tmp_path / GUARD, read_only=True)
    assert not list(store.pairs())
    assert not list(store.feedback())
    assert not (tmp_path / GUARD).exists()


def test_a_newer_file_is_refused(store: GuardStore, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / GUARD) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer"):
        store.add([pair()])


def _move(folder: Path) -> None:
    for _ in range(20):
        store = GuardStore(folder / GUARD)
        store.move(folder / NOTES)
        store.close()


def test_of_two_servers_that_move_at_once_each_line_is_moved_by_one(tmp_path: Path) -> None:
    folder = tmp_path / NOTES
    spools = [Spool(folder, worker=f"w{number}", decisions=False) for number in range(30)]
    for number, spool in enumerate(spools):
        spool.append(pair(str(number)))
        (path,) = folder.glob(f"w{number}-*.jsonl")
        with path.open("ab") as file:
            file.write(b"this line cannot be read\n")
    context = multiprocessing.get_context("spawn")
    movers = [context.Process(target=_move, args=(tmp_path,)) for _ in range(3)]
    for mover in movers:
        mover.start()
    for mover in movers:
        mover.join()
    assert [mover.exitcode for mover in movers] == [0] * 3
    store = GuardStore(tmp_path / GUARD)
    assert (len(list(store.pairs())), store.aside()) == (30, 30)
    for spool in spools:
        spool.close()

from __future__ import annotations

import io
import os
import sqlite3
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec
import pytest
from entries import HOUR_NS, START_NS, outcome, price_of

from suffice.errors import StoreError
from suffice.proxy.recorder import Recorder, lines_after
from suffice.proxy.spool import Spool
from suffice.store.decisions import first_id
from suffice.store.sqlite import SqliteStore
from suffice.types import Decision


class Place:
    """A folder of spools and its ledger."""

    def __init__(self, folder: Path) -> None:
        self.spools = folder / "spool"
        self.ledger = folder / "ledger.db"
        self.store = SqliteStore(self.ledger)
        self.now_ns = START_NS
        self.recorder = Recorder(
            self.spools, self.store, price_of, keep_decisions_days=30, now_ns=lambda: self.now_ns
        )

    def ids(self) -> list[str]:
        return [one.outcome.id for one in self.store.entries()]

    def files(self, suffix: str = ".jsonl") -> list[Path]:
        return sorted(self.spools.glob(f"*{suffix}"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def ids(*numbers: int) -> list[str]:
    return [f"id-{number:08d}" for number in numbers]


def test_no_spools_are_no_work_and_make_the_ledger(place: Place) -> None:
    assert place.recorder.run_once() == 0
    assert place.ledger.exists()


def test_lines_are_moved_once_while_their_worker_goes_on(place: Place) -> None:
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    assert place.recorder.run_once() == 1
    assert place.recorder.run_once() == 0
    spool.append(outcome(2))
    assert place.recorder.run_once() == 1
    assert place.ids() == ids(1, 2)
    assert len(place.files()) == 1, "a live worker's file stays"
    spool.close()


def test_a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    assert place.recorder.run_once() == 1
    moved = place.store.offsets()
    with monkeypatch.context() as patch:

        def refuse(path: object) -> None:
            raise PermissionError(path)

        patch.setattr(os, "scandir", refuse)
        with pytest.raises(PermissionError):
            place.recorder.run_once()
    assert moved
    assert place.store.offsets() == moved


def test_a_file_without_an_owner_is_deleted_when_all_of_it_is_in_the_ledger(place: Place) -> None:
    spool = Spool(place.spools, worker="w", max_bytes=100)
    for number in range(5):
        spool.append(outcome(number))
    spool.close()
    assert place.recorder.run_once() == 5
    assert place.files() == []
    assert place.recorder.run_once() == 0
    assert place.store.offsets() == {}


def test_an_empty_file_of_a_live_worker_is_left_alone(place: Place) -> None:
    spool = Spool(place.spools, worker="w", max_bytes=1)
    spool.append(outcome(1))
    spool._next_file()
    place.recorder.run_once()
    assert len(place.files()) == 1
    spool.append(outcome(2))
    spool.close()
    place.recorder.run_once()
    assert place.ids() == ids(1, 2)


def test_a_torn_last_line_of_a_dead_worker_is_set_aside(place: Place) -> None:
    place.spools.mkdir()
    line = msgspec.json.encode(outcome(1))
    (place.spools / "dead.jsonl").write_bytes(line + b"\n" + line[:40])
    assert place.recorder.run_once() == 1
    assert place.files() == []
    (aside,) = place.files(".aside")
    assert aside.read_bytes() == line[:40] + b"\n"


def test_a_torn_last_line_of_a_live_worker_is_waited_for(place: Place) -> None:
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    (path,) = place.files()
    line = msgspec.json.encode(outcome(2)) + b"\n"
    with path.open("ab") as file:
        file.write(line[:30])
    assert place.recorder.run_once() == 1
    with path.open("ab") as file:
        file.write(line[30:])
    assert place.recorder.run_once() == 1
    assert place.files(".aside") == []
    spool.close()


class _BeingWritten(io.RawIOBase):
    """A file that grows between two reads; an empty piece is an end that was seen too early."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = deque(pieces)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def readinto(self, buffer: Any) -> int:
        piece = self._pieces.popleft() if self._pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)


def test_a_line_whose_end_is_written_while_it_is_read_is_left_for_the_next_time() -> None:
    file = _BeingWritten(b"first\nsec", b"", b"ond\nthird\n")
    assert lines_after(io.BufferedReader(file), 0) == [b"first\n"]


def test_a_line_that_cannot_be_read_is_set_aside_and_the_others_move(place: Place) -> None:
    place.spools.mkdir()
    good = [msgspec.json.encode(outcome(number)) for number in (1, 2)]
    (place.spools / "dead.jsonl").write_bytes(b"\n".join([good[0], b'{"id": 7}', b"\xff\xfe", good[1], b""]))
    assert place.recorder.run_once() == 2
    assert place.ids() == ids(1, 2)
    (aside,) = place.files(".aside")
    assert aside.read_bytes().splitlines() == [b'{"id": 7}', b"\xff\xfe"]


def test_a_line_longer_than_a_batch_is_moved_whole(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suffice.proxy.recorder.BATCH_BYTES", 64)
    spool = Spool(place.spools, worker="w")
    for number in range(20):
        spool.append(outcome(number, feature="x" * 500))
    assert place.recorder.run_once() == 20
    spool.close()


@pytest.mark.parametrize("batch_bytes", [300, 1000, 1500, 4096])
def test_a_backlog_of_many_batches_loses_no_line_where_they_meet(
    place: Place, monkeypatch: pytest.MonkeyPatch, batch_bytes: int
) -> None:
    monkeypatch.setattr("suffice.proxy.recorder.BATCH_BYTES", batch_bytes)
    spool = Spool(place.spools, worker="w")
    for number in range(60):
        spool.append(outcome(number, feature="x" * (number * 7 % 90)))
    assert place.recorder.run_once() == 60
    spool.close()
    place.recorder.run_once()
    assert sorted(place.ids()) == ids(*range(60))
    assert place.files(".aside") == []


def test_a_batch_that_was_moved_but_not_deleted_adds_nothing_twice(place: Place) -> None:
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    spool.close()
    (path,) = place.files()
    content = path.read_bytes()
    place.recorder.run_once()
    path.write_bytes(content)
    assert place.recorder.run_once() == 0
    assert place.ids() == ids(1)


def test_a_deleted_ledger_is_made_anew_with_what_the_spools_still_hold(place: Place) -> None:
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    place.recorder.run_once()
    for file in place.ledger.parent.glob("ledger.db*"):
        file.unlink()
    spool.append(outcome(2))
    place.recorder.run_once()
    assert place.ids() == ids(1, 2)
    spool.close()


def test_a_store_that_refuses_leaves_the_spool_as_it_is(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suffice.store.ledger_file._BUSY_MS", 20)
    place.recorder.run_once()
    place.store.close()
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    spool.close()
    other = sqlite3.connect(place.ledger, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError):
        place.recorder.run_once()
    assert len(place.files()) == 1
    other.execute("ROLLBACK")
    other.close()
    assert place.recorder.run_once() == 1


def test_the_loop_survives_a_store_that_comes_and_goes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suffice.store.ledger_file._BUSY_MS", 20)
    monkeypatch.setattr("suffice.proxy.recorder._LONGEST_WAIT_S", 0.05)
    place.recorder.run_once()
    place.store.close()
    other = sqlite3.connect(place.ledger, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    stop = threading.Event()
    loop = threading.Thread(target=place.recorder.run, args=(stop,), kwargs={"wait_s": 0.01})
    loop.start()
    spool = Spool(place.spools, worker="w")
    for number in range(50):
        spool.append(outcome(number))
    time.sleep(0.2)
    other.execute("ROLLBACK")
    other.close()
    spool.append(outcome(50))
    spool.close()
    stop.set()
    loop.join(timeout=10)
    assert not loop.is_alive()
    assert place.ids() == ids(*range(51))
    assert place.files() == []


DECISION = Decision(baseline="big", model="small", reason="prior_suffices", bucket="faq")


def test_the_decision_goes_with_its_entry(place: Place) -> None:
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1), DECISION)
    spool.append(outcome(2))
    spool.close()
    assert place.recorder.run_once() == 2
    assert place.store.decision("id-00000001") == DECISION
    assert place.store.decision("id-00000002") is None


def test_a_line_that_lost_its_end_counts_for_nothing(place: Place) -> None:
    place.spools.mkdir()
    whole = msgspec.json.encode(DECISION) + b"\t" + msgspec.json.encode(outcome(1))
    other = msgspec.json.encode(outcome(2))
    for cut in range(1, len(whole), 7):
        (place.spools / "dead.jsonl").write_bytes(whole[:cut] + b"\n" + whole + b"\n" + other + b"\n")
        place.recorder.run_once()
    assert place.ids() == ids(1, 2)
    assert place.store.decision("id-00000001") == DECISION


def test_decisions_grow_old_and_entries_do_not(place: Place) -> None:
    def decided(at_ns: int, number: int) -> str:
        id_ = f"{first_id(at_ns)}{number:019x}"
        spool = Spool(place.spools, worker=f"w{number}")
        spool.append(outcome(number, id=id_), DECISION)
        spool.close()
        place.recorder.run_once()
        return id_

    day_ns = 24 * HOUR_NS
    old, young = decided(START_NS, 1), decided(START_NS + 20 * day_ns, 2)
    place.now_ns = START_NS + 29 * day_ns
    place.recorder.run_once()
    assert place.store.decision(old) == DECISION
    place.now_ns = START_NS + 30 * day_ns + HOUR_NS
    place.recorder.run_once()
    assert place.store.decision(old) is None
    assert place.store.decision(young) == DECISION
    assert place.ids() == [old, young]


def test_no_days_keep_no_decisions(place: Place) -> None:
    recorder = Recorder(place.spools, place.store, price_of, keep_decisions_days=0, now_ns=lambda: START_NS)
    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1, id=f"{first_id(START_NS)}1"), DECISION)
    spool.close()
    assert recorder.run_once() == 1
    assert place.store.decision(f"{first_id(START_NS)}1") is None


def test_spools_that_stay_as_they_are_are_looked_into_seldom_but_not_never(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    once = place.recorder.run_once

    def look() -> int:
        looks.append(once())
        return looks[-1]

    monkeypatch.setattr(place.recorder, "run_once", look)

    class Stop(threading.Event):
        """Lets the loop turn so often, and no more."""

        turns = 0

        def wait(self, timeout: float | None = None) -> bool:
            self.turns += 1
            if self.turns == 8:
                spool.append(outcome(2))
            return self.turns > 20

    spool = Spool(place.spools, worker="w")
    spool.append(outcome(1))
    place.recorder.run(Stop(), wait_s=0)
    assert looks == [1, 0, 1, 0, 0, 0]
    spool.close()

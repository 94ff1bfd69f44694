"""Age, size, thinning and purging: what goes, what stays, and what a worker that writes meanwhile loses."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from captured import CIPHER, DAY, NOON_NS, captured, record, write

from suffice.errors import StoreError
from suffice.store.captures.files import CaptureFiles, files
from suffice.store.captures.keeping import Keeping, keep_only, purge, purge_calls
from suffice.store.captures.record import HEADER
from suffice.store.cipher import AesGcm


def keeping(
    folder: Path, *, max_bytes: int = 1 << 30, max_age_days: int = 30, cipher: AesGcm | None = CIPHER
) -> Keeping:
    return Keeping(
        folder, max_bytes=max_bytes, max_age_days=max_age_days, cipher=cipher, now_ns=lambda: NOON_NS
    )


def ids(folder: Path) -> list[str]:
    return sorted(call.id for call in captured(folder))


@pytest.mark.parametrize("cipher", [CIPHER, None], ids=["with a key", "without"])
def test_what_is_older_than_its_age_goes(tmp_path: Path, cipher: AesGcm | None) -> None:
    for number, day in enumerate(("2026-11-16", "2026-11-17", "2026-11-24")):
        write(tmp_path, [record(number)], day=day)
    keeping(tmp_path, max_age_days=7, cipher=cipher).run_once()
    assert ids(tmp_path) == ["id-000001", "id-000002"]


def test_the_oldest_go_until_the_rest_fits(tmp_path: Path) -> None:
    paths = [write(tmp_path, [record(number)], day=f"2026-11-2{number}") for number in range(4)]
    size = sum(path.stat().st_size for path in paths[2:])
    keeping(tmp_path, max_bytes=size).run_once()
    assert ids(tmp_path) == ["id-000002", "id-000003"]
    keeping(tmp_path, max_bytes=size - 1).run_once()
    assert ids(tmp_path) == ["id-000003"]


def test_the_size_holds_also_for_a_file_that_is_being_written(tmp_path: Path) -> None:
    writer = CaptureFiles(tmp_path, worker="1-aa")
    writer.write(record(1), day=DAY)
    keeping(tmp_path, max_bytes=10).run_once()
    assert files(tmp_path) == []
    writer.write(record(2), day=DAY)
    assert ids(tmp_path) == ["id-000002"]
    writer.close()


def test_a_day_is_thinned_to_the_sample_of_all_its_files(tmp_path: Path) -> None:
    write(tmp_path, [record(n, priority=n, keep=3) for n in (1, 5, 6, 7, 8)], worker="1-aa")
    write(tmp_path, [record(n, priority=n, keep=3) for n in (2, 3, 9)], worker="2-bb")
    write(tmp_path, [record(4, priority=40, bucket="rare", keep=3)], worker="3-cc")
    write(tmp_path, [record(0, priority=50, keep=3)], day="2026-11-23")
    keeping(tmp_path).run_once()
    assert ids(tmp_path) == [f"id-{number:06d}" for number in (0, 1, 2, 3, 4)]
    before = {path: path.stat().st_ino for _, path in files(tmp_path)}
    keeping(tmp_path).run_once()
    assert {path: path.stat().st_ino for _, path in files(tmp_path)} == before, "nothing is written in vain"


def test_a_file_that_is_being_written_is_thinned_when_it_is_finished(tmp_path: Path) -> None:
    writer = CaptureFiles(tmp_path, worker="1-aa")
    for number in (9, 8, 7, 1):
        writer.write(record(number, keep=1), day=DAY)
    keeper = keeping(tmp_path)
    keeper.run_once()
    assert len(ids(tmp_path)) == 4
    writer.close()
    keeper.run_once()
    assert ids(tmp_path) == ["id-000001"]


def test_another_key_stops_thinning_but_neither_age_nor_size(tmp_path: Path) -> None:
    write(tmp_path, [record(1)], day="2026-01-01")
    write(tmp_path, [record(2)], day="2026-11-20")
    path = write(tmp_path, [record(3)])
    other = AesGcm([bytes(32)])
    with pytest.raises(StoreError, match="not among those given"):
        keeping(tmp_path, cipher=other, max_bytes=path.stat().st_size).run_once()
    assert ids(tmp_path) == ["id-000003"]


def test_it_goes_on_after_a_fault_and_says_it_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, [record(1)])
    stop = threading.Event()
    turns = iter(range(3))

    def now_ns() -> int:
        if next(turns) == 2:
            stop.set()
        return NOON_NS

    keeper = Keeping(tmp_path, max_bytes=1 << 30, max_age_days=30, cipher=AesGcm([bytes(32)]), now_ns=now_ns)
    keeper.run(stop, wait_s=0.001)
    assert next(turns, None) is None
    assert len([line for line in caplog.records if "will try again" in line.getMessage()]) == 1


def test_what_a_kill_left_behind_goes_after_an_hour(tmp_path: Path) -> None:
    write(tmp_path, [record(1)])
    for name, age_s in (("a.new", 7200), ("b.part", 7200), ("c.new", 10)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(NOON_NS - age_s * 10**9,) * 2)
    keeping(tmp_path).run_once()
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.name != ".lock") == [".captures", ".new"]
    assert (tmp_path / "c.new").exists()


def test_without_a_folder_there_is_nothing_to_do(tmp_path: Path) -> None:
    keeping(tmp_path / "missing").run_once()
    assert purge(tmp_path / "missing").files == 0
    assert purge_calls(tmp_path / "missing", CIPHER, ids=["x"]).calls == 0
    assert list(tmp_path.iterdir()) == []


def test_a_purge_deletes_all_or_what_is_older(tmp_path: Path) -> None:
    for number, day in enumerate(("2026-11-22", "2026-11-23", "2026-11-24")):
        write(tmp_path, [record(number)], day=day)
    assert purge(tmp_path, before="2026-11-23").files == 1
    assert ids(tmp_path) == ["id-000001", "id-000002"]
    assert purge(tmp_path).files == 2
    assert files(tmp_path) == []


def test_a_purge_of_a_bucket_or_a_call_keeps_the_rest_and_the_worker_goes_on(tmp_path: Path) -> None:
    write(tmp_path, [record(1), record(2, bucket="letters"), record(3)], worker="1-aa")
    writer = CaptureFiles(tmp_path, worker="2-bb")
    writer.write(record(4, bucket="letters"), day=DAY)
    done = purge_calls(tmp_path, CIPHER, buckets=["letters"], ids=["id-000003"])
    assert (done.files, done.calls) == (2, 3)
    assert ids(tmp_path) == ["id-000001"]
    writer.write(record(5), day=DAY)
    writer.close()
    assert ids(tmp_path) == ["id-000001", "id-000005"]


def test_replacing_keeps_the_records_that_stay_byte_for_byte(tmp_path: Path) -> None:
    records = [record(1), record(2), record(3)]
    path = write(tmp_path, records)
    start = len(HEADER) + len(records[0])
    keep_only(path, [(start, len(records[1]))])
    assert path.read_bytes() == HEADER + records[1]
    keep_only(path, [])
    assert not path.exists()

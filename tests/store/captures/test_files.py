"""A worker's files: names, locks, the next day, and what others do to them meanwhile."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from captured import CIPHER, DAY, captured, record

from suffice.store.captures.files import CaptureFiles, alone, being_written, day_of, files
from suffice.store.captures.record import HEADER, read_calls


def test_records_are_on_disk_when_write_returns_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    writer = CaptureFiles(folder, worker="1-aa")
    writer.write(record(1), day=DAY)
    ((day, path),) = files(folder)
    assert (day, path.name) == (DAY, f"{DAY}-1-aa-000000.captures")
    assert [call.id for call in captured(folder)] == ["id-000001"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert being_written(path)
    writer.close()
    assert not being_written(path)
    assert not being_written(folder / "gone")


def test_a_new_day_and_a_full_file_begin_another_and_a_late_call_does_not(tmp_path: Path) -> None:
    writer = CaptureFiles(tmp_path, worker="1-aa", max_bytes=len(HEADER) + 2 * len(record(1)))
    writer.write(record(1), day="2026-11-24")
    writer.write(record(2), day="2026-11-25")
    writer.write(record(3), day="2026-11-24")
    writer.write(record(4), day="2026-11-25")
    writer.close()
    found = [(day, [one[1].id for one in read_calls(path, CIPHER)]) for day, path in files(tmp_path)]
    assert found == [
        ("2026-11-24", ["id-000001"]),
        ("2026-11-25", ["id-000002", "id-000003"]),
        ("2026-11-25", ["id-000004"]),
    ]


def test_a_file_that_is_deleted_or_replaced_meanwhile_is_followed_by_another(tmp_path: Path) -> None:
    writer = CaptureFiles(tmp_path, worker="1-aa")
    for number in range(3):
        writer.write(record(number), day=DAY)
        for _, path in files(tmp_path):
            path.unlink()
    writer.write(record(3), day=DAY)
    ((_, path),) = files(tmp_path)
    (tmp_path / "copy").write_bytes(path.read_bytes())
    (tmp_path / "copy").replace(path)
    writer.write(record(4), day=DAY)
    writer.close()
    assert sorted(call.id for call in captured(tmp_path)) == ["id-000003", "id-000004"]


def test_a_disk_that_refuses_loses_one_record_and_spoils_none(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    writer = CaptureFiles(folder, worker="1-aa")
    writer.write(record(1), day=DAY)
    writer.close()
    blocked = folder / f"{DAY}-1-aa-000001.new"
    blocked.mkdir()
    with pytest.raises(OSError, match="exists"):
        writer.write(record(2), day=DAY)
    writer.write(record(3), day=DAY)
    writer.close()
    assert [call.id for call in captured(folder)] == ["id-000001", "id-000003"]


def test_other_files_are_no_captures(tmp_path: Path) -> None:
    for name in ("notes.txt", "x.captures", ".lock", f"{DAY}-1-aa-000000.new", f"{DAY}-1-aa-000000.part"):
        (tmp_path / name).touch()
    assert files(tmp_path) == []
    assert files(tmp_path / "missing") == []


def test_one_at_a_time_is_alone(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with alone(tmp_path):
            order.append("second")

    thread = threading.Thread(target=second)
    with alone(tmp_path):
        thread.start()
        thread.join(timeout=0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_days_are_those_of_utc() -> None:
    assert day_of(1_795_478_399_999_999_999) == "2026-11-23"
    assert day_of(1_795_478_400_000_000_000) == "2026-11-24"

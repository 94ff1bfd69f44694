from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.store.allowance import Allowance, day_of

DAY = "2026-11-26"


def _spend(folder: Path) -> None:
    allowance = Allowance(folder)
    for _ in range(100):
        allowance.take(DAY, 1, most_nanos=150)


def test_no_more_than_it_is_can_be_taken(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path / "allowance")
    assert [allowance.take(DAY, 40, most_nanos=100) for _ in range(3)] == [True, True, False]
    assert allowance.take("2026-11-27", 40, most_nanos=100)
    assert allowance.spent_nanos(DAY) == 80


def test_what_was_taken_is_corrected_in_both_directions(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path)
    allowance.take(DAY, 40, most_nanos=100)
    allowance.correct(DAY, 50)
    assert allowance.spent_nanos(DAY) == 90
    allowance.correct(DAY, -200)
    assert allowance.spent_nanos(DAY) == 0


def test_processes_share_it(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_spend, args=(tmp_path,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    assert Allowance(tmp_path).spent_nanos(DAY) == 150


def test_what_cannot_be_counted_is_not_spent(tmp_path: Path) -> None:
    (tmp_path / DAY).write_bytes(b"much")
    with pytest.raises(StoreError, match="cannot be used"):
        Allowance(tmp_path).take(DAY, 1, most_nanos=10)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError):
        Allowance(tmp_path / "file").take(DAY, 1, most_nanos=10)


def test_today(tmp_path: Path) -> None:
    allowance = Allowance(tmp_path)
    allowance.take(day_of(0), 7, most_nanos=10)
    assert allowance.spent_today_nanos(86_399_999_999_999) == 7
    assert allowance.spent_today_nanos(86_400_000_000_000) == 0

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.store.lock import folder_lock

SPAWN = multiprocessing.get_context("spawn")


def _count(folder: Path, times: int) -> None:
    path = folder / "count"
    for _ in range(times):
        with folder_lock(folder, "the count cannot be raised", code="not_counted"):
            there = int(path.read_text()) if path.exists() else 0
            path.write_text(str(there + 1))


def _hold(folder: Path, holds: Event) -> None:
    with folder_lock(folder, "it cannot be held", code="not_held"):
        holds.set()
        signal.pause()


def test_of_many_processes_that_count_none_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "by the first"
    processes = [SPAWN.Process(target=_count, args=(folder, 200)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert (folder / "count").read_text() == "800"
    assert [path.name for path in folder.iterdir()] == ["count"], "a lock leaves nothing behind"


def test_who_is_killed_lets_go(tmp_path: Path) -> None:
    holds = SPAWN.Event()
    holder = SPAWN.Process(target=_hold, args=(tmp_path, holds))
    holder.start()
    waiter = SPAWN.Process(target=_count, args=(tmp_path, 1))
    try:
        assert holds.wait(60)
        waiter.start()
        waiter.join(1.0)
        assert waiter.is_alive(), "it waits for its turn"
        os.kill(holder.pid or 0, signal.SIGKILL)
        waiter.join(30)
        assert waiter.exitcode == 0
    finally:
        for process in (holder, waiter):
            if process.pid is not None:
                process.kill()
                process.join()


def test_what_fails_inside_lets_go_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), folder_lock(tmp_path, "nothing", code="none"):
        raise ValueError("inside")
    with folder_lock(tmp_path, "nothing", code="none"):
        pass


def test_a_folder_that_cannot_be_made_is_said_with_what_cannot_be_done(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StoreError, match="the letter cannot be kept: Not a directory") as caught,
        folder_lock(tmp_path / "file" / "folder", "the letter cannot be kept", code="not_kept"),
    ):
        pass
    assert caught.value.code == "not_kept"

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import msgspec
import pytest

from suffice.errors import PolicyError, StoreError
from suffice.policy.switch import Setting, Switch
from suffice.store.switch import FILE, SwitchFile

SWITCH = Switch(default=Setting(mode="route", since_ns=7))
OTHER = Switch(default=Setting(mode="observe", since_ns=8))


def test_it_is_kept_and_every_change_is_noticed(tmp_path: Path) -> None:
    file = SwitchFile(tmp_path / "data")
    assert file.read() is None
    assert file.state() is None
    assert file.change(lambda there: None if there is not None else SWITCH) == SWITCH
    seen = file.state()
    assert file.read() == SWITCH
    assert file.change(lambda there: OTHER if there == SWITCH else None) == OTHER
    assert file.state() != seen
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]


def test_what_changes_nothing_replaces_nothing(tmp_path: Path) -> None:
    file = SwitchFile(tmp_path)
    assert file.change(lambda _: None) is None
    assert file.state() is None
    file.change(lambda _: SWITCH)
    seen = file.state()
    assert file.change(lambda _: None) == SWITCH
    assert file.change(lambda _: SWITCH) == SWITCH
    assert file.state() == seen


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(PolicyError, match="cannot be read"):
        SwitchFile(tmp_path).read()
    with pytest.raises(PolicyError, match="cannot be read"):
        SwitchFile(tmp_path).change(lambda _: SWITCH)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be set"):
        SwitchFile(tmp_path / "file").change(lambda _: SWITCH)


def test_a_folder_in_which_nothing_can_be_replaced_is_said(tmp_path: Path) -> None:
    file = SwitchFile(tmp_path)
    file.change(lambda _: SWITCH)
    (tmp_path / f".{FILE}.{os.getpid()}.part").mkdir()
    with pytest.raises(StoreError, match="cannot be set: Is a directory"):
        file.change(lambda _: OTHER)
    assert file.read() == SWITCH


def _set(folder: Path, name: str, times: int) -> None:
    file = SwitchFile(folder)
    for number in range(times):
        own = {f"{name}-{number}": Setting(mode="observe", since_ns=number)}

        def added(there: Switch | None, own: dict[str, Setting] = own) -> Switch:
            switch = there or SWITCH
            return msgspec.structs.replace(switch, buckets={**switch.buckets, **own})

        file.change(added)


def test_of_many_processes_that_set_use_cases_none_undoes_another(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names = ("a", "b", "c", "d")
    writers = [context.Process(target=_set, args=(tmp_path, name, 25)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 4
    found = SwitchFile(tmp_path).read()
    assert found is not None
    assert found.buckets.keys() == {f"{name}-{number}" for name in names for number in range(25)}

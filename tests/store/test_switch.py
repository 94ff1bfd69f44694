from __future__ import annotations

from pathlib import Path

import pytest

from suffice.errors import PolicyError, StoreError
from suffice.policy.switch import Setting, Switch
from suffice.store.switch import FILE, SwitchFile

SWITCH = Switch(default=Setting(mode="route", since_ns=7))


def test_it_is_kept_and_every_change_is_noticed(tmp_path: Path) -> None:
    file = SwitchFile(tmp_path / "data")
    assert file.read() is None
    assert file.state() is None
    file.write(SWITCH)
    seen = file.state()
    assert file.read() == SWITCH
    file.write(SWITCH)
    assert file.state() != seen
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE]


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(PolicyError, match="cannot be read"):
        SwitchFile(tmp_path).read()
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be set"):
        SwitchFile(tmp_path / "file").write(SWITCH)

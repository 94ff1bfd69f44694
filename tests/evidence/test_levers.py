from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from suffice.errors import StoreError
from suffice.evidence.levers import Levers
from suffice.policy.switch import Setting, Switch
from suffice.store.events import FILE, EventLog, Happened
from suffice.store.policies import Policies
from suffice.store.switch import SwitchFile

EVENTS = [
    Happened(
        at=datetime(2026, 11, 26, tzinfo=UTC),
        what="demoted",
        bucket=bucket,
        baseline="big",
        candidate="small",
        because="worse: it is",
    )
    for bucket in ("faq", "letters")
]


def levers(folder: Path, told: list[Happened]) -> Levers:
    return Levers(
        switches=SwitchFile(folder),
        default=Switch(default=Setting(mode="route", since_ns=0)),
        policies=Policies(folder / "policies"),
        events=EventLog(folder),
        tell=told.append,
    )


def test_events_are_told_and_written_down(tmp_path: Path) -> None:
    told: list[Happened] = []
    levers(tmp_path, told).announce(EVENTS)
    assert told == EVENTS
    assert EventLog(tmp_path).last() == {one.bucket: one for one in EVENTS}


def test_a_full_disk_keeps_nobody_from_being_told(tmp_path: Path) -> None:
    told: list[Happened] = []
    (tmp_path / FILE).mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        levers(tmp_path, told).announce(EVENTS)
    assert told == EVENTS

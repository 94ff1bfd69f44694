from __future__ import annotations

import threading
from pathlib import Path

import pytest
from certified import AT_NS, issued, policy

from suffice.app import settings_from
from suffice.cli._guarding import GuardLooks
from suffice.proxy.spool import Spool
from suffice.store.artifacts import Artifacts
from suffice.store.events import EventLog
from suffice.store.guard import NOTES, Pair
from suffice.store.policies import DIRECTORY
from suffice.store.switch import SwitchFile

NOW = AT_NS + 3_600_000_000_000


class Desk:
    """A data directory, and the guard that looks at it."""

    def __init__(self, folder: Path, more: str = "") -> None:
        self.data = folder / "data"
        config = folder / "suffice.toml"
        config.write_text(f'mode = "route"\n[data]\ndirectory = "data"\n[guard]\n{more}\n')
        self.looks = GuardLooks(settings_from(config), lambda: NOW)

    def publish(self) -> None:
        published = policy(issued())
        Artifacts(self.data / DIRECTORY, suffix=".json").publish(published.fingerprint, published.encode())

    def spool(self, count: int, d: float) -> None:
        spool = Spool(self.data / NOTES, worker=f"w{d}", decisions=False)
        for number in range(count):
            spool.append(
                Pair(
                    id=f"{d}{number}",
                    at_ns=NOW,
                    bucket="tickets",
                    baseline="gpt-5.4",
                    candidate="gpt-5.4-nano",
                    share=0.01,
                    d=d,
                )
            )
        spool.close()


def test_harm_that_workers_wrote_down_demotes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.publish()
    desk.spool(5, 0.0)
    assert [one.verdict.state for one in desk.looks.glance()] == ["fine"]
    desk.spool(30, -1.0)
    assert [one.verdict.state for one in desk.looks.glance()] == ["demote"]
    switch = SwitchFile(desk.data).read()
    assert switch is not None
    assert switch.of("tickets").mode == "observe"
    assert set(EventLog(desk.data).last()) == {"tickets"}
    assert desk.looks.glance() == []


def test_it_only_tells_where_it_may_not_demote(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(tmp_path, "demote = false")
    desk.publish()
    desk.spool(30, -1.0)
    desk.looks.glance()
    desk.looks.glance()
    assert SwitchFile(desk.data).read() is None
    assert caplog.text.count("does harm") == 1


def test_before_anything_is_published_feedback_and_pairs_are_moved_all_the_same(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.spool(3, 0.0)
    assert desk.looks.glance() == []
    assert not list((desk.data / NOTES).iterdir())


def test_what_cannot_be_read_is_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(tmp_path)
    desk.publish()
    desk.spool(3, 0.0)
    pointer = desk.data / DIRECTORY / "current"
    kept = pointer.read_bytes()
    pointer.write_text("nonsense")
    assert desk.looks.glance() == []
    assert "could not look" in caplog.text
    pointer.write_bytes(kept)
    assert desk.looks.glance()[0].verdict.pairs == 3


def test_it_looks_once_more_at_the_end(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.spool(3, 0.0)
    stop = threading.Event()
    stop.set()
    desk.looks.run(stop)
    assert not list((desk.data / NOTES).iterdir())

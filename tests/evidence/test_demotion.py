from __future__ import annotations

from pathlib import Path

import pytest
from certified import AT_NS, issued, policy

from suffice.errors import PolicyError, StoreError
from suffice.evidence.demotion import demote, switch_back, voided
from suffice.evidence.drift import Finding
from suffice.evidence.guard import BucketGuard, Watched
from suffice.evidence.guarding import Health
from suffice.evidence.levers import Levers
from suffice.evidence.publish import in_use
from suffice.evidence.watch import Checked
from suffice.policy.published import Issued, Published, moment_of
from suffice.policy.switch import Setting, Switch
from suffice.store.events import EventLog, Happened
from suffice.store.policies import DIRECTORY, Event, Policies
from suffice.store.switch import SwitchFile

NOW = AT_NS + 60_000_000_000
ROUTES = Switch(default=Setting(mode="route", since_ns=0))


class Desk:
    """A data directory in which two use cases are routed."""

    def __init__(self, folder: Path) -> None:
        self.told: list[Happened] = []
        self.levers = Levers(
            switches=SwitchFile(folder),
            default=ROUTES,
            policies=Policies(folder / DIRECTORY),
            events=EventLog(folder),
            tell=self.told.append,
        )
        self.publish(policy(issued(), issued(bucket="other")), None)

    def publish(self, published: Published, before: str | None) -> None:
        event = Event(
            at=moment_of(AT_NS), act="publish", policy=published.fingerprint, before=before, who="a test"
        )
        self.levers.policies.put(event, published.encode())

    @property
    def published(self) -> Published:
        found = in_use(self.levers.policies)[1]
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def harmed(one: Issued | None = None) -> Health:
    one = one or issued()
    guard = BucketGuard(
        Watched(bucket=one.bucket, baseline=one.baseline, candidate=one.candidate, delta=one.delta)
    )
    for _ in range(15):
        guard.take(-1.0)
    assert guard.verdict.state == "demote"
    return Health(certificate=one, verdict=guard.verdict)


def test_a_demotion_switches_back_voids_notes_and_tells(desk: Desk) -> None:
    (event,) = demote([harmed()], desk.levers, now_ns=NOW, who="a test")
    switch = desk.levers.switches.read()
    assert switch is not None
    assert (switch.of("tickets").mode, switch.of("other").mode) == ("observe", "route")
    assert switch.of("tickets").reason.startswith("guard: worse:")
    assert [one.bucket for one in desk.published.certificates] == ["other"]
    assert desk.published.voided[0].because.startswith("guard_worse:")
    assert desk.told == [event]
    assert desk.levers.events.last() == {"tickets": event}
    assert desk.levers.policies.history()[-1].act == "void"


def test_it_happens_once(desk: Desk) -> None:
    demote([harmed()], desk.levers, now_ns=NOW, who="a test")
    assert demote([harmed()], desk.levers, now_ns=NOW, who="a test") == []
    assert len(desk.told) == 1
    assert demote([], desk.levers, now_ns=NOW, who="a test") == []


def test_harm_ends_though_the_policy_cannot_be_changed(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / DIRECTORY / "current").write_text("nonsense")
    with pytest.raises(PolicyError):
        demote([harmed()], desk.levers, now_ns=NOW, who="a test")
    switch = desk.levers.switches.read()
    assert switch is not None
    assert switch.of("tickets").mode == "observe"


def test_who_listens_is_told_though_the_event_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").mkdir()
    with pytest.raises(StoreError):
        demote([harmed()], desk.levers, now_ns=NOW, who="a test")
    assert [one.bucket for one in desk.told] == ["tickets"]


def test_what_is_not_routed_keeps_its_setting(desk: Desk) -> None:
    calm = Switch(
        default=Setting(mode="route", since_ns=0), buckets={"tickets": Setting(mode="off", since_ns=5)}
    )
    desk.levers.switches.change(lambda _: calm)
    switch_back({"tickets": "worse"}, desk.levers, now_ns=NOW)
    assert desk.levers.switches.read() == calm


def test_what_drift_voids_is_told_too(desk: Desk) -> None:
    drifted = Finding(condition="prompts", drifted=True, detail="they are others")
    fine = Finding(condition="served", drifted=False, detail="the same")
    checked = [
        Checked(certificate=issued(), state="valid", findings=(fine, drifted)),
        Checked(certificate=issued(bucket="other"), state="valid", findings=(fine,)),
    ]
    (event,) = voided(checked, desk.levers, now_ns=NOW)
    assert (event.what, event.bucket, event.because) == ("voided", "tickets", "prompts: they are others")
    assert desk.told == [event]

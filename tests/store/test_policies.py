from __future__ import annotations

import multiprocessing
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from certified import AT, issued, policy

from suffice.errors import PolicyError, StoreError
from suffice.policy.published import Published
from suffice.store.policies import HISTORY, Act, Event, Policies

ONE, TWO, THREE = (policy(issued(trial=name)) for name in ("t1", "t2", "t3"))


def put(policies: Policies, published: Published, act: Act = "publish", note: str = "") -> str:
    before = policies.current()
    event = Event(at=AT, act=act, policy=published.fingerprint, before=before, who="somebody", note=note)
    policies.put(event, published.encode())
    return published.fingerprint


def test_nothing_is_in_use_before_the_first_publication(tmp_path: Path) -> None:
    policies = Policies(tmp_path / "policies")
    assert (policies.state(), policies.current(), policies.before(), policies.history()) == (
        None,
        None,
        None,
        [],
    )
    assert policies.looked_ns() == 0
    assert not (tmp_path / "policies").exists()


def test_every_change_is_written_down(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, ONE, note="first")
    put(policies, TWO)
    put(policies, ONE, act="rollback", note="complaints")
    assert policies.current() == ONE.fingerprint
    assert [(one.act, one.policy, one.before, one.who, one.note) for one in policies.history()] == [
        ("publish", ONE.fingerprint, None, "somebody", "first"),
        ("publish", TWO.fingerprint, ONE.fingerprint, "somebody", ""),
        ("rollback", ONE.fingerprint, TWO.fingerprint, "somebody", "complaints"),
    ]
    assert policies.read(TWO.fingerprint) == TWO.encode(), "what was replaced stays"


def test_a_rollback_goes_back_one_by_one(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    for one in (ONE, TWO, THREE):
        put(policies, one)
    assert policies.before() == TWO.fingerprint
    put(policies, TWO, act="rollback")
    assert policies.before() == ONE.fingerprint
    put(policies, ONE, act="rollback")
    assert policies.before() is None
    put(policies, THREE)
    assert policies.before() == ONE.fingerprint


def test_what_was_decided_on_must_still_be_in_use(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, ONE)
    event = Event(at=AT, act="void", policy=TWO.fingerprint, before="0" * 12, who="somebody")
    with pytest.raises(PolicyError, match="published meanwhile") as caught:
        policies.put(event, TWO.encode())
    assert caught.value.code == "policy_changed"
    assert policies.current() == ONE.fingerprint
    assert len(policies.history()) == 1


def _race(folder: Path, name: str) -> None:
    policies = Policies(folder)
    for number in range(10):
        published = policy(issued(trial=f"{name}{number}"))
        event = Event(at=AT, act="publish", policy=published.fingerprint, before=policies.current(), who=name)
        # Another one was faster: what it wrote stays.
        with suppress(PolicyError):
            policies.put(event, published.encode())


def test_two_at_a_time_leave_one_history(tmp_path: Path) -> None:
    put(Policies(tmp_path), ONE)
    context = multiprocessing.get_context("fork")
    racers = [context.Process(target=_race, args=(tmp_path, name)) for name in ("a", "b")]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0, 0]
    events = Policies(tmp_path).history()
    assert [one.before for one in events[1:]] == [one.policy for one in events[:-1]]
    assert events[-1].policy == Policies(tmp_path).current()


def test_a_policy_is_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, ONE)
    assert policies.full(ONE.fingerprint[:5]) == ONE.fingerprint
    for wanted in ("zzz", ""):
        with pytest.raises(PolicyError, match=f"there are: {ONE.fingerprint}") as caught:
            policies.full(wanted)
        assert caught.value.code == "no_policy"
    with pytest.raises(PolicyError, match="none has been published"):
        Policies(tmp_path / "other").full("ab")


def test_a_torn_line_is_left_out_and_the_next_one_is_whole(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, ONE)
    with (tmp_path / HISTORY).open("ab") as file:
        file.write(b'{"at":"2026-11-2')
    assert len(policies.history()) == 1
    put(policies, TWO)
    assert [one.policy for one in policies.history()] == [ONE.fingerprint, TWO.fingerprint]


def test_a_line_that_is_no_event_is_said(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_bytes(b"not an event\n")
    with pytest.raises(StoreError, match="no event"):
        Policies(tmp_path).history()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "policies").write_text("a file")
    event = Event(at=AT, act="publish", policy=ONE.fingerprint, before=None, who="somebody")
    policies = Policies(tmp_path / "policies")
    with pytest.raises(StoreError, match="cannot be published"):
        policies.put(event, ONE.encode())


def test_the_time_of_the_last_look_is_kept(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, ONE)
    policies.note_look(5_000_000_000)
    assert policies.looked_ns() == 5_000_000_000
    at = AT + timedelta(days=1)
    policies.note_look(int(at.timestamp()) * 1_000_000_000)
    assert policies.looked_ns() == int(at.timestamp()) * 1_000_000_000
    with pytest.raises(StoreError, match="cannot be written"):
        Policies(tmp_path / "nowhere").note_look(1)

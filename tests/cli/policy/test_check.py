from __future__ import annotations

import pytest
from entries import entry
from policed import Desk, policy

from suffice.app import LEDGER
from suffice.policy.published import VoidIf, unix_ns
from suffice.store.sqlite import SqliteStore


@pytest.fixture
def other_version(desk: Desk) -> Desk:
    """A policy in use whose baseline answers as another version since."""
    certificate = desk.fresh(void_if=VoidIf(served={"gpt-5.4": ("gpt-5.4-2026-03-05",)}))
    desk.publish(policy(certificate, desk.fresh(bucket="letters")))
    store = SqliteStore(desk.data / LEDGER)
    since_ns = unix_ns(certificate.issued)
    entries = [
        entry(
            number,
            feature="tickets",
            session=f"s{number}",
            received_ns=since_ns + 1 + number,
            requested_model="gpt-5.4",
            served_model="gpt-5.4-2026-09-01",
        )
        for number in range(40)
    ]
    store.append(entries, spool="test", moved_bytes=0)
    store.close()
    return desk


def test_without_a_policy_there_is_nothing_to_check(desk: Desk) -> None:
    done = desk.run("policy", "check")
    assert (done.exit_code, done.stdout) == (0, "No certificate is in use.\n")


def test_certificates_that_hold_pass(desk: Desk) -> None:
    desk.publish(policy(desk.fresh()))
    done = desk.run("policy", "check")
    assert done.exit_code == 0, done.output
    assert "cannot be said" in done.output
    assert desk.policies.looked_ns() > 0


def test_drift_is_told_and_changes_nothing_by_itself(other_version: Desk) -> None:
    before = other_version.policies.current()
    told = other_version.told("policy", "check", code=1)
    voids = {one["bucket"]: one["void"] for one in told["certificates"]}
    assert voids["letters"] is None
    assert "answered by gpt-5.4-2026-09-01, at issue it was gpt-5.4-2026-03-05" in voids["tickets"]
    assert told["published"] is None
    assert other_version.policies.current() == before
    assert "`suffice policy check --void` takes them out" in other_version.run("policy", "check").output


def test_what_is_void_is_taken_out_with_a_reason(other_version: Desk) -> None:
    done = other_version.run("policy", "check", "--void", "--by", "nightly-job")
    assert done.exit_code == 1, done.output
    shown = other_version.told("policy", "show")
    assert [one["bucket"] for one in shown["policy"]["certificates"]] == ["letters"]
    assert shown["policy"]["voided"][0]["because"].startswith("served: 100% of 40 calls")
    last = other_version.policies.history()[-1]
    assert (last.act, last.who) == ("void", "nightly-job")
    again = other_version.run("policy", "check", "--void")
    assert again.exit_code == 0, again.output

from __future__ import annotations

from policed import Desk, policy

from suffice.store.artifacts import POINTER


def test_every_change_is_shown_the_newest_first(desk: Desk) -> None:
    assert "Nothing has been published yet" in desk.run("policy", "history").output
    one, two = (policy(desk.fresh(trial=name)) for name in ("t1", "t2"))
    desk.publish(one, "--note", "first [red]one", "--by", "anna")
    desk.publish(two, "--by", "ben")
    done = desk.run("policy", "history")
    assert done.exit_code == 0, done.output
    assert done.output.index("ben") < done.output.index("anna")
    assert "first [red]one" in done.output
    assert f"{two.fingerprint} (in use)" in done.output
    assert [event["policy"] for event in desk.told("policy", "history")] == [one.fingerprint, two.fingerprint]


def test_a_change_that_was_not_finished_is_told(desk: Desk) -> None:
    one, two = (policy(desk.fresh(trial=name)) for name in ("t1", "t2"))
    desk.publish(one)
    desk.publish(two)
    (desk.policies.draft.parent / POINTER).write_text(one.fingerprint)
    done = desk.run("policy", "history")
    assert f"In use is {one.fingerprint}: the last change was not finished." in done.output

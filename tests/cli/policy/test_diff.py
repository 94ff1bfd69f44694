from __future__ import annotations

from policed import Desk, policy


def test_differences_are_said_and_set_the_exit_code(desk: Desk) -> None:
    certificate = desk.fresh()
    desk.publish(policy(certificate))
    path = desk.write(policy(certificate, desk.fresh(bucket="letters")), "new.json")
    done = desk.run("policy", "diff", "current", path)
    assert done.exit_code == 1
    assert "letters" in done.output
    assert "tickets" not in done.output
    told = desk.told("policy", "diff", "none", "current", code=1)
    assert [(one["change"], one["bucket"]) for one in told["changes"]] == [("added", "tickets")]
    same = desk.run("policy", "diff", "current", desk.policies.current())
    assert (same.exit_code, "no difference" in same.output) == (0, True)


def test_what_is_not_there_is_said(desk: Desk) -> None:
    for wanted in ("nowhere.json", "ffff", "draft"):
        done = desk.run("policy", "diff", "none", wanted)
        assert done.exit_code == 1
        assert "there is no" in done.output

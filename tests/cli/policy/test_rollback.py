from __future__ import annotations

from policed import Desk, policy

from suffice.evidence.certificate import without


def test_it_goes_back_to_the_one_before_and_to_a_named_one(desk: Desk) -> None:
    one, two, three = (policy(desk.fresh(trial=name)) for name in ("t1", "t2", "t3"))
    for published in (one, two, three):
        desk.publish(published)
    done = desk.run("policy", "rollback", "--note", "complaints")
    assert done.exit_code == 0, done.output
    assert f"Back to {two.fingerprint}" in done.output
    assert desk.policies.current() == two.fingerprint
    desk.run("policy", "rollback")
    assert desk.policies.current() == one.fingerprint
    assert desk.run("policy", "rollback", three.fingerprint[:6]).exit_code == 0
    assert desk.policies.current() == three.fingerprint
    acts = [(event.act, event.note) for event in desk.policies.history()]
    assert acts[3] == ("rollback", "complaints")


def test_none_takes_every_certificate_away(desk: Desk) -> None:
    desk.publish(policy(desk.fresh()))
    assert desk.run("policy", "rollback", "none").exit_code == 0
    assert desk.told("policy", "show")["policy"]["certificates"] == []


def test_where_there_is_nothing_to_go_back_to_that_is_said(desk: Desk) -> None:
    for _ in range(2):
        done = desk.run("policy", "rollback")
        assert done.exit_code == 1
        assert "no policy before this one" in done.output
        if desk.policies.current() is None:
            desk.publish(policy(desk.fresh()))


def test_what_was_voided_since_is_refused(desk: Desk) -> None:
    certificate = desk.fresh()
    desk.publish(policy(certificate))
    desk.publish(without(policy(certificate), {certificate.key: "served: other"}, at=certificate.issued))
    done = desk.run("policy", "rollback")
    assert done.exit_code == 1
    assert "(served: other)" in " ".join(done.output.split())

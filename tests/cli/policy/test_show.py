from __future__ import annotations

from policed import Desk, policy

from suffice.policy.published import Published


def test_the_certificates_in_use_are_shown(desk: Desk) -> None:
    assert "holds no certificate" in desk.run("policy", "show").output
    published = policy(desk.fresh())
    desk.publish(published)
    done = desk.run("policy", "show")
    assert done.exit_code == 0, done.output
    for said in (published.fingerprint, "tickets", "gpt-5.4-nano", "exact 1", "$360.00"):
        assert said in done.output
    told = desk.told("policy", "show", published.fingerprint[:4])
    assert told["states"][0]["state"] == "valid"
    assert Published.decode(desk.policies.read(published.fingerprint)).encode() == published.encode()

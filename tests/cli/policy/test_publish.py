from __future__ import annotations

from policed import Desk, issued, policy


def test_a_file_is_put_to_use_and_said(desk: Desk) -> None:
    published = policy(desk.fresh())
    done = desk.run(
        "policy", "publish", desk.write(published), "--note", "tickets certified", "--by", "release-job"
    )
    assert done.exit_code == 0, done.output
    assert f"Published {published.fingerprint}" in done.output
    assert "added" in done.output
    assert desk.policies.current() == published.fingerprint
    assert desk.policies.read(published.fingerprint) == published.encode()
    (event,) = desk.policies.history()
    assert (event.act, event.who, event.note) == ("publish", "release-job", "tickets certified")


def test_a_reviewed_file_in_another_layout_has_the_same_name(desk: Desk) -> None:
    published = policy(desk.fresh())
    path = desk.folder / "edited.json"
    path.write_bytes(published.encode().replace(b"\n", b"\n "))
    assert desk.run("policy", "publish", path).exit_code == 0
    assert desk.policies.current() == published.fingerprint


def test_what_must_not_be_put_to_use_is_refused(desk: Desk) -> None:
    refused = {
        "0123456789ab is not on this machine": policy(desk.fresh(), scheme="0123456789ab").encode(),
        "the catalog calls it gpt-4o-mini": policy(desk.fresh(candidate="gpt-4o-mini-2024-07-18")).encode(),
        "no policy artifact": b'{"certificates": [{}]}',
        "does not show a loss below": policy(desk.fresh(lower=-0.5)).encode(),
    }
    for said, data in refused.items():
        path = desk.folder / "policy.json"
        path.write_bytes(data)
        done = desk.run("policy", "publish", path)
        assert done.exit_code == 1
        assert said in " ".join(done.output.split())
    assert desk.policies.current() is None


def test_an_expired_certificate_is_named(desk: Desk) -> None:
    fresh = desk.fresh()
    old = policy(issued(issued=fresh.issued.replace(year=2020), expires=fresh.issued.replace(year=2021)))
    done = desk.run("policy", "publish", desk.write(old))
    assert done.exit_code == 1
    assert "the certificate of gpt-5.4-nano in 'tickets' expired on 2021-" in done.output


def test_without_a_draft_the_way_to_one_is_said(desk: Desk) -> None:
    done = desk.run("policy", "publish")
    assert done.exit_code == 1
    assert "`suffice certify TRIAL` writes one" in done.output

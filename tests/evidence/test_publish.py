from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from certified import AT, issued, policy

from suffice.errors import PolicyError
from suffice.evidence.certificate import without
from suffice.evidence.publish import Deed, Grounds, in_use, problems, put
from suffice.policy.published import Published
from suffice.store.policies import Policies

PUBLISH = Deed(act="publish", who="somebody", note="why")
ROLLBACK = Deed(act="rollback", who="somebody")


def grounds(days: float = 1, *schemes: str) -> Grounds:
    return Grounds(
        now=AT + timedelta(days=days), schemes=schemes, name_of=lambda model: model.removesuffix("-old")
    )


def test_what_is_put_to_use_is_in_the_history(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    assert in_use(policies) == (None, None)
    fingerprint = put(policies, policy(issued()), grounds(), PUBLISH)
    used, found = in_use(policies)
    assert (used, found) == (fingerprint, policy(issued()))
    (event,) = policies.history()
    assert (event.act, event.who, event.note, event.at) == (
        "publish",
        "somebody",
        "why",
        AT + timedelta(days=1),
    )


def test_each_reason_against_it_is_named() -> None:
    published = policy(issued(), issued(bucket="letters", baseline="gpt-5.4-old"), scheme="0123456789ab")
    found = problems(published, grounds(31), None)
    assert len(found) == 4
    for said in (
        "'tickets' expired on 2026-12-24",
        "'letters' expired",
        "calls it gpt-5.4",
        "0123456789ab is not on",
    ):
        assert any(said in one for one in found), said
    assert problems(published, grounds(1, "0123456789ab"), None) == [
        "the certificate of gpt-5.4-nano in 'letters' names gpt-5.4-old; the catalog calls it gpt-5.4"
    ]


def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    first = put(policies, policy(issued()), grounds(), PUBLISH)
    with pytest.raises(PolicyError, match="expired on") as caught:
        put(policies, policy(issued(bucket="letters")), grounds(30), PUBLISH)
    assert caught.value.code == "policy_refused"
    assert policies.current() == first
    with pytest.raises(PolicyError, match="in use already") as caught:
        put(policies, policy(issued()), grounds(), PUBLISH)
    assert caught.value.code == "policy_in_use"


def test_what_was_voided_comes_back_neither_way(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    put(policies, policy(issued()), grounds(), PUBLISH)
    put(policies, without(policy(issued()), {issued().key: "prompts: shifted"}, at=AT), grounds(2), PUBLISH)
    for deed in (PUBLISH, ROLLBACK):
        with pytest.raises(PolicyError, match=r"was voided on 2026-11-24 \(prompts: shifted\)"):
            put(policies, policy(issued()), grounds(3), deed)
    again = issued(issued=AT + timedelta(days=3), expires=AT + timedelta(days=33))
    put(policies, policy(again), grounds(3), PUBLISH)


def test_an_expired_certificate_keeps_nobody_from_going_back(tmp_path: Path) -> None:
    policies = Policies(tmp_path)
    old = policy(issued(expires=AT + timedelta(days=2)))
    put(policies, old, grounds(1), PUBLISH)
    put(policies, policy(issued(bucket="letters")), grounds(1), PUBLISH)
    put(policies, old, grounds(5), ROLLBACK)
    put(policies, Published(), grounds(5), ROLLBACK)
    assert in_use(policies)[1] == Published()

from __future__ import annotations

from pathlib import Path

import pytest
from policed import Desk, policy

from suffice.app import settings_from
from suffice.cli._policies import find, who
from suffice.errors import PolicyError


def test_a_policy_is_named_in_several_ways(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    published = policy(desk.fresh())
    settings = settings_from(desk.config)
    assert find(settings, "current").published.certificates == ()
    assert find(settings, "none").name == "none"
    desk.publish(published)
    desk.policies.draft.write_bytes(published.encode())
    for wanted in (
        "current",
        "draft",
        published.fingerprint,
        published.fingerprint[:3],
        str(tmp_path / "policy.json"),
    ):
        assert find(settings, wanted).published == published
    for wanted in ("elsewhere/policy.json", "0"):
        with pytest.raises(PolicyError) as caught:
            find(settings, "x" + wanted)
        assert caught.value.code == "no_policy"


def test_who_asks_is_said_or_found() -> None:
    assert who("release-job") == "release-job"
    assert who(None)

from __future__ import annotations

from suffice.policy.policy import Policy


def test_a_policy_is_named_by_its_content() -> None:
    assert Policy(bar=0.9).fingerprint == Policy(bar=0.9).fingerprint
    assert Policy(bar=0.9).fingerprint != Policy(bar=0.91).fingerprint
    assert len(Policy().fingerprint) == 12

from __future__ import annotations

from suffice.layers.fingerprint import opine
from suffice.stats.shrinkage import Posterior


def test_a_known_cluster_speaks() -> None:
    found = opine(3, Posterior(-0.04, 0.0004, 0.5, 120.0))
    assert (found.gain, found.sd, found.labels) == (-0.04, 0.02, 120.0)
    assert "120" in found.reason


def test_it_abstains_where_no_cluster_is_near_or_none_has_an_outcome() -> None:
    assert opine(None, None).gain is None
    assert opine(3, None).gain is None
    assert opine(None, None).reason != opine(3, None).reason

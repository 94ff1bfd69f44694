from __future__ import annotations

from suffice.layers.use_case_evidence import opine
from suffice.stats.shrinkage import Posterior


def test_a_use_case_with_outcomes_says_how_many_and_how_much_they_count() -> None:
    found = opine(Posterior(-0.1, 0.0025, 0.8, 40.0))
    assert (found.gain, found.sd, found.labels) == (-0.1, 0.05, 40.0)
    assert "40" in found.reason
    assert "80%" in found.reason


def test_an_unseen_use_case_is_the_mean_of_the_others() -> None:
    assert "mean of the others" in opine(Posterior(-0.1, 0.01, 0.0, 0.0)).reason


def test_a_gain_has_bounds_and_nothing_is_said_of_nothing() -> None:
    assert opine(Posterior(-1.4, 0.01, 1.0, 9.0)).gain == -1.0
    assert opine(None).gain is None

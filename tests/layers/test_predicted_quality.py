from __future__ import annotations

from suffice.layers.predicted_quality import opine


def test_it_says_in_points_how_the_prompt_differs() -> None:
    found = opine(-0.08, 0.03, 1_500)
    assert (found.gain, found.sd, found.labels) == (-0.08, 0.03, 1_500)
    assert found.reason == "8 points worse than usual, from 1,500 outcomes"
    assert "better" in opine(0.08).reason
    assert "as good as usual" in opine(0.001).reason


def test_it_abstains_without_a_head() -> None:
    assert opine(None).gain is None

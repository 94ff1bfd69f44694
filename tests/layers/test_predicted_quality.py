from __future__ import annotations

from suffice.layers.predicted_quality import opine, opine_new


def test_it_says_in_points_how_the_prompt_differs() -> None:
    found = opine(-0.08, 0.03, 1_500)
    assert (found.gain, found.sd, found.labels) == (-0.08, 0.03, 1_500)
    assert found.reason == "8 points worse than usual, from 1,500 outcomes"
    assert "better" in opine(0.08).reason
    assert "as good as usual" in opine(0.001).reason


def test_it_abstains_without_a_head() -> None:
    assert opine(None).gain is None


def test_of_a_new_model_it_says_what_it_rests_on() -> None:
    found = opine_new(-0.12, 0.2, 5)
    assert (found.gain, found.sd, found.labels) == (-0.12, 0.2, 0.0)
    assert (
        found.reason == "expected 12 points worse than the baseline, give or take 20: from 5 scores elsewhere"
    )
    assert "better" in opine_new(0.02, 0.2, 1).reason

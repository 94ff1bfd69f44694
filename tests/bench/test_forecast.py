"""The forecast's study and page, on a week of our own invention."""

from __future__ import annotations

import numpy as np

from forecast import page, study
from forecast.study import Calls

PAIR = ("openai", "big", "small")


def week(factor: float, count: int = 400) -> Calls:
    """Two use cases whose candidate answers are so much longer than the baseline's."""
    rng = np.random.default_rng(3)
    into, out = rng.integers(100, 1_000, count), rng.integers(50, 500, count)
    own = np.maximum(1, (out * factor * rng.lognormal(-0.02, 0.2, count)).astype(int))
    return Calls(
        use_case=["one" if number % 2 else "other" for number in range(count)],
        tokens={"big": (into, out), "small": (into, own)},
        rates={"big": (2_500_000, 10_000_000), "small": (500_000, 2_000_000)},
    )


def test_answers_of_another_length_are_forecast_far_better_with_what_a_trial_saw() -> None:
    row = study.measure(week(2.0), PAIR, 50, repeats=20)
    # The candidate's output at the same length is 2,000 of 12,500 nano-dollars at these rates, on average.
    assert row["whole_same_length"] > 0.1
    assert row["whole_projected"] < 0.01
    assert row["whole_better"] == 1.0
    assert row["whole_held"] >= 0.8
    assert row["whole_band"] < row["whole_swing"]


def test_answers_of_the_same_length_need_no_correction_and_get_hardly_any() -> None:
    row = study.measure(week(1.0), PAIR, 100, repeats=20)
    assert row["whole_same_length"] < 0.01
    assert row["whole_projected"] < 0.01


def test_the_same_dice_fall_each_time() -> None:
    assert study.measure(week(1.5), PAIR, 30, repeats=3) == study.measure(week(1.5), PAIR, 30, repeats=3)


def test_the_page_says_where_the_correction_gains_and_where_not() -> None:
    rows = [study.measure(week(factor), PAIR, 20, repeats=10) for factor in (2.0, 1.0)]
    rows[1] |= {"whole_same_length": 0.001, "whole_projected": 0.004}
    text = page.section(rows, requests=400, repeats=10)
    assert "smaller in 1 of 2 rows over the whole week" in text
    assert "is worse than nothing for small with 20 requests asked (0.10 to 0.40)" in text
    assert text.count("| big to small | 20 |") == 4
    gains = page.section([rows[0], rows[0]], requests=400, repeats=10)
    assert "worse than nothing" not in gains

"""The live run's controls, intervals and page, on a week of our own invention."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from routed_week import controls, figures, page
from routed_week.certifying import BLOCK, play
from routed_week.week import BASELINE, CANDIDATES, Answer, Week
from suffice.testing.recorded_week import WeekRequest

MINI, OLD = CANDIDATES
SCORES = {"equal": (1.0, 1.0, 1.0), "lost": (1.0, 0.0, 0.0), "won": (0.0, 1.0, 0.0), "old": (1.0, 0.0, 1.0)}


def week_of(*kinds: str) -> Week:
    requests, answers = [], {}
    for number, kind in enumerate(kinds):
        id_ = f"r{number}"
        body = {"model": BASELINE, "messages": [{"role": "user", "content": f"What is {number} + 1?"}]}
        requests.append(WeekRequest(id=id_, timestamp="2026-03-09T00:00:00Z", feature="sums", request=body))
        names, nanos = (BASELINE, MINI, OLD), (1_000, 100, 200)
        answers[id_] = {
            name: Answer(score, cost, 10)
            for name, score, cost in zip(names, SCORES[kind], nanos, strict=True)
        }
    return Week(requests, answers)


def test_the_oracle_takes_the_cheapest_that_is_no_worse() -> None:
    week = week_of("equal", "lost", "won", "old")
    assert list(controls.oracle(week).values()) == [MINI, BASELINE, MINI, OLD]
    row = figures.of_choices(week, controls.oracle(week))
    assert (row["score"], row["nanos"], row["cheaper"]) == (1.0, 1_400, 0.75)


def test_the_cheapest_is_one_model_and_its_losses_are_counted() -> None:
    week = week_of("equal", "lost", "old", "equal")
    row = figures.of_choices(week, controls.cheapest(week))
    assert set(controls.cheapest(week).values()) == {MINI}
    assert (row["nanos"], row["worst"], row["losses"]) == (400, (-0.5, "sums"), {"sums": -0.5})


def test_prior_rules_choose_only_models_whose_answers_are_known(tmp_path: Path) -> None:
    week = week_of(*["equal"] * 3)
    assert set(controls.prior(week, tmp_path).values()) <= {BASELINE, *CANDIDATES}


def test_a_trial_of_equal_answers_is_equivalent_and_of_lost_ones_worse() -> None:
    rng = np.random.default_rng(1)
    good, asked = play(week_of(*["equal"] * 300), "sums", MINI, rng)
    bad, given_up = play(week_of(*["lost"] * 300), "sums", MINI, rng)
    assert (good.verdict, bad.verdict) == ("EQUIVALENT", "WORSE")
    assert good.n == len(asked) < 300
    assert bad.n == len(given_up) == BLOCK


def test_an_interval_narrows_and_holds_the_mean() -> None:
    few, many = figures.interval([0.0, -1.0] * 10), figures.interval([0.0, -1.0] * 100)
    for mean, lower, upper in (few, many):
        assert lower < mean == -0.5 < upper
    assert many[2] - many[1] < few[2] - few[1]


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "savings.md"
    path.write_text("# What routing saved\n")
    with pytest.raises(ValueError, match="lacks the markers"):
        page.put(path, "new\n")
    assert path.read_text() == "# What routing saved\n"
    path.write_text(f"before\n{page.BEGIN}\nold\n{page.END}\nafter\n")
    page.put(path, "new\n")
    assert path.read_text() == f"before\n{page.BEGIN}\nnew\n{page.END}\nafter\n"

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from graded import BIG, SMALL, TRUTH, is_hard, learned

from suffice.quality.crossfit import (
    LEAST_LEEWAY,
    MOST_LEEWAY,
    STRENGTHS,
    cells_of,
    errors_of,
    out_of_fold,
    rates_of,
    sides_of,
    use_case_means,
)
from suffice.quality.lessons import folds_of, lessons_of
from suffice.stats.moments import Moments

EXAMPLES, ARTIFACT = learned()
LESSONS = lessons_of(EXAMPLES, [(BIG, SMALL)], ARTIFACT.space, np.full(len(EXAMPLES), -1), 0.0)
FOLDS = folds_of(LESSONS.groups, 4, 1)


def test_what_is_expected_out_of_fold_follows_use_case_and_words() -> None:
    found = out_of_fold(LESSONS, FOLDS)
    hard = np.array([is_hard(one) for one in EXAMPLES])
    assert found.strengths[0] in STRENGTHS
    assert found.gains[hard].mean() < found.gains[~hard].mean() - 0.1
    for name in TRUTH:
        there = np.array([one.bucket == name for one in EXAMPLES])
        assert found.gains[there].mean() == pytest.approx(LESSONS.gains[there].mean(), abs=0.05)


def test_errors_are_those_of_heads_and_use_cases_out_of_fold() -> None:
    errors = errors_of(LESSONS, FOLDS, 9.0)
    assert errors.shape == LESSONS.gains.shape
    of_nothing = errors_of(LESSONS, FOLDS, 1e9)
    means = np.zeros_like(LESSONS.gains)
    for fold in range(4):
        there = np.equal(FOLDS, fold)
        means[there] = use_case_means(LESSONS, ~there)[there]
    assert of_nothing == pytest.approx((LESSONS.gains - means) ** 2, abs=1e-4)
    assert errors.mean() < of_nothing.mean() - 0.005


def test_of_strengths_that_cannot_be_told_apart_the_most_held_back_is_taken() -> None:
    rng = np.random.default_rng(4)
    hard = np.array([is_hard(one) for one in EXAMPLES])
    found = []
    for noise in (0.02, 1.0):
        scores = np.stack([rng.normal(0.8 - 0.3 * hard, noise), np.ones(len(EXAMPLES))], axis=1)
        lessons = msgspec.structs.replace(LESSONS, scores=scores)
        strength = out_of_fold(lessons, FOLDS).strengths[0]
        found.append(1e9 if strength is None else strength.penalty)
    assert found[0] < found[1]
    assert found[1] >= 30


def test_what_is_expected_of_a_fold_does_not_depend_on_its_outcomes() -> None:
    there = FOLDS == 0
    scores = LESSONS.scores.copy()
    scores[there] = 1.0 - scores[there]
    other = msgspec.structs.replace(LESSONS, scores=scores)
    assert np.array_equal(sides_of(LESSONS, ~there).leeway, sides_of(other, ~there).leeway)
    everywhere = np.zeros(len(FOLDS), bool)
    assert np.array_equal(use_case_means(LESSONS, ~there), use_case_means(other, ~there))
    assert use_case_means(LESSONS, everywhere).any() == np.False_


def test_outcomes_without_any_signal_have_no_head_or_a_faint_one() -> None:
    found = []
    for seed in range(1, 7):
        noise = np.random.default_rng(seed).normal(size=LESSONS.scores.shape) * 0.2
        found.append(out_of_fold(msgspec.structs.replace(LESSONS, scores=noise), FOLDS))
    held_back = [one.strengths[0] is None or one.strengths[0].penalty >= 30 for one in found]
    assert sum(held_back) >= len(found) / 2
    # The noise of a gain has a standard deviation of 0.28.
    assert max(abs(one.gains).max() for one in found) < 0.15


def test_leeway_is_the_spread_of_a_models_scores_in_the_use_case() -> None:
    rng = np.random.default_rng(3)
    n = len(EXAMPLES)
    even = np.array([one.bucket == "faq" for one in EXAMPLES])
    scores = np.stack([rng.random(n) < np.where(even, 0.5, 0.98), rng.random(n) < 0.8], axis=1).astype(float)
    lessons = msgspec.structs.replace(LESSONS, scores=scores)
    of_candidate, of_baseline = sides_of(lessons, np.ones(n, bool)).by_use_case
    assert of_candidate["faq"] > 1.4
    assert max(value for name, value in of_candidate.items() if name != "faq") < 0.6
    assert all(0.6 < value < 1.5 for value in of_baseline.values())
    assert all(LEAST_LEEWAY <= value <= MOST_LEEWAY for value in of_candidate.values())


def test_one_use_case_has_the_usual_leeway() -> None:
    lessons = msgspec.structs.replace(LESSONS, buckets=("one",) * len(EXAMPLES))
    sides = sides_of(lessons, np.ones(len(EXAMPLES), bool))
    assert (sides.leeway == 1.0).all()
    assert sides.by_use_case == ({}, {})


def test_sums_are_of_the_examples_that_are_learned_from() -> None:
    learn = np.arange(len(EXAMPLES)) < 6
    cells = cells_of(LESSONS, LESSONS.gains[:, 0], learn)
    assert list(cells) == sorted(TRUTH)
    assert sum(row[-1].count for row in cells.values()) == 6
    rates = rates_of(LESSONS.good[:, 0], LESSONS.buckets, learn)
    assert rates["faq"] == Moments.of(float(LESSONS.good[row, 0]) for row in (0, 3))

from __future__ import annotations

import numpy as np
import pytest
from graded import BIG, SMALL, TRUTH, is_hard, learned

from suffice.quality.crossfit import STRENGTHS, cells_of, out_of_fold, rates_of, use_case_means
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


def test_what_is_expected_of_a_fold_does_not_depend_on_its_outcomes() -> None:
    there = FOLDS == 0
    gains = LESSONS.gains.copy()
    gains[there] = -gains[there]
    other = type(LESSONS)(
        **{name: getattr(LESSONS, name) for name in LESSONS.__struct_fields__ if name != "gains"}, gains=gains
    )
    everywhere = np.zeros(len(FOLDS), bool)
    assert np.array_equal(use_case_means(LESSONS, ~there), use_case_means(other, ~there))
    assert use_case_means(LESSONS, everywhere).any() == np.False_


def test_outcomes_without_any_signal_have_no_head() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=LESSONS.gains.shape) * 0.3
    lessons = type(LESSONS)(
        **{name: getattr(LESSONS, name) for name in LESSONS.__struct_fields__ if name != "gains"}, gains=noise
    )
    found = out_of_fold(lessons, FOLDS)
    assert found.strengths[0] is None or found.strengths[0].penalty >= 30
    assert abs(found.gains).max() < 0.2


def test_sums_are_of_the_examples_that_are_learned_from() -> None:
    learn = np.arange(len(EXAMPLES)) < 6
    cells = cells_of(LESSONS, LESSONS.gains[:, 0], learn)
    assert list(cells) == sorted(TRUTH)
    assert sum(row[-1].count for row in cells.values()) == 6
    rates = rates_of(LESSONS.good[:, 0], LESSONS.buckets, learn)
    assert rates["faq"] == Moments.of(float(LESSONS.good[row, 0]) for row in (0, 3))

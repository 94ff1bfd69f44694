from __future__ import annotations

import numpy as np
import pytest

from suffice.stats.logistic import logistic

BELIEF, SD = np.array([1.0, 0.0]), np.array([2.0, 3.0])


def draw(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(6)
    inputs = np.stack([rng.normal(size=count), np.ones(count)], axis=1)
    return inputs, rng.random(count) < 1 / (1 + np.exp(-(inputs @ np.array([2.0, -0.5]))))


def test_the_truth_is_found_and_is_within_its_error() -> None:
    weights, covariance = logistic(*draw(5_000), BELIEF, SD)
    assert weights == pytest.approx([2.0, -0.5], abs=0.15)
    assert np.sqrt(np.diag(covariance)).max() < 0.06


def test_without_labels_the_belief_stays() -> None:
    weights, covariance = logistic(np.zeros((0, 2)), np.zeros(0, bool), BELIEF, SD)
    assert weights.tolist() == BELIEF.tolist()
    assert np.allclose(covariance, np.diag(SD**2))


def test_labels_that_nothing_contradicts_do_not_run_away() -> None:
    weights, _ = logistic(np.array([[1.0, 1.0], [-1.0, 1.0]]), np.array([True, False]), BELIEF, SD)
    assert abs(weights).max() < 5


def test_the_error_shrinks_as_labels_come() -> None:
    errors = [float(np.trace(logistic(*draw(count), BELIEF, SD)[1])) for count in (10, 100, 1_000)]
    assert errors == sorted(errors, reverse=True)

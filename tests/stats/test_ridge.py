from __future__ import annotations

import numpy as np
import pytest

from suffice.stats.ridge import ridge

RNG = np.random.default_rng(2)
DESIGN = RNG.normal(size=(60, 25))
TARGETS = RNG.normal(size=(60, 3))


@pytest.mark.parametrize("penalty", [0.5, 10.0, 1_000.0])
def test_the_weights_are_those_of_the_closed_form(penalty: float) -> None:
    exact = np.linalg.solve(DESIGN.T @ DESIGN + penalty * np.eye(25), DESIGN.T @ TARGETS)
    assert np.allclose(ridge(DESIGN, TARGETS, penalty), exact, atol=1e-3)


def test_a_start_changes_the_way_and_not_the_end() -> None:
    near = ridge(DESIGN, TARGETS, 20.0)
    assert np.allclose(ridge(DESIGN, TARGETS, 10.0, near), ridge(DESIGN, TARGETS, 10.0), atol=1e-3)


def test_more_penalty_makes_smaller_weights() -> None:
    sizes = [float(np.abs(ridge(DESIGN, TARGETS, penalty)).sum()) for penalty in (1.0, 100.0, 1e6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.01


def test_a_target_without_signal_has_no_weights() -> None:
    assert not ridge(DESIGN, np.zeros((60, 1)), 1.0).any()

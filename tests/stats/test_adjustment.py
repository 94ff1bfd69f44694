from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from suffice.stats.adjustment import adjusted_means, explained


def test_a_line_is_followed_beyond_its_points() -> None:
    x = np.array([[1.0, 2.0, 4.0]])
    found = adjusted_means(10 + 3 * x, x, at=7.0)
    assert found.mean[0] == pytest.approx(31)
    assert found.variance[0] == pytest.approx(0, abs=1e-18)


def test_without_a_varying_covariate_it_is_the_mean_and_its_variance() -> None:
    y = np.array([[1.0, 5.0, 6.0], [0.0, 0.0, 3.0]])
    found = adjusted_means(y, np.full((2, 3), 4.0), at=9.0)
    assert found.mean == pytest.approx(y.mean(axis=1))
    # HC3 divides each residual by 1 - 1/n.
    assert found.variance == pytest.approx(y.var(axis=1) / 3 / (2 / 3) ** 2)


def test_one_unit_has_no_variance_that_anybody_knows() -> None:
    found = adjusted_means(np.array([[3.0]]), np.array([[1.0]]), at=1.0)
    assert found.mean[0] == 3
    assert np.isinf(found.variance[0])


def test_hc3_is_honest_where_noise_grows_with_the_covariate() -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(0, 1, (4_000, 60))
    found = adjusted_means(2 * x + x * rng.normal(size=x.shape), x, at=0.9)
    assert found.variance.mean() == pytest.approx(found.mean.var(), rel=0.1)


@given(
    arrays.arrays(float, 6, elements=st.floats(-1e6, 1e6)),
    arrays.arrays(float, 6, elements=st.integers(0, 1_000)),
    st.floats(0.5, 100),
)
def test_costs_in_another_unit_come_to_the_same(y: np.ndarray, x: np.ndarray, unit: float) -> None:
    one = adjusted_means(y[None], x[None], at=3.0)
    other = adjusted_means(unit * y[None], x[None], at=3.0)
    scale = 1e-6 * unit * (1 + np.abs(y).max())
    assert other.mean[0] == pytest.approx(unit * one.mean[0], rel=1e-6, abs=scale)
    assert np.sqrt(other.variance[0]) == pytest.approx(unit * np.sqrt(one.variance[0]), rel=1e-6, abs=scale)


def test_what_a_covariate_explains_of_units_left_out() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=500)
    assert explained(x + rng.normal(size=500), x) == pytest.approx(0.5, abs=0.08)
    assert explained(rng.normal(size=500), x) < 0.02
    assert explained(np.ones(5), np.arange(5.0)) == 0
    assert explained(np.arange(5.0), np.ones(5)) == 0

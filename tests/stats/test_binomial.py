from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from suffice.stats.binomial import failure_bound, rate_above, rate_below


@pytest.mark.parametrize(("n", "bound"), [(20, 13.9), (29, 9.8), (59, 5.0), (100, 3.0), (299, 1.0)])
def test_what_clean_passes_prove(n: int, bound: float) -> None:
    assert round(100 * failure_bound(n, n, 0.05), 1) == bound


@given(st.integers(1, 400), st.data(), st.floats(0.001, 0.3))
def test_both_bounds_are_those_of_scipy(n: int, data: st.DataObject, alpha: float) -> None:
    passes = data.draw(st.integers(0, n))
    below = binomtest(passes, n, alternative="less").proportion_ci(1 - alpha, method="exact").high
    above = binomtest(passes, n, alternative="greater").proportion_ci(1 - alpha, method="exact").low
    assert rate_below(passes, n, alpha) == pytest.approx(below, abs=1e-6)
    assert rate_above(passes, n, alpha) == pytest.approx(above, abs=1e-6)


@given(st.integers(1, 60), st.floats(1e-6, 1), st.floats(0.01, 0.2))
def test_the_true_rate_lies_outside_with_probability_alpha_at_most(n: int, p: float, alpha: float) -> None:
    counts = range(n + 1)
    missed = sum(binom.pmf(count, n, p) for count in counts if rate_below(count, n, alpha) < p)
    missed_below = sum(binom.pmf(count, n, p) for count in counts if rate_above(count, n, alpha) > p)
    assert missed <= alpha + 1e-9
    assert missed_below <= alpha + 1e-9


def test_all_and_none() -> None:
    assert rate_below(5, 5, 0.05) == 1.0
    assert rate_above(0, 5, 0.05) == 0.0
    assert failure_bound(0, 5, 0.05) == 1.0


@pytest.mark.parametrize(("passes", "n", "alpha"), [(1, 0, 0.05), (3, 2, 0.05), (-1, 2, 0.05), (1, 2, 0.0)])
def test_numbers_out_of_range_are_refused(passes: int, n: int, alpha: float) -> None:
    for bound in (rate_below, rate_above, failure_bound):
        with pytest.raises(ValueError, match=r"passes of|alpha"):
            bound(passes, n, alpha)

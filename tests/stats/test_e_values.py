from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.stats.e_values import bar, e_bh, needed

E_VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=12)


def by_definition(e_values: list[float], alpha: float) -> tuple[bool, ...]:
    """As the paper has it: sort, find the largest k, reject the k largest."""
    m = len(e_values)
    order = sorted(range(m), key=lambda at: -e_values[at])
    best = max((k for k in range(1, m + 1) if k * e_values[order[k - 1]] * alpha >= m), default=0)
    return tuple(at in order[:best] for at in range(m))


@given(E_VALUES, st.floats(0.01, 1))
def test_as_the_paper_defines_it(e_values: list[float], alpha: float) -> None:
    found = e_bh(e_values, alpha=alpha)
    defined = by_definition(e_values, alpha)
    assert sum(found) >= sum(defined)
    assert all(mine or not theirs for mine, theirs in zip(found, defined, strict=True))
    # Where they differ, a tie at the bar was cut there.
    extra = {
        value for value, mine, theirs in zip(e_values, found, defined, strict=True) if mine and not theirs
    }
    assert all(value == pytest.approx(bar(e_values, alpha=alpha)) for value in extra)


@given(E_VALUES, st.floats(0.01, 1))
def test_more_evidence_never_loses_a_rejection(e_values: list[float], alpha: float) -> None:
    before = e_bh(e_values, alpha=alpha)
    after = e_bh([2 * value for value in e_values], alpha=alpha)
    assert all(later or not earlier for earlier, later in zip(before, after, strict=True))


@given(E_VALUES, st.floats(0.01, 1), st.data())
def test_what_is_needed_is_just_enough(e_values: list[float], alpha: float, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(e_values) - 1))
    least = needed(e_values, index, alpha=alpha)
    assert 1 / alpha <= least * (1 + 1e-12)
    assert least <= len(e_values) / alpha
    reached = [*e_values[:index], least, *e_values[index + 1 :]]
    assert e_bh(reached, alpha=alpha)[index]
    short = [*e_values[:index], least * 0.999, *e_values[index + 1 :]]
    assert not e_bh(short, alpha=alpha)[index]


def test_one_alone_needs_one_over_alpha_and_each_other_that_does_not_pass_makes_it_harder() -> None:
    assert e_bh([20.0], alpha=0.05) == (True,)
    assert e_bh([19.9], alpha=0.05) == (False,)
    assert e_bh([59.0, 1.0, 1.0], alpha=0.05) == (False, False, False)
    assert e_bh([60.0, 1.0, 1.0], alpha=0.05) == (True, False, False)
    assert e_bh([30.0, 30.0, 1.0], alpha=0.05) == (True, True, False)


def test_infinite_evidence_and_none_at_all() -> None:
    assert e_bh([math.inf, 0.0], alpha=0.05) == (True, False)
    assert e_bh([], alpha=0.05) == ()
    assert bar([1.0], alpha=0.05) == math.inf


def test_the_false_discovery_rate_is_kept_also_where_tests_depend() -> None:
    rng = np.random.default_rng(29)
    shares = []
    for _ in range(4_000):
        # All true nulls share one e-value: 1 / U has not expectation 1, but 1 / (2 sqrt(U)) has.
        null = 0.5 / math.sqrt(rng.random())
        found = e_bh([null] * 8 + [rng.uniform(10, 1_000) for _ in range(4)], alpha=0.1)
        shares.append(sum(found[:8]) / max(1, sum(found)))
    assert np.mean(shares) <= 0.1 + 4 * np.std(shares) / math.sqrt(len(shares))
    assert np.mean(shares) > 0


@pytest.mark.parametrize("value", [-0.1, math.nan, -math.inf])
def test_what_is_no_e_value_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        e_bh([1.0, value], alpha=0.05)


@pytest.mark.parametrize("alpha", [0.0, 1.1, -1.0])
def test_alpha_out_of_range_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        e_bh([1.0], alpha=alpha)

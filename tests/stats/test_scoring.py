from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.stats.scoring import auc, brier, calibration_error, reliability

PAIRS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def split(pairs: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])


@given(PAIRS, st.integers(1, 12))
def test_every_forecast_is_in_one_bin(pairs: list[tuple[float, bool]], bins: int) -> None:
    forecasts, labels = split(pairs)
    table = reliability(forecasts, labels, bins)
    assert sum(row.count for row in table) == len(pairs)
    assert len(table) <= bins
    assert sum(row.count * row.expected for row in table) == pytest.approx(forecasts.sum(), abs=1e-9)
    assert sum(row.count * row.observed for row in table) == pytest.approx(labels.sum(), abs=1e-9)
    assert [row.expected for row in table] == sorted(row.expected for row in table)


@given(PAIRS)
def test_errors_are_in_their_range(pairs: list[tuple[float, bool]]) -> None:
    forecasts, labels = split(pairs)
    assert 0 <= brier(forecasts, labels) <= 1
    assert 0 <= calibration_error(forecasts, labels) <= 1


def test_honest_forecasts_have_a_small_calibration_error_and_bold_ones_a_large() -> None:
    rng = np.random.default_rng(4)
    truth = rng.uniform(0.2, 0.8, 20_000)
    labels = rng.random(20_000) < truth
    assert calibration_error(truth, labels) < 0.02
    assert calibration_error((truth > 0.5) * 1.0, labels) > 0.25


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    forecasts, labels = np.array([0.2, 0.3, 0.3, 0.8, 0.1]), np.array([False, True, False, True, True])
    right = np.array(
        [[1.0 if a > b else 0.5 if a == b else 0.0 for b in (0.2, 0.3)] for a in (0.3, 0.8, 0.1)]
    )
    assert auc(forecasts, labels) == pytest.approx(right.mean())


def test_nothing_has_no_score() -> None:
    nothing, none = np.zeros(0), np.zeros(0, bool)
    assert math.isnan(brier(nothing, none))
    assert math.isnan(calibration_error(nothing, none))
    assert reliability(nothing, none) == ()
    assert math.isnan(auc(np.array([0.5, 0.6]), np.array([True, True])))

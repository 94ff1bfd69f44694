from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.quality.calibration import Curve, fit_curve, odds_of
from suffice.stats.scoring import calibration_error

CURVE = Curve(6.0, 0.5, 1.0, (0.2, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.0, 0.05))


def draw(count: int, *, slope: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(8)
    gains, rates = rng.uniform(-0.4, 0.1, count), rng.normal(1.0, 0.7, count)
    good = rng.random(count) < 1 / (1 + np.exp(-(slope * gains + 0.5 * rates + 1.0)))
    return gains, rates, good


def test_a_known_curve_is_found_and_calibrated() -> None:
    gains, rates, good = draw(8_000, slope=6.0)
    curve = fit_curve(gains, rates, good)
    assert (curve.slope, curve.share, curve.offset) == pytest.approx((6.0, 0.5, 1.0), abs=0.5)
    p_good = np.array([curve.p_good(*both) for both in zip(gains, rates, strict=True)])
    assert calibration_error(p_good, good) < 0.02


def test_the_curve_never_falls() -> None:
    curve = fit_curve(*draw(5_000, slope=-6.0))
    assert curve.slope == 0
    assert curve.share == pytest.approx(0.5, abs=0.2)


def test_without_labels_the_curve_is_what_was_thought_and_wide() -> None:
    curve = fit_curve(np.zeros(0), np.zeros(0), np.zeros(0, bool))
    found = curve.interval(0.0, 0.1, 0.0)
    assert curve.slope > 0
    assert found.high - found.low > 0.5


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(-5, 5))
def test_the_interval_holds_the_probability_and_grows_with_doubt(gain: float, sd: float, odds: float) -> None:
    found, wider = CURVE.interval(gain, sd, odds), CURVE.interval(gain, sd + 0.1, odds)
    assert 0 <= wider.low <= found.low <= found.p <= found.high <= wider.high <= 1
    assert found.p == CURVE.p_good(gain, odds)


def test_rates_of_nothing_and_of_all_have_odds() -> None:
    assert odds_of(0.5) == 0
    assert odds_of(0.0) == pytest.approx(-odds_of(1.0))
    assert -7 < odds_of(0.0) < -6.9

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.money import nanos_from_picos, rate_from_usd_per_million, usd


@given(st.integers(-(10**18), 10**18))
def test_picos_round_half_to_even(picos: int) -> None:
    assert nanos_from_picos(picos) == round(Fraction(picos, 1000))


@given(st.integers(0, 10**9), st.integers(0, 6))
def test_a_published_price_is_an_exact_rate(units: int, places: int) -> None:
    price = Decimal(units).scaleb(-places)
    assert rate_from_usd_per_million(price) == price * 1_000_000


@pytest.mark.parametrize(
    ("price", "rate"),
    [
        ("0.0833333333333333", 83_333),
        ("0.0416666666666667", 41_667),
        ("1.0399999999999998", 1_040_000),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("0.0000025", 2),
    ],
)
def test_a_price_finer_than_a_rate_is_rounded_half_to_even(price: str, rate: int) -> None:
    assert rate_from_usd_per_million(Decimal(price)) == rate


@given(st.integers(-(10**18), 10**18))
def test_nine_places_show_every_nano_dollar(nanos: int) -> None:
    shown = usd(nanos, places=9).replace(",", "").replace("$", "")
    assert Fraction(shown) == Fraction(nanos, 10**9)


@pytest.mark.parametrize(
    ("nanos", "places", "shown"),
    [
        (0, 2, "$0.00"),
        (-1, 2, "$0.00"),
        (-5_000_000, 2, "$0.00"),
        (5_000_000_000, 0, "$5"),
        (42, 9, "$0.000000042"),
        (1_234_567_890_000, 2, "$1,234.57"),
        (-1_000_000_000, 2, "-$1.00"),
    ],
)
def test_amounts_are_shown(nanos: int, places: int, shown: str) -> None:
    assert usd(nanos, places=places) == shown

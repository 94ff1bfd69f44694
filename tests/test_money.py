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


def test_a_price_too_fine_to_be_exact_is_refused() -> None:
    with pytest.raises(ValueError, match="finer than a picodollar"):
        rate_from_usd_per_million(Decimal("0.0000001"))


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

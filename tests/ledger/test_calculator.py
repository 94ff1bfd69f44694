from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import ConfigError
from suffice.ledger.calculator import Move, Volume, calculate
from suffice.ledger.entry import RateCard

BIG = [(272_000, RateCard(input=5_000_000, output=22_500_000, cache_read=500_000)),
       (-1, RateCard(input=2_500_000, output=15_000_000, cache_read=250_000))]  # fmt: skip
SMALL = [(-1, RateCard(input=750_000, output=4_500_000, cache_read=75_000))]
NO_CACHE = [(-1, RateCard(input=100_000, output=500_000))]
USD = 10**9


def volume(**more: object) -> Volume:
    fields: dict[str, object] = {
        "input_tokens": Fraction(60_000_000), "output_tokens": Fraction(40_000_000), **more,
    }  # fmt: skip
    return Volume(**fields)  # type: ignore[arg-type] -- by their names


def test_the_same_volume_on_both() -> None:
    found = calculate(volume(), "big", BIG, [Move(model="small", cards=SMALL, share=Fraction(1))])
    assert (found.before_nanos, found.after_nanos) == (750 * USD, 225 * USD)
    assert (found.saved_nanos, found.saved_share, found.fee_nanos) == (525 * USD, Fraction(7, 10), 105 * USD)


def test_cached_input_long_prompts_and_wordy_answers_are_priced() -> None:
    half = calculate(volume(cached=Fraction(1, 2)), "big", BIG, [])
    assert half.before_nanos == (75 + 600) * USD + 30 * USD // 4
    long = calculate(volume(prompt_tokens=300_000), "big", BIG, [])
    assert long.before_nanos == (300 + 900) * USD
    at_the_edge = calculate(volume(prompt_tokens=272_000), "big", BIG, [])
    assert at_the_edge.before_nanos == 750 * USD
    wordy = Move(model="small", cards=SMALL, share=Fraction(1), verbosity=Fraction(13, 10))
    assert calculate(volume(), "big", BIG, [wordy]).after_nanos == (45 + 234) * USD


def test_what_stays_is_on_the_first_line_and_a_dearer_model_saves_nothing() -> None:
    found = calculate(volume(), "small", SMALL, [Move(model="big", cards=BIG, share=Fraction(1, 4))])
    assert [(line.model, line.share) for line in found.served] == [
        ("small", Fraction(3, 4)),
        ("big", Fraction(1, 4)),
    ]
    assert found.saved_nanos < 0
    assert found.fee_nanos == 0
    assert (
        calculate(volume(input_tokens=Fraction(0), output_tokens=Fraction(0)), "big", BIG, []).saved_share
        is None
    )


def test_what_cannot_be_calculated_is_said() -> None:
    too_much = [Move(model="small", cards=SMALL, share=Fraction(3, 5))] * 2
    with pytest.raises(ConfigError, match=r"add up to 1\.2"):
        calculate(volume(), "big", BIG, too_much)
    with pytest.raises(ConfigError, match="no price for cached input"):
        calculate(volume(cached=Fraction(1, 2)), "bare", NO_CACHE, [])
    with pytest.raises(ConfigError, match="no price for prompts of 5 tokens"):
        calculate(volume(prompt_tokens=5), "odd", [(10, RateCard(input=1, output=1))], [])


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.fractions(0, 1), st.fractions(0, 1))
def test_shares_add_up_to_the_whole(sent: int, made: int, share: Fraction, cached: Fraction) -> None:
    month = volume(input_tokens=Fraction(sent), output_tokens=Fraction(made), cached=cached)
    found = calculate(month, "big", BIG, [Move(model="same", cards=BIG, share=share)])
    # Two lines are rounded, each by half a nano-dollar at most.
    assert abs(found.saved_nanos) <= 1

from __future__ import annotations

from decimal import Decimal

import pytest

from suffice.evidence.statements._fields import (
    CENT,
    FlawError,
    amount,
    count,
    day_or_moment,
    iso_ns,
    needed,
    text,
    unix_ns,
    yes,
)


@pytest.mark.parametrize(
    ("value", "read"), [(7, 7), ("7", 7), ("7.0", 7), (7.0, 7), ("", None), (None, None), (0, 0)]
)
def test_counts_are_whole_numbers_however_they_are_written(value: object, read: int | None) -> None:
    assert count({"n": value}, "n") == read


@pytest.mark.parametrize("value", [-1, "-1", 1.5, "many", True, [1], float("nan"), "inf", 10**18])
def test_what_is_no_count_is_said_so(value: object) -> None:
    with pytest.raises(FlawError, match=r"^n is"):
        count({"n": value}, "n")


def test_a_count_that_is_needed_is_missed_by_name() -> None:
    with pytest.raises(FlawError, match="n is missing"):
        needed({}, "n", "m")
    assert needed({"m": 3}, "n", "m") == 3


@pytest.mark.parametrize(
    ("value", "unit", "nanos", "half"),
    [
        ("1.23", Decimal(1), 1_230_000_000, 5_000_001),
        ("$1,234.5", Decimal(1), 1_234_500_000_000, 50_000_001),
        ("123.78912", CENT, 1_237_891_200, 51),
        (0.06, Decimal(1), 60_000_000, 1),
        (3, Decimal(1), 3_000_000_000, 1),
        ("0.8958740000000000", Decimal(1), 895_874_000, 1),
    ],
)
def test_amounts_are_exact_and_say_how_they_were_rounded(
    value: object, unit: Decimal, nanos: int, half: int
) -> None:
    assert amount({"v": value}, "v", unit=unit) == (nanos, half)


@pytest.mark.parametrize(
    ("text", "nanos"),
    [("$1,234.5", 1_234_500_000_000), ("1,234,567", 1_234_567_000_000_000), (" 12.5 ", 12_500_000_000)],
)
def test_commas_may_part_thousands(text: str, nanos: int) -> None:
    assert (amount({"v": text}, "v") or (None,))[0] == nanos


@pytest.mark.parametrize("text", ["12,34", "0,0123", "0,123", "1.234,56", "1,23,456", "12,3456"])
def test_a_comma_for_a_point_is_no_amount(text: str) -> None:
    with pytest.raises(FlawError, match="is no number"):
        amount({"v": text}, "v")


@pytest.mark.parametrize("value", [-0.5, "minus one", {}, "nan", "-1,234"])
def test_an_amount_below_nothing_is_none(value: object) -> None:
    with pytest.raises(FlawError):
        amount({"v": value}, "v")


def test_times_need_their_zone_and_days_do_not() -> None:
    assert iso_ns({"t": "1970-01-02T00:00:00Z"}, "t") == 86_400 * 10**9
    assert day_or_moment("2026-11-03 10:00:00") == ("2026-11-03", None)
    with pytest.raises(FlawError, match="no zone"):
        iso_ns({"t": "2026-11-03T00:00:00"}, "t")
    with pytest.raises(FlawError, match="no time"):
        iso_ns({}, "t")
    with pytest.raises(FlawError, match="no day"):
        day_or_moment("11/03/2026")


def test_a_time_in_milliseconds_is_no_time_in_seconds() -> None:
    assert unix_ns({"t": "1793491200"}, "t") == 1_793_491_200 * 10**9
    with pytest.raises(FlawError, match="no Unix time in seconds"):
        unix_ns({"t": 1_793_491_200_000}, "t")


def test_texts_and_flags() -> None:
    assert text({"a": " ", "b": " x "}, "a", "b") == "x"
    assert [yes(value) for value in (True, "TRUE", "false", None, 1)] == [True, True, False, False, False]

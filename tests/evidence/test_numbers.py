from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.numbers import boxed, last_number, number_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("42", 42),
        (" -3.50 ", Fraction(-7, 2)),
        ("\u22123", -3),
        ("1,234,567.5", Fraction(2469135, 2)),
        ("1{,}234", 1234),
        ("1'234", 1234),
        ("$1,000", 1000),
        (r"\$12.50", Fraction(25, 2)),
        ("€9", 9),
        ("3/4", Fraction(3, 4)),
        ("1 1/2", Fraction(3, 2)),
        ("-1 1/2", Fraction(-3, 2)),
        (r"\frac{3}{4}", Fraction(3, 4)),
        (r"-\dfrac34", Fraction(-3, 4)),
        (r"2\frac{1}{2}", Fraction(5, 2)),
        ("\frac{1}{2}", Fraction(1, 2)),
        ("50%", Fraction(1, 2)),
        (r"12.5\%", Fraction(1, 8)),
        ("12 percent", Fraction(3, 25)),
        ("1e3", 1000),
        ("2^{10}", 1024),
        (r"3 \cdot 10^2", 300),
        (r"\(42\)", 42),
        (r"$\boxed{42}$", 42),
        (r"\text{approx } 7", 7),
        ("**42**", 42),
        ("x = 5", 5),
        ("12 apples", 12),
        ("the answer is 12.", 12),
        (r"90^\circ", 90),
        ("221_3", 221),
        ("-221_{3}", -221),
    ],
)
def test_exact_numbers_are_read_exactly(text: str, number: Fraction | int) -> None:
    assert number_of(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (r"2\sqrt{3}", 2 * math.sqrt(3)),
        (r"\frac{\pi}{2}", math.pi / 2),
        ("2π", 2 * math.pi),
        ("8√6", 8 * math.sqrt(6)),
    ],
)
def test_roots_and_pi_are_read_nearly(text: str, number: float) -> None:
    found = number_of(text)
    assert found is not None
    assert float(found) == pytest.approx(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "3 or 4",
        "(1, 2)",
        "1/0",
        r"\frac{1}{0}",
        "10^10^10",
        "1e999999",
        "(-1)^{0.5}",
        "NaN",
        "inf",
        "2, -1",
        "--",
        "()",
    ],
)
def test_what_is_no_single_number_is_none(text: str) -> None:
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5 + 7 = 12, so $12.00.", "12.00"),
        ("first 3, then -4", "-4"),
        ("between 10-15", "15"),
        ("gpt-4o says 45%", "45%"),
        ("one third: 1/3", "1/3"),
        ("no digits", None),
        ("v2beta", None),
    ],
)
def test_the_last_number_is_found_as_it_stands(text: str, number: str | None) -> None:
    assert last_number(text) == number


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (r"\boxed{1} then \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{1} then \boxed{2", "1"),
        (r"\fbox{3}", None),
        (r"\boxed {4}", "4"),
        ("{5}", None),
    ],
)
def test_a_box_is_read_with_its_braces_matched(text: str, inside: str | None) -> None:
    assert boxed(text) == inside


def test_hostile_texts_are_read_in_one_pass() -> None:
    assert boxed(r"\boxed{" * 50_000) is None
    assert last_number("1," * 50_000 + "x") == "1"
    assert number_of("(" * 100_000) is None


@given(
    st.fractions(max_denominator=1000),
    st.sampled_from(["{}", "${}$", r"\({}\)", "\\boxed{{{}}}", "= {}", "**{}**"]),
)
def test_every_fraction_is_read_back(number: Fraction, form: str) -> None:
    assert number_of(form.format(number)) == number


@given(st.integers(-(10**12), 10**12))
def test_every_whole_number_is_read_back_with_separators(number: int) -> None:
    assert number_of(f"{number:,}") == number
    assert last_number(f"so it is {number:,} in all") == str(number)


@given(st.text(max_size=80))
def test_no_text_is_too_odd(text: str) -> None:
    found = number_of(text)
    assert found is None or math.isfinite(float(found)) or abs(found) > 1e300
    last_number(text)
    boxed(text)

from __future__ import annotations

from typing import Any

import pytest
from grading_cases import compare, said, score

from suffice.config import GraderSettings

PLAIN = GraderSettings(kind="numeric")
FIELD = GraderSettings(kind="numeric", field="answer")


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("6 * 7 = 42", "42", 1),
        ("so 42 it is, not 41", "42", 0),
        (r"so \boxed{42}, as 41 is odd", "42", 1),
        (r"\boxed{\frac{84}{2}}", 42, 1),
        ("She pays $1,234.50.", "1234.5", 1),
        ("about 45%", "45", 1),
        ("about 45%", "0.45", 1),
        ("it is 0.45", "45%", 1),
        ("45% or 4500", "45", 0),
        ("-3", "3", 0),
        ("no number at all", "42", 0),
    ],
)
def test_what_an_answer_states_is_boxed_or_its_last_number(text: str, expected: Any, value: float) -> None:
    assert score(PLAIN, expected, said(text)).value == value


def test_tolerances_are_absolute_or_relative_whichever_is_larger() -> None:
    near = GraderSettings(kind="numeric", absolute_tolerance=0.5, relative_tolerance=0.01)
    assert [score(near, 10, said(text)).value for text in ("10.5", "9.5", "10.51")] == [1, 1, 0]
    assert [score(near, 1000, said(text)).value for text in ("1010", "1010.01")] == [1, 0]
    exact = GraderSettings(kind="numeric", relative_tolerance=0.0)
    assert score(exact, "0.3", said("0.30")).value == 1
    assert score(exact, "1/3", said("0.333333")).value == 0


def test_the_last_number_of_a_cut_off_answer_is_not_its_result() -> None:
    found = score(PLAIN, "42", said("First, 42", finish="length"))
    assert (found.value, found.reason) == (0.0, "the answer has no number")
    assert score(PLAIN, "42", said(r"\boxed{42} because", finish="length")).value == 1
    assert score(FIELD, "42", said('{"answer": 42, "why": "', finish="length")).value == 1


@pytest.mark.parametrize("expected", ["2, -1", "none", True, [1], ""])
def test_a_right_answer_that_is_no_number_is_no_verdict(expected: Any) -> None:
    assert score(FIELD, expected, said('{"answer": 2}')).reason.startswith("bad_expected")


@pytest.mark.parametrize("answer", [said(""), said("no", refusal=True), said("", ("f", {}))])
def test_saying_nothing_is_wrong(answer: Any) -> None:
    assert score(PLAIN, "42", answer).value == 0


def test_numbers_beyond_floats_are_compared() -> None:
    assert score(PLAIN, "1e350", said("1e350")).value == 1
    assert score(PLAIN, "1e350", said("2e350")).reason == "a number beyond 1e308 is not a number beyond 1e308"


def test_against_the_baseline_its_number_counts() -> None:
    settings = GraderSettings(kind="numeric", reference="baseline")
    assert compare(settings, said("It is 42."), said("42.0 apples")).value == 0
    assert compare(settings, said("It is 42."), said("41")).value == -1
    assert compare(settings, said("I do not know."), said("41")).reason.startswith("no_reference")
    with_field = GraderSettings(kind="numeric", reference="baseline", field="n")
    assert compare(with_field, said('{"n": "many"}'), said('{"n": 1}')).reason.startswith("no_reference")


@pytest.mark.parametrize("field", [None, "n"])
def test_a_baseline_that_says_nothing_is_none_to_go_by(field: str | None) -> None:
    settings = GraderSettings(kind="numeric", reference="baseline", field=field)
    for no in (said('{"n": 911}', refusal=True), said('{"n": 911}', finish="content_filter")):
        assert compare(settings, no, said('{"n": 911}')).reason.startswith("no_reference")
        assert compare(settings, no, no).reason.startswith("no_reference")

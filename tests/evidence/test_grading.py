from __future__ import annotations

import pytest
from grading_cases import said
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.grading import Answered, code_of, digest_of, no_verdict, said_nothing


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (said("hi"), None),
        (said("", ("f", {})), None),
        (said(" \n"), "empty"),
        (said("No.", refusal=True), "refused"),
        (said("hi", finish="content_filter"), "filtered"),
        (said("cut", finish="length"), None),
    ],
)
def test_why_an_answer_has_nothing_to_grade(answer: Answered, why: str | None) -> None:
    assert said_nothing(answer) == why


def test_no_verdict_has_a_code() -> None:
    assert no_verdict("x_y", "a: b", cost_nanos=3).reason == "x_y: a: b"
    assert code_of(no_verdict("x_y", "a: b")) == "x_y"
    assert code_of(no_verdict("x_y")) == "x_y"


@given(st.text(), st.text(), st.dictionaries(st.text(), st.integers()))
def test_a_digest_is_of_what_is_said_and_nothing_else(
    text: str, other: str, arguments: dict[str, int]
) -> None:
    one = said(text, ("f", arguments), model="a")
    same = said(text, ("f", dict(reversed(arguments.items()))), model="b", finish="length")
    assert digest_of(one) == digest_of(same)
    assert len(digest_of(one)) == 16
    if other != text:
        assert digest_of(said(other, ("f", arguments))) != digest_of(one)
    assert digest_of(said(text)) != digest_of(one)


def test_half_a_surrogate_pair_has_a_digest() -> None:
    assert digest_of(said("\ud800")) != digest_of(said("?"))

from __future__ import annotations

from typing import Any

import pytest
from grading_cases import compare, said, score
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import GraderSettings
from suffice.evidence.graders.exact import literal, same

PLAIN = GraderSettings(kind="exact")
FIELD = GraderSettings(kind="exact", field="answer", literals=True)


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [("yes", "yes", 1), (" yes\n", "yes", 1), ("Yes", "yes", 0), ("y es", "yes", 0), ("4", 4, 1)],
)
def test_texts_are_compared_as_they_stand(text: str, expected: Any, value: float) -> None:
    assert score(PLAIN, expected, said(text)).value == value


def test_case_and_spaces_may_be_ignored() -> None:
    settings = GraderSettings(kind="exact", ignore_case=True, ignore_spaces=True)
    assert score(settings, "Straße 1", said("STRASSE1")).value == 1


@pytest.mark.parametrize(
    ("stated", "expected", "value"),
    [
        ('"[1, 2]"', "[1,2]", 1),
        ("[1, 2]", "[1,2]", 1),
        ("\"('a', 'b')\"", "('a', \"b\")", 1),
        ("\"'a'\"", "'a'", 1),
        ('"a"', "'a'", 1),
        ("\"'  '\"", "  ", 1),
        ('"a"', "a  ", 0),
        ("\"'a  '\"", "a  ", 1),
        ('" 7 "', "7", 1),
        ("true", "True", 1),
        ("1", "True", 0),
        ('"[1, 2]"', "(1, 2)", 0),
        ('"{3: 6}"', "{3:6}", 1),
        ('"[2, 1]"', "[1, 2]", 0),
    ],
)
def test_literals_are_compared_by_what_they_stand_for(stated: str, expected: str, value: float) -> None:
    answer = said(f'```json\n{{"reasoning": "so", "answer": {stated}}}\n```')
    assert score(FIELD, expected, answer).value == value


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said(""), "the answer is empty"),
        (said("I won't.", refusal=True), "the answer is refused"),
        (said("", finish="content_filter"), "the answer is filtered"),
        (said("", ("f", {})), "the answer has tool calls and no text"),
        (said('{"reason', finish="length"), "the answer lacks the part to grade (it was cut off)"),
    ],
)
def test_an_answer_without_the_part_is_wrong(answer: Any, reason: str) -> None:
    found = score(FIELD, "42", answer)
    assert (found.value, found.reason) == (0.0, reason)


def test_a_cut_off_answer_that_has_the_part_is_graded() -> None:
    assert score(FIELD, "42", said('{"answer": "42", "more": "and', finish="length")).value == 1


def test_against_the_baseline_a_candidate_can_only_lose() -> None:
    settings = GraderSettings(kind="exact", reference="baseline", field="answer")
    right, other = said('{"answer": "a"}'), said('{"answer": "b"}')
    assert compare(settings, right, right).value == 0
    assert compare(settings, right, other).value == -1
    assert compare(settings, said("no JSON"), right).reason.startswith("no_reference: ")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.tuples(inner),
    )
)
def test_what_python_writes_is_read_back(value: Any) -> None:
    text = repr(value)
    assert same(literal(text), literal(text))
    # A text may be JSON of something else ("1" is 1): every other value comes back as it was.
    if not isinstance(value, str):
        assert same(literal(text), value)


def test_a_huge_or_deep_text_is_no_literal() -> None:
    assert literal("[" * 5000) == "[" * 5000
    assert literal("9" * 20_000) == "9" * 20_000

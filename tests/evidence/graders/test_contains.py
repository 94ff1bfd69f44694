from __future__ import annotations

import pytest
from grading_cases import compare, said, score
from hypothesis import given
from hypothesis import strategies as st

from suffice.config import GraderSettings
from suffice.evidence.graders.contains import words_of

PLAIN = GraderSettings(kind="contains")


@pytest.mark.parametrize(
    ("text", "expected", "value"),
    [
        ("It is Paris, of course.", "paris", 1),
        ("It is comparison.", "paris", 0),
        ("Zürich", "ZURICH", 1),
        ("New\nYork-City", "new york", 1),
        ("Paris and Rome", ["Paris", "Rome"], 1),
        ("Paris only", ["Paris", "Rome"], 0),
        ("twelve is 12", 12, 1),
        ("東京です", "東京です", 1),
        ("答案是北京。", "北京", 1),
        ("答案是上海。", "北京", 0),
        ("首都は東京です", ["東京", "首都"], 1),
        ("เมืองหลวงคือกรุงเทพ", "กรุงเทพ", 1),
        ("型号 X100 的价格", "x100", 1),
    ],
)
def test_texts_are_found_as_whole_words(text: str, expected: object, value: float) -> None:
    assert score(PLAIN, expected, said(text)).value == value


def test_partial_counts_the_share() -> None:
    found = score(GraderSettings(kind="contains", partial=True), ["Paris", "Rome"], said("Rome"))
    assert (found.value, found.reason) == (0.5, "1 of 2 texts are in the answer")


@pytest.mark.parametrize("expected", ["", "...", [], ["Paris", ""]])
def test_nothing_to_look_for_is_no_verdict(expected: object) -> None:
    assert score(PLAIN, expected, said("Paris")).reason.startswith("bad_expected")


def test_the_baselines_answer_can_be_looked_for() -> None:
    settings = GraderSettings(kind="contains", reference="baseline", field="city")
    assert compare(settings, said('{"city": "Paris"}'), said('{"city": "Paris, France"}')).value == 0


@given(st.text())
def test_the_normal_form_is_its_own(text: str) -> None:
    assert words_of(words_of(text)) == words_of(text)

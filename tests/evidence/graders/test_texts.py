from __future__ import annotations

import pytest
from grading_cases import said, sample

from suffice.config import GraderSettings
from suffice.evidence.graders._texts import as_text, normal, reference_text, taken, taking_of, text_score
from suffice.evidence.taking import Taking


def test_the_part_to_grade_is_what_the_settings_say() -> None:
    taking = taking_of(GraderSettings(kind="exact", field="a", pattern="x(.)", flags="i"))
    assert taking.of('{"a": "X1"}') == "1"
    with pytest.raises(ValueError, match="no regular expression"):
        taking_of(GraderSettings(kind="exact", pattern="("))


def test_a_judgement_is_asked_for_only_with_a_right_answer() -> None:
    asked: list[str] = []

    def judge(found: str, _expected: object) -> tuple[float, str]:
        asked.append(found)
        return 0.5, "half"

    assert text_score(sample(None), said("x"), Taking(), judge).reason.startswith("no_expected")
    assert asked == []
    assert text_score(sample("y"), said("x"), Taking(), judge).value == 0.5
    # A right answer that cannot be compared with is found out even where the answer says nothing.
    assert text_score(sample("y"), said(""), Taking(), judge).value == 0
    assert text_score(sample("y"), said(""), Taking(), lambda _found, _expected: None).value is None


def test_an_answer_that_says_nothing_is_no_reference() -> None:
    assert reference_text(said(" "), Taking()) is None
    assert reference_text(said("x"), Taking()) == "x"
    assert taken(said("", ("f", {})), Taking()) == (None, "the answer has tool calls and no text")


def test_right_answers_are_compared_as_texts() -> None:
    assert [as_text(value) for value in (None, 1.5, {"a": "ä"})] == ["null", "1.5", '{"a": "ä"}']
    assert normal(" İ ", ignore_case=True, ignore_spaces=False) == "i̇"

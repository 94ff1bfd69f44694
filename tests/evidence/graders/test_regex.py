from __future__ import annotations

from grading_cases import compare, said, score

from suffice.config import GraderSettings

LABEL = GraderSettings(kind="regex", pattern=r"label: (\w+)", flags="i", ignore_case=True)


def test_the_last_match_counts() -> None:
    assert score(LABEL, "spam", said("Label: ham? No. Label: SPAM")).value == 1
    assert score(LABEL, "ham", said("Label: ham? No. Label: SPAM")).value == 0


def test_a_list_accepts_any_of_it() -> None:
    assert score(LABEL, ["spam", "junk"], said("label: junk")).value == 1
    assert score(LABEL, [], said("label: junk")).reason.startswith("bad_expected")


def test_without_a_match_the_answer_is_wrong() -> None:
    found = score(LABEL, "spam", said("it is spam"))
    assert (found.value, found.reason) == (0.0, "the answer lacks the part to grade")


def test_without_a_reference_a_match_is_enough() -> None:
    settings = GraderSettings(kind="regex", pattern=r"^\d{4}-\d\d-\d\d$", flags="m", reference="none")
    assert score(settings, None, said("the day:\n2026-03-09")).value == 1
    assert score(settings, None, said("in March")).value == 0
    assert score(settings, None, said("")).reason == "the answer is empty"


def test_against_the_baseline_what_the_pattern_finds_is_compared() -> None:
    settings = GraderSettings(kind="regex", pattern=r"label: (\w+)", reference="baseline")
    assert compare(settings, said("Sure. label: spam"), said("label: spam")).value == 0
    assert compare(settings, said("Sure. label: spam"), said("label: ham")).value == -1
    assert compare(settings, said("Sure."), said("label: ham")).value is None

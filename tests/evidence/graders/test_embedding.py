from __future__ import annotations

from grading_cases import compare, said, score

from suffice.config import GraderSettings

PLAIN = GraderSettings(kind="embedding")


def test_texts_about_the_same_thing_are_more_alike() -> None:
    right = "The refund of your order has been sent to your bank."
    near = score(PLAIN, right, said("Your bank will receive the money for the returned order."))
    far = score(PLAIN, right, said("A poem about the autumn wind over grey hills."))
    same = score(PLAIN, right, said(right))
    assert near.value is not None
    assert far.value is not None
    assert same.value is not None
    assert same.value > 0.999
    assert near.value > far.value + 0.2


def test_a_right_answer_without_words_is_no_verdict() -> None:
    assert score(PLAIN, "...", said("words")).reason.startswith("bad_expected")


def test_against_the_baseline_it_is_what_is_missing_to_the_same() -> None:
    found = compare(
        GraderSettings(kind="embedding", reference="baseline"), said("a red car"), said("a red car")
    )
    assert found.value is not None
    assert -0.001 < found.value <= 0

from __future__ import annotations

import string

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.task.ask import TASKS, Ask, plain_words, split_words, words_both_ways, words_of


def test_words_are_split_at_marks() -> None:
    assert words_of("a,b;c\nd!") == {"a", "b", "c", "d"}
    assert words_of("é,b;c\nd!") == {"é", "b", "c", "d"}


def test_words_in_order_come_as_often_as_they_stand_there() -> None:
    assert split_words("a,b;a\nd!") == ["a", "b", "a", "d"]
    assert split_words("é,b;é") == ["é", "b", "é"]


@given(st.text(string.printable + "\0\x1cé", max_size=40))
def test_words_that_are_the_same_both_ways_are_those_of_each(text: str) -> None:
    lower = text.lower()
    if found := words_both_ways(lower):
        zeros = str.maketrans("123456789", "0" * 9)
        assert found == plain_words(lower) == [word.translate(zeros) for word in split_words(lower)]


def test_most_plain_sentences_have_the_same_words_both_ways() -> None:
    assert words_both_ways("is it 5, or (maybe) 6?") == ["is", "it", "0", "or", "maybe", "0"]
    assert words_both_ways("a well-made one") == words_both_ways("50% off") == words_both_ways("é") == []


def test_the_text_is_instructions_and_question() -> None:
    ask = Ask(
        instructions="be kind",
        question="why?",
        tools=None,
        contract=None,
        after_tool=False,
        input_tokens=3,
        output_limit=None,
    )
    assert ask.text == "be kind\nwhy?"
    assert msgspec.structs.replace(ask, instructions="").text == "why?"


def test_every_tier_has_kinds() -> None:
    assert set(TASKS.values()) == {"nano", "mini", "flagship"}
    assert len(TASKS) == 22

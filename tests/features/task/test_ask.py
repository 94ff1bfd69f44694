from __future__ import annotations

import msgspec

from suffice.features.task.ask import TASKS, Ask, split_words, words_of


def test_words_are_split_at_marks() -> None:
    assert words_of("a,b;c\nd!") == {"a", "b", "c", "d"}
    assert words_of("é,b;c\nd!") == {"é", "b", "c", "d"}


def test_words_in_order_come_as_often_as_they_stand_there() -> None:
    assert split_words("a,b;a\nd!") == ["a", "b", "a", "d"]
    assert split_words("é,b;é") == ["é", "b", "é"]


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

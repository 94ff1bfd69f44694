from __future__ import annotations

import re
import string

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.task.ask import (
    HEAD_CHARS,
    TAIL_CHARS,
    TASKS,
    Ask,
    parted,
    plain_words,
    split_words,
    words_of,
)


def test_words_are_split_at_marks() -> None:
    assert words_of("a,b;c\nd!") == {"a", "b", "c", "d"}
    assert words_of("é,b;c\nd!") == {"é", "b", "c", "d"}


def test_words_in_order_come_as_often_as_they_stand_there() -> None:
    assert split_words("a,b;a\nd!") == ["a", "b", "a", "d"]
    assert split_words("é,b;é") == ["é", "b", "é"]


@given(st.text(string.printable + "\0\x1cé", max_size=40))
def test_words_that_are_the_same_both_ways_are_those_of_each(text: str) -> None:
    lower = text.lower()
    words, plain, numbers = parted(lower)
    zeros = str.maketrans("123456789", "0" * 9)
    assert words == [word.translate(zeros) if text.isascii() else word for word in split_words(lower)]
    assert plain in ([], plain_words(lower))
    assert numbers == len(re.findall("[0-9]+", text))


_BETWEEN = st.text("ab 0,-", max_size=8)


@given(st.tuples(_BETWEEN, _BETWEEN), st.sampled_from(["b ", "b", "b, ", "-"]), st.integers(350, 400))
def test_a_long_text_has_the_words_of_its_ends_among_its_own(
    cut: tuple[str, str], between: str, size: int
) -> None:
    head, tail = f"{cut[0]:>{HEAD_CHARS + 2}}", f"{cut[1]:a<{TAIL_CHARS + 2}}"
    text = f"{head}{between * size}{tail}"
    words, plain, _ = parted(text)
    assert words == split_words(text)
    if "-" not in text[:HEAD_CHARS] + text[-TAIL_CHARS:]:
        assert plain == plain_words(f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}")
    else:
        assert plain == []


def test_most_plain_sentences_have_the_same_words_both_ways() -> None:
    assert parted("is it 5, or (maybe) 6?")[1] == ["is", "it", "0", "or", "maybe", "0"]
    assert parted("a well-made one")[1] == parted("50% off")[1] == parted("é")[1] == []
    assert parted("word " * 100 + "well-made " + "word " * 100)[1] == ["word"] * 140


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

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.excerpt import _KNOWN, HEAD_CHARS, TAIL_CHARS, ends_of, excerpt_of, forget
from suffice.features.grams import hashes_of
from suffice.features.task import words_of
from suffice.features.task.ask import plain_words


def test_marks_are_counted() -> None:
    marks = excerpt_of("Rules:\n- must rhyme\n* never ends\n3) 42 words\nOK? Sure? $a^2$ \\frac{1}{2}").marks
    assert (marks.items, marks.questions, marks.directives) == (3, 2, 2)
    assert marks.formulas >= 2
    assert marks.numbers >= 4
    assert marks.length_tokens == round(42 / 0.74)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Which?\nA) one\nB) two\nC) three", 3),
        ("Which? (a) one (b) two", 2),
        ("Which?\n(A) one\n(B) two", 2),
        ("No options. See a. and b.", 0),
    ],
)
def test_lettered_answers_are_options(text: str, options: int) -> None:
    assert excerpt_of(text).marks.options == options


def test_of_a_long_text_the_ends_are_read() -> None:
    excerpt = excerpt_of("prove " + "x " * 100_000 + "theorem")
    assert len(excerpt.text) == HEAD_CHARS + TAIL_CHARS + 1
    assert excerpt.cues["proof"] == 2


@given(st.text(max_size=200))
def test_an_excerpt_is_the_same_when_it_is_remembered(text: str) -> None:
    forget()
    first = excerpt_of(text)
    assert excerpt_of(text) == first
    assert first.words == words_of(text.lower())
    assert first.hashes == hashes_of(text.lower())


@given(st.lists(st.sampled_from(["must", "two", "20", "the", "a-b", "is,", "é", "\n- "]), max_size=12))
def test_words_that_are_handed_on_change_nothing(parts: list[str]) -> None:
    text = " ".join(parts)
    forget()
    alone = excerpt_of(text)
    forget()
    plain: list[str] = []
    assert excerpt_of(text, plain) == alone
    assert plain in ([], plain_words(text))
    assert excerpt_of(text, again := []) == alone
    assert again == []


def test_no_word_that_is_looked_for_has_a_digit() -> None:
    assert not [word for word in _KNOWN if any(map(str.isdigit, word))]


def test_what_an_answer_is_measured_in_is_marked() -> None:
    assert excerpt_of("Tell it in few sentences.").marks.measured
    assert not excerpt_of("Tell it.").marks.measured


def test_of_the_ends_of_a_text_the_same_is_read() -> None:
    long = "prove " + "x " * 100_000 + "theorem"
    assert ends_of(ends_of(long)) == ends_of(long)
    assert excerpt_of(ends_of(long)) == excerpt_of(long)
    assert ends_of("short") == "short"


def test_words_are_counted_as_often_as_they_come() -> None:
    excerpt = excerpt_of("Tea, tea and coffee")
    assert (excerpt.word_count, excerpt.words) == (4, {"tea", "and", "coffee"})
    assert excerpt_of("?!").word_count == 0

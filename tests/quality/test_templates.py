from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.quality.templates import (
    END,
    MASK,
    MOST_WORDS,
    Part,
    checksums_of,
    first_words,
    forget,
    head_of,
    key_of,
    last_words,
    tail_of,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Today is 2026-03-01. Help with refunds.", "Today is 1999-12-31. Help with refunds."),
        ("You serve Maria Lopez at the desk", "You serve Tom at the desk"),
        ("Ticket 7f3a-22: answer it", "Ticket 000: answer it"),
        ("Write to a.b@example.com now", "Write to zoe@example.org now"),
        ("See https://example.com/a for terms", "See http://example.org for terms"),
        ("- Be brief.\n\n- Be kind.", "* be BRIEF! be  kind"),
    ],
)
def test_what_varies_from_call_to_call_is_masked(one: str, other: str) -> None:
    assert first_words(one) == first_words(other)
    assert last_words(one) == last_words(other)


def test_words_that_only_begin_a_sentence_are_kept() -> None:
    assert first_words("Sort it. Then stop") == ["sort", "it", "then", "stop", END]


def test_words_in_capitals_are_kept() -> None:
    assert first_words("answer in JSON or XML") == ["answer", "in", "json", "or", "xml", END]


def test_names_of_any_length_are_one_mask() -> None:
    assert first_words("ask Ada King Lovelace 12 for it") == ["ask", MASK, "for", "it", END]


def test_a_script_without_spaces_is_read_by_character() -> None:
    assert first_words("请把下面的句子翻译成英文然后给出三个例子和一个简短的解释谢谢你的帮助")[:3] == [
        "请",
        "把",
        "下",
    ]


def test_a_long_text_has_no_end_within_reach() -> None:
    text = "word " * 10_000
    assert first_words(text) == ["word"] * MOST_WORDS
    assert last_words(text) == ["word"] * MOST_WORDS
    assert first_words("") == last_words("") == []


@given(st.text(max_size=3_000))
def test_any_text_is_read_within_bounds_and_remembered_alike(text: str) -> None:
    words, back = first_words(text), last_words(text)
    assert len(words) <= MOST_WORDS + 1
    assert len(back) <= MOST_WORDS + 1
    forget()
    first = head_of(text), tail_of(text)
    assert (head_of(text), tail_of(text)) == first == (checksums_of(words), checksums_of(back))


def test_the_longest_beginning_is_found() -> None:
    part = Part({key_of(["you", "are"]): 1, key_of(["you", "are", "kind"]): 2})
    assert part.find(checksums_of(["you", "are", "kind", "indeed"])) == 2
    assert part.find(checksums_of(["you", "are", "late"])) == 1
    assert part.find(checksums_of(["you"])) == 0
    assert part.find(()) == 0


def test_a_beginning_of_other_words_with_the_same_letters_is_another() -> None:
    assert checksums_of(["ab", "c"])[1] != checksums_of(["a", "bc"])[1]

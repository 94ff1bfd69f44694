from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.quality.templates import END, MASK, MOST_WORDS, Part, keys_of
from suffice.quality.templates import first_words as first
from suffice.quality.templates import last_words as last


def first_words(text: str) -> list[str]:
    return list(first(text))


def last_words(text: str) -> list[str]:
    return list(last(text))


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
def test_any_text_is_read_within_bounds(text: str) -> None:
    assert len(first_words(text)) <= MOST_WORDS + 1
    assert len(last_words(text)) <= MOST_WORDS + 1


@given(st.text(alphabet="abAB1.:@ ", max_size=200))
def test_a_short_text_reads_the_same_from_both_ends(text: str) -> None:
    forward, backward = first_words(text), last_words(text)
    assert forward[:-1] == backward[-2::-1]


def part(**templates: int) -> Part:
    keys = {tuple(words.split("_")): number for words, number in templates.items()}
    steps = frozenset(key for words in keys for key in keys_of(words))
    return Part({keys_of(words)[-1]: number for words, number in keys.items()}, steps)


def test_the_longest_beginning_is_found() -> None:
    known = part(you_are=1, you_are_kind=2)
    assert known.find(["you", "are", "kind", "indeed"]) == 2
    assert known.find(["you", "are", "late"]) == 1
    assert known.find(["you"]) == 0
    assert known.find([]) == 0


def test_no_more_is_read_than_decides() -> None:
    words = iter(["you", "were", "late"])
    assert part(you_are=1).find(words) == 0
    assert next(words) == "late"
    assert Part().find(words) == 0


def test_a_beginning_of_other_words_with_the_same_letters_is_another() -> None:
    assert keys_of(["ab", "c"])[1] != keys_of(["a", "bc"])[1]

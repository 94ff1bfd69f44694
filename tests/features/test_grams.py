from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.grams import _ASCII_WORDS, _WORDS, _ascii_words, hashes_of


def test_words_and_marks_are_hashed_in_order() -> None:
    assert hashes_of("a b") == hashes_of("a") + hashes_of("b")
    assert hashes_of("a b") != hashes_of("b a")
    assert hashes_of("a,b") == hashes_of("a") + hashes_of(",") + hashes_of("b")
    assert hashes_of("") == b""
    assert hashes_of("\ud800 a")[-4:] == hashes_of("a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("über die straße", ["über", "die", "straße"]),
        ("déjà_vu!", ["déjà", "vu", "!"]),
        ("你好。世界", ["你", "好", "。", "世", "界"]),
        ("日本のmarket", ["日", "本", "の", "market"]),
        ("возврат заказа", ["возврат", "заказа"]),
    ],
)
def test_every_script_is_read_by_its_own_words(text: str, words: list[str]) -> None:
    assert hashes_of(text) == b"".join(map(hashes_of, words))
    assert all(len(hashes_of(word)) == 4 for word in words)


@given(st.binary(max_size=120).map(lambda data: bytes(code & 127 for code in data)))
def test_setting_marks_apart_finds_what_the_pattern_finds(data: bytes) -> None:
    assert _ascii_words(data) == _ASCII_WORDS.findall(data)


@given(st.text(st.characters(max_codepoint=127, exclude_characters="\x1c\x1d\x1e\x1f"), max_size=120))
def test_a_foreign_word_changes_nothing_about_the_others(text: str) -> None:
    # "é" sends the whole text through the other pattern.
    assert hashes_of(f"{text} é") == hashes_of(text) + hashes_of("é")
    assert [word.encode() for word in _WORDS.findall(text)] == _ASCII_WORDS.findall(text.encode())

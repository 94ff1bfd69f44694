from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suffice.features.grams import _WORDS, _words, hashes_of


def test_words_and_marks_are_hashed_in_order() -> None:
    assert hashes_of("a b") == hashes_of("a") + hashes_of("b")
    assert hashes_of("a b") != hashes_of("b a")
    assert hashes_of("a,b") == hashes_of("a") + hashes_of(",") + hashes_of("b")
    assert hashes_of("") == b""
    assert hashes_of("\ud800 a")[-4:] == hashes_of("a")


@given(st.binary(max_size=120))
def test_setting_marks_apart_finds_what_the_pattern_finds(data: bytes) -> None:
    assert _words(data) == _WORDS.findall(data)

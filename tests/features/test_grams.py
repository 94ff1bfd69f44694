from __future__ import annotations

from suffice.features.grams import hashes_of


def test_words_and_marks_are_hashed_in_order() -> None:
    assert hashes_of("a b") == hashes_of("a") + hashes_of("b")
    assert hashes_of("a b") != hashes_of("b a")
    assert hashes_of("a,b") == hashes_of("a") + hashes_of(",") + hashes_of("b")
    assert hashes_of("") == b""
    assert hashes_of("\ud800 a")[-4:] == hashes_of("a")

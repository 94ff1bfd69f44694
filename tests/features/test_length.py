from __future__ import annotations

import pytest

from suffice.features.length import length_of
from suffice.features.task import words_of


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("write 2,000 words about tea", 2_703),
        ("a 500-word essay", 676),
        ("at most 120 characters", 30),
        ("in 300 tokens", 300),
        ("write three paragraphs", 390),
        ("write a 5-page report", 3_250),
        ("in four sentences, or 900 words", 100),
        ("99999 pages", 100_000),
        ("2 words", None),
        ("one sentence", None),
        ("many words", None),
        ("in other words, 17 people came", None),
    ],
)
def test_named_lengths(text: str, tokens: int | None) -> None:
    assert length_of(words_of(text), text, written=True) == tokens


def test_pages_are_something_to_read_unless_something_is_written() -> None:
    text = "summarize this 20-page report"
    assert length_of(words_of(text), text, written=False) is None

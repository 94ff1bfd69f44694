from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.features.tokens import estimate_tokens

# Texts of our own with their count by a real o200k tokenizer.
COUNTED = [
    ("The kettle boils fast, and the handle stays cool. I would buy it again without a second thought.", 21),
    ('{"city": "Oslo", "days": [1, 2, 3], "units": "metric", "detailed": false}', 27),
    ("def area(width: float, height: float) -> float:\n    return width * height\n", 18),
    ("请把这份合同的要点总结成三句话。", 11),
]


@pytest.mark.parametrize(("text", "tokens"), COUNTED)
def test_an_estimate_is_near_a_tokenizers_count(text: str, tokens: int) -> None:
    assert estimate_tokens(text) == pytest.approx(tokens, rel=0.35)


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_has_a_count_and_only_the_empty_one_has_none(text: str) -> None:
    assert (estimate_tokens(text) == 0) == (text == "")


def test_surrogates_and_special_tokens_are_text_like_any_other() -> None:
    assert estimate_tokens("\ud800 <|endoftext|> \udfff") > 0


def test_a_long_text_is_extrapolated_from_its_ends_and_middle() -> None:
    line = "A line of plain prose that says nothing in particular.\n"
    short, long = estimate_tokens(line * 100), estimate_tokens(line * 20_000)
    assert long == pytest.approx(short * 200, rel=0.03)

from __future__ import annotations

import re

import pytest

from suffice.features.lexicon import KNOWN, all_words, cues_of, directives_in
from suffice.features.task import words_of


def cues(text: str, *, unspaced: bool = False) -> dict[str, int]:
    return cues_of(words_of(text), text, unspaced=unspaced)


def test_each_different_word_counts_once() -> None:
    assert cues("prove the theorem, prove the lemma")["proof"] == 3


def test_phrases_count_where_they_stand_whole() -> None:
    assert cues("think step by step")["step_by_step"] == 1
    assert "step_by_step" not in cues("one step, then by another step")


@pytest.mark.parametrize(
    ("text", "cue"),
    [("demuestra", "proof"), ("gedicht", "creative"), ("facture et contrat", "legal"), ("докажите", "proof")],
)
def test_other_languages_have_cues(text: str, cue: str) -> None:
    assert cues(text)[cue] == 1


def test_scripts_without_spaces_are_searched_only_when_told() -> None:
    assert cues("请证明这个定理", unspaced=True)["proof"] == 2
    assert cues("请证明这个定理") == {}


def test_words_that_are_not_known_may_be_left_out() -> None:
    text = "write an empathetic reply to the customer, step by step, and do not apologize"
    assert cues_of(words_of(text) & KNOWN, text, unspaced=False) == cues(text)


def test_directives_are_counted_each_time() -> None:
    text = "you must greet, must sign, and do not shout"
    assert directives_in(words_of(text), text) == 3


def test_words_about_models_tiers_and_routers_are_no_cues() -> None:
    about = re.compile(
        r"\b(model|models|router|routing|route|tier|flagship|mini|nano|cheap\w*|gpt\S*|claude|gemini)\b"
    )
    assert [word for word in all_words() if about.search(word)] == []

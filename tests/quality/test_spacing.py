from __future__ import annotations

import random

import pytest
from graded import BIG, SMALL, example

from suffice.quality import spacing
from suffice.quality.outcomes import Example
from suffice.quality.space import MOST_COLUMNS, Space
from suffice.quality.spacing import FEWEST, space_for

PAIRS = [(BIG, SMALL)]


def chosen(examples: list[Example]) -> Space:
    return space_for(examples, {tuple(range(len(examples))): PAIRS}, MOST_COLUMNS, 7)


def told_by_what_stands_between(count: int) -> list[Example]:
    """Prompts of words that all know: whether "is" comes two words before "red" decides, and no word and no pair."""
    rng = random.Random(3)
    found = []
    for number in range(count):
        good = number % 2
        first, second = ("is", "was") if good else ("was", "is")
        parts = [f"{first} {rng.choice('abcd')} red", f"{second} {rng.choice('abcd')} blue"]
        rng.shuffle(parts)
        found.append(example(" then ".join(parts), {BIG: 1.0, SMALL: float(good)}, group=str(number)))
    return found


def told_by_rare_words(count: int) -> list[Example]:
    """Prompts that share their frame; a rare word says what they are about, and so whether the answer is right."""
    rng = random.Random(4)
    frame = (
        "and",
        "so",
        "we",
        "have",
        "to",
        "say",
        "that",
        "it",
        "is",
        "as",
        "was",
        "for",
        "all",
        "of",
        "them",
        "who",
    )
    found = []
    for number in range(count):
        topic = rng.randrange(60)
        words = [*rng.choices(frame, k=20), f"topic{topic}"]
        rng.shuffle(words)
        right = float(rng.random() < (0.95 if topic % 2 else 0.4))
        found.append(example(" ".join(words), {BIG: 1.0, SMALL: right}, group=str(number)))
    return found


def test_prompts_that_differ_by_how_things_are_said_are_read_evenly() -> None:
    assert chosen(told_by_what_stands_between(600)).even


def test_prompts_that_differ_by_rare_words_are_read_by_rarity() -> None:
    assert not chosen(told_by_rare_words(600)).even


def test_few_examples_or_pairs_without_any_are_read_by_rarity() -> None:
    assert not chosen(told_by_what_stands_between(FEWEST - 1)).even
    assert not space_for(told_by_what_stands_between(FEWEST), {}, MOST_COLUMNS, 7).even


def test_of_many_examples_some_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spacing, "MOST", 150)
    assert chosen(told_by_what_stands_between(600)).even

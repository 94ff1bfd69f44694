from __future__ import annotations

from suffice.features.task.ask import TASKS, words_of


def test_words_are_split_at_marks() -> None:
    assert words_of("a,b;c\nd!") == {"a", "b", "c", "d"}
    assert words_of("é,b;c\nd!") == {"é", "b", "c", "d"}


def test_every_tier_has_kinds() -> None:
    assert set(TASKS.values()) == {"nano", "mini", "flagship"}
    assert len(TASKS) == 22

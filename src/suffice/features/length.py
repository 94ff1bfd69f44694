"""How long an answer a text asks for, where it names a number."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOKENS_PER: Mapping[str, float] = {
    "word": 1 / 0.74,
    "token": 1.0,
    "character": 1 / 4,
    "sentence": 25.0,
    "paragraph": 130.0,
    "page": 650.0,
}
_SMALL = frozenset({"sentence", "paragraph", "page"})
"""Units of which a few are many tokens: a small number of them is a length."""
UNITS = frozenset(f"{unit}{plural}" for unit in _TOKENS_PER for plural in ("", "s")) | {
    "two-page", "three-page", "five-page", "ten-page",
}  # fmt: skip
MEASURES = frozenset({"words", "sentences", "characters", "paragraphs", "bullets", "lines", "syllables"})
"""What an answer is measured in, with or without a number."""
_NUMBER_WORDS: Mapping[str, int] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_BEFORE = re.compile(r"(?<![\w.,])(?:(\d{1,3},\d{3}|\d{1,5})|(" + "|".join(_NUMBER_WORDS) + r"))[- ]?$")
_BEFORE_CHARS, _MOST_PLACES, _MOST_TOKENS = 8, 6, 100_000


def length_of(words: frozenset[str], lower: str, *, written: bool) -> int | None:
    """Returns how many tokens the first length that a lower-case text names comes to; `None` if it names none.

    Args:
        words: Of the text.
        lower: The text in lower case.
        written: Something is to be written; otherwise pages are something to read.

    >>> length_of(frozenset({"words"}), "use at most 120 words", written=True)
    162
    """
    # One character is found at a quarter of what a longer string costs.
    if words.isdisjoint(UNITS) and not ("-" in lower and ("-word" in lower or "-page" in lower)):
        return None
    first, tokens = len(lower), None
    for unit, per in _TOKENS_PER.items():
        if unit == "page" and not written:
            continue
        if (found := _first(lower, unit)) is not None and found[0] < first:
            first, tokens = found[0], max(1, min(_MOST_TOKENS, round(found[1] * per)))
    return tokens


def _first(lower: str, unit: str) -> tuple[int, int] | None:
    at = lower.find(unit)
    for _ in range(_MOST_PLACES):
        if at < 0:
            return None
        found = _BEFORE.search(lower, max(0, at - _BEFORE_CHARS), at)
        if found is not None:
            number = int(found[1].replace(",", "")) if found[1] else _NUMBER_WORDS[found[2]]
            if number > 9 or (unit in _SMALL and number > 1):
                return at, number
        at = lower.find(unit, at + 1)
    return None

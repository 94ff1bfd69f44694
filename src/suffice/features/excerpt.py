"""What is read word by word: the instructions and the last user turn, head and tail: what is asked stands there."""

from __future__ import annotations

import re
from functools import cached_property
from sys import getsizeof

import msgspec

from suffice.features import language as languages
from suffice.features import length, lexicon
from suffice.features.grams import hashes_of
from suffice.features.language import Language, language_of
from suffice.features.length import length_of
from suffice.features.lexicon import cues_of, directives_in
from suffice.features.recent import Recent
from suffice.features.task import SIGN_WORDS, label_count, may_list, parted, words_of

HEAD_CHARS, TAIL_CHARS = 3_000, 1_500
"""How much of the instructions and of the last user turn the layers read: what is asked stands at an end."""
ENTRIES, SIZE_BYTES = 1_024, 4_000_000
"""How many excerpts are remembered, and how many bytes they take together."""
WORDS_BYTES = 2_000_000
"""How many bytes their words take, of those that were asked for them."""

_ITEM = re.compile(r"\n[ \t]{0,12}(?:[-*•]|\d{1,2}[.)])[ \t]")
_OPTION = re.compile(r"[\n(][ \t]{0,12}\(?([a-j])[.):][ \t]{0,4}\S")
_FORMULA = re.compile(r"\\[a-z]+|\$[^$\n]{1,80}\$|\w ?\^ ?[\w{(]")
# One look through a text's words finds those that any of these know; each then looks through the few.
_KNOWN = lexicon.KNOWN | languages.KNOWN | length.UNITS | length.MEASURES | SIGN_WORDS


class Marks(msgspec.Struct, frozen=True, gc=False):
    """What stands in a text beside its words, counted."""

    numbers: int = 0
    items: int = 0
    """Lines that begin as a list's do."""
    options: int = 0
    """Answers to choose from, lettered."""
    questions: int = 0
    formulas: int = 0
    """Commands of LaTeX, formulas between dollars, powers."""
    directives: int = 0
    """How often it says what must, should or must not be."""
    labels: int | None = None
    """How many labels it lists to choose from; `None` if it lists none."""
    length_tokens: int | None = None
    """How long an answer it asks for by number; `None` if it names none."""
    measured: bool = False
    """It has a word that an answer is measured in, such as sentences."""


class Excerpt(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One text, head and tail, with what was read of it."""

    text: str
    lower: str
    word_count: int
    """Those that come again are counted again."""
    may_list: bool
    """It has a sign that stands in lists of labels."""
    cues: dict[str, int]
    """See `suffice.features.lexicon`."""
    language: Language
    marks: Marks

    @property
    def words(self) -> frozenset[str]:
        """All that it has. Made when they are asked for: only what was learned reads them."""
        key = (len(self.lower), hash(self.lower))
        found = _recent_words.get(key)
        if found is None:
            found = words_of(self.lower)
            _recent_words.put(key, found)
        return found

    @cached_property
    def hashes(self) -> bytes:
        """See `suffice.features.grams`. Made when it is first asked for: only what was learned reads it."""
        return hashes_of(self.lower)


def _size(excerpt: Excerpt) -> int:
    widest = 1 if excerpt.text.isascii() else 4
    # A word or mark of two characters has a hash of four bytes.
    return 800 + 2 * (widest + 1) * len(excerpt.text)


_recent: Recent[Excerpt] = Recent(ENTRIES, SIZE_BYTES, _size)
_recent_words: Recent[frozenset[str]] = Recent(
    ENTRIES, WORDS_BYTES, lambda words: 300 + sum(map(getsizeof, words)) + 64 * len(words)
)


def ends_of(text: str) -> str:
    """Returns what is read of a text: its head and its tail; of these it returns the same."""
    return text if len(text) <= HEAD_CHARS + TAIL_CHARS else text[:HEAD_CHARS] + "\n" + text[-TAIL_CHARS:]


def excerpt_of(text: str, plain: list[str] | None = None) -> Excerpt:
    """Returns what is read of a text, word by word.

    Args:
        text: All of it, or its ends.
        plain: Is given the `plain_words` of the ends of a text that was not remembered, if it is parted into them: so
            that who reads these does not part it again.
    """
    ends = ends_of(text)
    key = (len(ends), hash(ends))
    found = _recent.get(key)
    if found is None:
        found = _read(ends, plain)
        _recent.put(key, found)
    return found


def forget() -> None:
    """Forgets every text that was read."""
    _recent.clear()
    _recent_words.clear()


def _read(text: str, plain: list[str] | None) -> Excerpt:
    lower = text.lower()
    words, at_ends, numbers = parted(lower)
    if plain is not None:
        plain += at_ends
    known = _KNOWN.intersection(words)
    listing = may_list(known, lower)
    language = language_of(known, lower)
    cues = cues_of(known, lower, unspaced=language.unspaced)
    return Excerpt(
        text=text,
        lower=lower,
        word_count=len(words),
        may_list=listing,
        cues=cues,
        language=language,
        marks=_marks(lower, known, cues, numbers=numbers, listing=listing),
    )


def _marks(lower: str, words: frozenset[str], cues: dict[str, int], *, numbers: int, listing: bool) -> Marks:
    lines = "\n" in lower
    return Marks(
        numbers=numbers,
        items=len(_ITEM.findall(lower)) if lines else 0,
        options=len(set(_OPTION.findall(lower))) if lines or ("(" in lower and "(a" in lower) else 0,
        questions=(lower.count("?") if "?" in lower else 0) + lower.count("\uff1f"),
        formulas=len(_FORMULA.findall(lower)) if "\\" in lower or "$" in lower or "^" in lower else 0,
        # What says so is a cue, but for a word that ends in "don't" beside a "not".
        directives=directives_in(words, lower) + (0 if lower.isascii() else cues.get("directive", 0))
        if "directive" in cues or "not" in words
        else 0,
        labels=label_count(lower) if listing and "labels" in cues else None,
        length_tokens=length_of(words, lower, written="make" in cues),
        measured=not words.isdisjoint(length.MEASURES),
    )

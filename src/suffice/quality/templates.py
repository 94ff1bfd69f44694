"""The fixed text around what varies in a prompt: system prompts, and the frame that a program puts around its input.

A text is read as its first and its last words, in lower case and without marks; what varies from call to call is masked
before it is compared: whatever has a digit (numbers, dates, ids), addresses, and words with a capital inside a sentence
(names). A template is a beginning or an end that many prompts share; `suffice.quality.templating` finds them. Only
checksums of them are kept, no text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from zlib import crc32

import msgspec

MOST_WORDS = 48
"""How many words at either end are compared."""
END = "\x03"
"""Stands for the end of a text that is shorter than that."""
MASK = "#"
"""Stands for one or more words that vary."""

_CHARS = 1_200
_MARKS = "\"'`.,;:!?()[]{}<>*#-_=|/\\~+&%$^\u2018\u2019\u201c\u201d\u2013\u2014\u2026"
_STOPS = (".", "!", "?", ":", ";", '"', "'", ")", "]", ">", "`")
_LONG_WORD = 24
_TITLES = frozenset({"Dr.", "Mr.", "Mrs.", "Ms.", "Prof.", "St.", "No."})
_VARYING = re.compile(r"[\d@]|://")


class Part(msgspec.Struct, frozen=True):
    """The known beginnings of one part of a prompt: its system text, or its question from either end."""

    known: Mapping[int, int] = {}
    """From what a template goes by (see `keys_of`) to its number, from 1; forms of one template have one number."""
    steps: AbstractSet[int] = frozenset()
    """What every beginning of a template goes by, itself included: where a text leaves these, nothing more is read."""

    def find(self, words: Iterable[str]) -> int:
        """Returns the number of the longest template that a text begins with; 0 if it begins with none."""
        if not self.known:
            return 0
        found = value = 0
        for count, word in enumerate(words, start=1):
            value = _next(value, word)
            key = count << 32 | value
            if key not in self.steps:
                break
            found = self.known.get(key, found)
        return found


def keys_of(words: Sequence[str]) -> list[int]:
    """Returns what the first word goes by, the first two, and so on: how many there are, and their checksum."""
    keys, value = [], 0
    for count, word in enumerate(words, start=1):
        value = _next(value, word)
        keys.append(count << 32 | value)
    return keys


def first_words(text: str) -> Iterator[str]:
    r"""Yields the first words of a text, masked, and `END` if it has no more.

    >>> list(first_words("Dear Ms Jones, order 8812 was shipped to Mary Ann."))
    ['dear', '#', 'order', '#', 'was', 'shipped', 'to', '#', '\x03']
    """
    tokens = _tokens(text[:_CHARS])
    # The word at the cut may be half of one.
    return _bounded(_masked(tokens if len(text) <= _CHARS else tokens[:-1]), whole=len(text) <= _CHARS)


def last_words(text: str) -> Iterator[str]:
    r"""Yields the last words of a text, masked, from the last one on, and `END` if it has no more.

    >>> list(last_words("Dear Ms Jones, thank you. Reply in JSON only."))
    ['only', 'json', 'in', 'reply', 'you', 'thank', '#', 'dear', '\x03']
    """
    tokens = _tokens(text[-_CHARS:])
    return _bounded(
        _masked(tokens if len(text) <= _CHARS else tokens[1:], backwards=True), whole=len(text) <= _CHARS
    )


def _bounded(words: Iterator[str], *, whole: bool) -> Iterator[str]:
    count = 0
    for word in words:
        if count == MOST_WORDS:
            return
        yield word
        count += 1
    if whole and count:
        yield END


def _masked(tokens: Sequence[str], *, backwards: bool = False) -> Iterator[str]:
    """Yields words in lower case, with `MASK` for each run of those that vary from call to call."""
    last = ""
    for place in range(len(tokens) - 1, -1, -1) if backwards else range(len(tokens)):
        word = tokens[place].strip(_MARKS)
        if not word:
            continue
        digits = not word.isalpha() and _VARYING.search(word) is not None
        if not digits and not _is_name(word, tokens, place):
            last = word.lower()
            yield last
        elif last != MASK:
            last = MASK
            yield MASK


def _is_name(word: str, tokens: Sequence[str], place: int) -> bool:
    """Tells whether a word has a capital, and stands inside a sentence."""
    if not word[0].isupper() or word.isupper() or not place:
        return False
    before = tokens[place - 1]
    return before in _TITLES or not (before.endswith(_STOPS) or not before.strip(_MARKS))


def _tokens(text: str) -> list[str]:
    tokens = text.split()
    if text.isascii():
        return tokens
    # Scripts without spaces: each character is as good as a word.
    return [
        part
        for token in tokens
        for part in (token if len(token) > _LONG_WORD and not token.isascii() else (token,))
    ]


def _next(value: int, word: str) -> int:
    # The zero keeps "ab c" and "a bc" apart.
    return crc32(word.encode("utf-8", "surrogatepass") + b"\0", value)

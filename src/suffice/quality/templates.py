"""The fixed text around what varies in a prompt: system prompts, and the frame that a program puts around its input.

A text is read as its first and its last words, in lower case and without marks; what varies from call to call is masked
before it is compared: whatever has a digit (numbers, dates, ids), addresses, and words with a capital inside a sentence
(names). A template is a beginning or an end that many prompts share; `suffice.quality.templating` finds them. Only
checksums of them are kept, no text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from zlib import crc32

import msgspec

from suffice.features.recent import Recent

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
ENTRIES, ENTRY_BYTES = 4_096, 4_000


class Outline(msgspec.Struct, frozen=True, gc=False):
    """Checksums of a text's first one, two, three ... words, and of its last ones."""

    head: tuple[int, ...]
    tail: tuple[int, ...]


_NOTHING = Outline((), ())
_recent: Recent[Outline] = Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)


class Part(msgspec.Struct, frozen=True, dict=True):
    """The known beginnings of one part of a prompt: its system text, or its question from either end."""

    known: Mapping[int, int] = {}
    """From how many words they are and their checksum (see `key_of`) to their number, from 1."""

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(sorted({key >> 32 for key in self.known}, reverse=True))

    def find(self, checksums: tuple[int, ...]) -> int:
        """Returns the number of the longest template that a text begins with; 0 if it begins with none."""
        for length in self._lengths:
            if length <= len(checksums):
                found = self.known.get(length << 32 | checksums[length - 1])
                if found is not None:
                    return found
        return 0


def key_of(words: Sequence[str]) -> int:
    """Returns what a template of these words goes by in a `Part`."""
    return len(words) << 32 | checksums_of(words)[-1]


def checksums_of(words: Sequence[str]) -> tuple[int, ...]:
    """Returns the checksum of the first word, of the first two, and so on."""
    parts = (word.encode("utf-8", "surrogatepass") + b"\0" for word in words)
    return tuple(accumulate(parts, lambda value, part: crc32(part, value), initial=0))[1:]


def outline_of(text: str) -> Outline:
    """Returns what a text is compared by; remembered, within bounds, for the next request with the same text."""
    if not text:
        return _NOTHING
    key = (len(text), hash(text))
    found = _recent.get(key)
    if found is None:
        head, tail = ends_of(text)
        found = Outline(checksums_of(head), checksums_of(tail))
        _recent.put(key, found)
    return found


def forget() -> None:
    """Forgets all outlines: for measurements."""
    _recent.clear()


def ends_of(text: str) -> tuple[list[str], list[str]]:
    """Returns the first words of a text, and its last ones from the end on; masked, `END` where the text ends.

    >>> ends_of("Dear Ms Jones, order 8812 was shipped to Mary Ann.")[0]
    ['dear', '#', 'order', '#', 'was', 'shipped', 'to', '#', '\\x03']
    """
    if len(text) <= _CHARS:
        words = masked(text)
        head, tail = words[:MOST_WORDS], words[: -MOST_WORDS - 1 : -1]
        if len(words) < MOST_WORDS:
            head.append(END)
            tail.append(END)
        return head, tail
    # The word at the cut may be half of one.
    return masked(text[:_CHARS])[:-1][:MOST_WORDS], masked(text[-_CHARS:])[:0:-1][:MOST_WORDS]


def masked(text: str) -> list[str]:
    """Returns the words of a text in lower case, with `MASK` for each run of those that vary from call to call."""
    words: list[str] = []
    inside = False
    for token in _tokens(text):
        word = token.strip(_MARKS)
        if not word:
            inside = False
            continue
        if (inside and word[0].isupper() and not word.isupper()) or _varies(word):
            if not words or words[-1] != MASK:
                words.append(MASK)
        else:
            words.append(word.lower())
        inside = not token.endswith(_STOPS)
    return words


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


def _varies(word: str) -> bool:
    return not (word.isalpha() or word.isascii() and not any(map(word.__contains__, "0123456789@")) and "://" not in word)

"""The fixed text around what varies in a prompt: system prompts, and the frame that a program puts around its input.

A text is read as its first and its last words, in lower case and without marks; what varies from call to call is masked
before it is compared: whatever has a digit (numbers, dates, ids), addresses, and words with a capital inside a sentence
(names). A template is a beginning or an end that many prompts share; `suffice.quality.templating` finds them. Only
checksums of them are kept, no text.
"""

from __future__ import annotations

import re
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
_TITLES = frozenset({"Dr.", "Mr.", "Mrs.", "Ms.", "Prof.", "St.", "No."})
_LAST_TOKENS = 80
_VARYING = re.compile(r"[\d@]|://")
ENTRIES, ENTRY_BYTES = 4_096, 4_000


Checksums = tuple[int, ...]
"""Of the first word of a text, of the first two, and so on."""
_recent: Recent[Checksums] = Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)


class Part(msgspec.Struct, frozen=True, dict=True):
    """The known beginnings of one part of a prompt: its system text, or its question from either end."""

    known: Mapping[int, int] = {}
    """From how many words they are and their checksum (see `key_of`) to their number, from 1."""

    @cached_property
    def _lengths(self) -> tuple[int, ...]:
        return tuple(sorted({key >> 32 for key in self.known}, reverse=True))

    def find(self, checksums: Checksums) -> int:
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


def checksums_of(words: Sequence[str]) -> Checksums:
    """Returns the checksum of the first word, of the first two, and so on."""
    parts = (word.encode("utf-8", "surrogatepass") + b"\0" for word in words)
    return tuple(accumulate(parts, lambda value, part: crc32(part, value), initial=0))[1:]


def head_of(text: str) -> Checksums:
    """Returns what the beginning of a text is compared by; remembered, within bounds, for the same text again."""
    key = (True, len(text), hash(text))
    found = _recent.get(key)
    if found is None:
        found = checksums_of(first_words(text))
        _recent.put(key, found)
    return found


def tail_of(text: str) -> Checksums:
    """Returns what the end of a text is compared by, from its last word on."""
    key = (False, len(text), hash(text))
    found = _recent.get(key)
    if found is None:
        found = checksums_of(last_words(text))
        _recent.put(key, found)
    return found


def forget() -> None:
    """Forgets all outlines: for measurements."""
    _recent.clear()


def first_words(text: str) -> list[str]:
    r"""Returns the first words of a text, masked, and `END` if it has no more.

    >>> first_words("Dear Ms Jones, order 8812 was shipped to Mary Ann.")
    ['dear', '#', 'order', '#', 'was', 'shipped', 'to', '#', '\x03']
    """
    tokens = _tokens(text[:_CHARS])
    if len(text) > _CHARS:
        # The word at the cut may be half of one.
        tokens = tokens[:-1]
    words = masked(tokens, MOST_WORDS)
    if text and len(text) <= _CHARS and len(words) < MOST_WORDS:
        words.append(END)
    return words


def last_words(text: str) -> list[str]:
    r"""Returns the last words of a text, masked, from the last one on, and `END` if it has no more.

    >>> last_words("Dear Ms Jones, thank you. Reply in JSON only.")
    ['only', 'json', 'in', 'reply', 'you', 'thank', '#', 'dear', '\x03']
    """
    tokens = _tokens(text[-_CHARS:])
    whole = len(text) <= _CHARS and len(tokens) <= _LAST_TOKENS
    words = masked(tokens if whole else tokens[1:][-_LAST_TOKENS:], _LAST_TOKENS)
    words = words[: -MOST_WORDS - 1 : -1]
    if text and whole and len(words) < MOST_WORDS:
        words.append(END)
    return words


def masked(tokens: Sequence[str], most: int) -> list[str]:
    """Returns words in lower case, with `MASK` for each run of those that vary from call to call.

    Args:
        tokens: Parts of a text between spaces, in order.
        most: How many words to return at most.
    """
    words: list[str] = []
    inside = False
    for token in tokens:
        word = token.strip(_MARKS)
        if not word:
            inside = False
            continue
        if (inside and word[0].isupper() and not word.isupper()) or _varies(word):
            if not words or words[-1] != MASK:
                words.append(MASK)
        else:
            words.append(word.lower())
        if len(words) == most:
            break
        inside = not token.endswith(_STOPS) or token in _TITLES
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
    return not word.isalpha() and _VARYING.search(word) is not None

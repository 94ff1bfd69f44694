"""What the recognition of a kind of task reads of a request, and the kinds that there are."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from suffice.features.contract import Contract
from suffice.features.tools import Tools
from suffice.types import Tier

TASKS: Mapping[str, Tier] = {
    "math_proof": "flagship",
    "document_synthesis": "flagship",
    "code_architecture": "flagship",
    "long_essay": "flagship",
    "long_reasoning": "flagship",
    "customer_tone": "flagship",
    "sentiment": "nano",
    "language_detection": "nano",
    "moderation": "nano",
    "few_labels": "nano",
    "pattern_match": "nano",
    "agent_step": "mini",
    "tool_orchestration": "mini",
    "reranking": "mini",
    "chunk_search": "mini",
    "intent_detection": "mini",
    "tagging": "mini",
    "extraction": "mini",
    "classification": "mini",
    "short_summary": "mini",
    "code_completion": "mini",
    "terminal": "mini",
}
"""Task categories and the tier that serves each by default, until evidence says otherwise."""

FEW = 5
"""A classification with fewer labels than this is nano work."""

HEAD_CHARS, TAIL_CHARS = 420, 280
"""How much of a text is read for its kind of task."""

_MARKS = ".,;:!?()[]{}<>\"'`*#|/\\\n\t\r=+"
_TO_SPACE = str.maketrans(dict.fromkeys(_MARKS, " "))
_BYTE_TO_SPACE = bytes.maketrans(_MARKS.encode(), b" " * len(_MARKS))
_PLAIN = bytes(code if 97 <= code <= 122 else 48 if 48 <= code <= 57 else 32 for code in range(256))
"""Letters stay, every digit counts as 0, the rest parts words."""
_MARKS_TO_SPACE = _BYTE_TO_SPACE.translate(bytes(48 if 48 <= code <= 57 else code for code in range(256)))
"""Marks part words, every digit counts as 0, the rest stays."""
_OTHER = b"-"
# Where the two part words differently stands this sign: a text without it has the same words both ways.
_BOTH_WAYS = bytes(
    one if one == other else _OTHER[0] for one, other in zip(_PLAIN, _MARKS_TO_SPACE, strict=True)
)
DIGITS = bytes(code if 48 <= code <= 57 else 32 for code in range(256))
"""Digits stay, the rest parts numbers."""


class Ask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the recognition reads of a request."""

    instructions: str
    """The system's text, in lower case."""
    question: str
    """The last user turn, in lower case."""
    tools: Tools | None
    contract: Contract | None
    after_tool: bool
    input_tokens: int
    output_limit: int | None
    may_list: bool = True
    """The text may list labels; see `suffice.features.task.labels`."""
    plain: list[str] | None = None
    """The `plain_words` of the question's ends, if it was already parted into them."""

    @property
    def text(self) -> str:
        """Instructions and question."""
        return f"{self.instructions}\n{self.question}" if self.instructions else self.question


def words_of(text: str) -> frozenset[str]:
    """Returns the words of a text, marks and white space left out.

    >>> sorted(words_of("yes, or no? (maybe.)"))
    ['maybe', 'no', 'or', 'yes']
    """
    return frozenset(split_words(text))


def split_words(text: str) -> list[str]:
    """Returns the words of a text in order, marks and white space left out."""
    if text.isascii():
        return text.encode().translate(_BYTE_TO_SPACE).decode().split()
    return text.translate(_TO_SPACE).split()


def plain_words(text: str) -> list[str]:
    """Returns the words of a lower-case ASCII text in order: letters alone, and every digit as 0.

    >>> plain_words("in 50 well-made words")
    ['in', '00', 'well', 'made', 'words']
    """
    return text.encode().translate(_PLAIN).decode().split()


def parted(text: str) -> tuple[list[str], list[str], int]:
    """Returns a lower-case text in words, parted once for all who read them.

    >>> parted("in 50 words"), parted("50 well-made words")
    ((['in', '00', 'words'], ['in', '00', 'words'], 1), (['00', 'well-made', 'words'], [], 1))

    Returns:
        Its `split_words`, of an ASCII text with every digit as 0; the `plain_words` of its ends, if they are among
        these, else none; how many numbers it has.
    """
    data = text.encode("utf-8", "surrogatepass")
    numbers = len(data.translate(DIGITS).split())
    if len(data) != len(text):
        return split_words(text), [], numbers
    both = data.translate(_BOTH_WAYS)
    differs = _OTHER in both
    spaced = (data.translate(_MARKS_TO_SPACE) if differs else both).decode()
    tail = len(spaced) - TAIL_CHARS
    if tail <= HEAD_CHARS:
        words = spaced.split()
        return words, [] if differs else words, numbers
    if differs and (_OTHER in both[:HEAD_CHARS] or _OTHER in both[tail:]):
        return spaced.split(), [], numbers
    # The word that an end cuts is part of what lies between.
    start, stop = spaced.rfind(" ", 0, HEAD_CHARS) + 1, spaced.find(" ", tail)
    if stop < 0:
        stop = len(spaced)
    first, last = spaced[:start].split(), spaced[stop:].split()
    cut = f"{spaced[start:HEAD_CHARS]} {spaced[tail:stop]}".split()
    return [*first, *spaced[start:stop].split(), *last], [*first, *cut, *last], numbers

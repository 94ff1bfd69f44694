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

_MARKS = ".,;:!?()[]{}<>\"'`*#|/\\\n\t\r=+"
_TO_SPACE = str.maketrans(dict.fromkeys(_MARKS, " "))
_BYTE_TO_SPACE = bytes.maketrans(_MARKS.encode(), b" " * len(_MARKS))
_PLAIN = bytes(code if 97 <= code <= 122 else 48 if 48 <= code <= 57 else 32 for code in range(256))
"""Letters stay, every digit counts as 0, the rest parts words."""
# As a mark does, every digit counts as 0: what is then the same as plain has the same words.
_MARKS_TO_SPACE = _BYTE_TO_SPACE.translate(bytes(48 if 48 <= code <= 57 else code for code in range(256)))


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
    """The question's `plain_words`, if it is short and was already parted into them."""

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


def words_both_ways(text: str) -> list[str]:
    """Returns the `plain_words` of a lower-case text if its `split_words` differ in nothing but digits; else none.

    >>> words_both_ways("in 50 words"), words_both_ways("50 well-made words")
    (['in', '00', 'words'], [])
    """
    if not text.isascii():
        return []
    data = text.encode()
    plain = data.translate(_PLAIN)
    return plain.decode().split() if plain == data.translate(_MARKS_TO_SPACE) else []

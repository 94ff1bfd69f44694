"""What one message's text shows, in a few numbers: read once, and remembered by a digest of what was read."""

from __future__ import annotations

import re
from itertools import islice

import msgspec

from suffice.features.recent import Counted
from suffice.features.tokens import READ_WHOLE, estimate_of_sample, sample_of

ENTRIES, ENTRY_BYTES = 16_384, 320
"""How many messages are remembered, and about what one takes with its key."""

_MOST_NAMES, _MOST_ENDINGS = 64, 256
_ENDINGS = "py|pyi|ts|tsx|js|jsx|go|rs|java|rb|cs|cpp|cc|hpp|kt|swift|php|scala|sql|css|vue|tf|yaml|toml"
_ENDING = re.compile(rf"\.(?:{_ENDINGS})\b")
_POINT_BEFORE_LETTER = re.compile(r"\.[a-zA-Z\u212a]")
"""Texts without one name no file: that is seen at a third of what it takes to look for the endings. The last of them is
the sign for kelvin, which in lower case is a k."""
_NAME_CHARS = 48
_NOUNS = (
    "document", "source", "passage", "article", "report", "contract", "transcript", "excerpt", "chunk", "snippet",
    "version", "text",
)  # fmt: skip
# A number or a letter after the noun tells separate texts apart: "Document 2", '<source id="b">', "Report #3:".
_WHICH = r"[ _-]?(?:n[or]\.? ?|id=[\"']?|index=[\"']?|#|\[|\()?(\d{1,3}|[a-h])\b(?=[\"'\])>:.,;\n]| [-\u2013\u2014(:])"
_NUMBERED = {noun: re.compile(rf"\b{noun}{_WHICH}") for noun in _NOUNS}
_TAGS = ("<document", "<doc>", "<doc ", "<source", "<article", "<passage", "<file", "<context")
_FAILURES = (
    "error", "exception", "traceback", "failed", "not found", "permission denied", "timed out", "timeout", "invalid",
    "no such file", "command not found", "forbidden", "unauthorized", "exit code 1", "fatal:",
)  # fmt: skip
_NO_FAILURE = re.compile(
    r"\b(?:no|0|without) (?:error|failure|exception)s?|\"?errors?\"?\s*:\s*(?:null|false|0|\"\"|\[\]|none)"
)
_FAILURE_CHARS = 160


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What one message's text shows."""

    tokens: int = 0
    documents: int = 0
    """Separate texts that are told apart by number or by tag."""
    files: int = 0
    """Different source files that it names."""
    fences: int = 0
    """Blocks of code between fences."""
    failure: bool = False
    """It is a tool's, and begins or ends the way that a failed one's does."""
    telling: bool = False
    """It shows documents, files or blocks of code."""


_EMPTY = Reading()
_recent: Counted[Reading] = Counted(ENTRIES)


def reading_of(text: str, *, result: bool = False) -> Reading:
    """Returns what a message's text shows; of a long one only a sample is read.

    Args:
        text: The message's.
        result: It is a tool's: only then it can be one that failed.

    >>> reading_of("Document 1: tea. Document 2: coffee.").documents
    2
    """
    if not text:
        return _EMPTY
    size = len(text)
    sample = text if size <= READ_WHOLE else sample_of(text)
    # A keyed 64-bit digest (SipHash with this process's own key): 0.4 us for 2 KB, a tenth of what a cryptographic
    # digest takes. It covers all that is read, so that equal keys have equal readings.
    key = (size, hash(sample), result)
    found = _recent.get(key)
    if found is None:
        found = _read(sample, size, result=result)
        _recent.put(key, found)
    return found


def forget() -> None:
    """Forgets every message that was read."""
    _recent.clear()


def _read(sample: str, size: int, *, result: bool) -> Reading:
    tokens, named = estimate_of_sample(sample, size), _POINT_BEFORE_LETTER.search(sample) is not None
    if not (named or result or _has_signs(sample)):
        return Reading(tokens)
    lower = sample.lower()
    documents, files = _documents(lower), len(file_names(lower)) if named else 0
    fences = lower.count("```") // 2 if "`" in lower else 0
    return Reading(
        tokens=tokens,
        documents=documents,
        files=files,
        fences=fences,
        failure=result and _fails(lower),
        telling=bool(documents or files or fences),
    )


def _has_signs(text: str) -> bool:
    """Whether it has any of those without which no text has documents or blocks of code."""
    return "\n" in text or ":" in text or "<" in text or "#" in text or "[" in text or "`" in text


def _documents(lower: str) -> int:
    most = max(map(lower.count, _TAGS)) if "<" in lower else 0
    if not (most or ":" in lower or "#" in lower or "[" in lower or "\n" in lower):
        return 0
    for noun, pattern in _NUMBERED.items():
        if lower.count(noun) > 1:
            most = max(most, len(set(pattern.findall(lower))))
    return most if most > 1 else 0


def file_names(lower: str) -> set[str]:
    """Returns the different source files that a lower-case text names; of very many, the first 64.

    >>> sorted(file_names("move app/models.py and views.py, not e.g. this"))
    ['app/models.py', 'views.py']
    """
    names: set[str] = set()
    for found in islice(_ENDING.finditer(lower), _MOST_ENDINGS):
        before = lower[max(0, found.start() - _NAME_CHARS) : found.start()].split()
        if before and lower[found.start() - 1].isalnum():
            names.add(before[-1].lstrip("`'\"(<[*#") + found.group())
            if len(names) >= _MOST_NAMES:
                break
    return names


def _fails(lower: str) -> bool:
    ends = lower if len(lower) <= 2 * _FAILURE_CHARS else lower[:_FAILURE_CHARS] + lower[-_FAILURE_CHARS:]
    if not any(sign in ends for sign in _FAILURES):
        return False
    rest = _NO_FAILURE.sub("", ends)
    return any(sign in rest for sign in _FAILURES)

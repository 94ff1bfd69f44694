"""What speaks for a kind of task: the words near the ends of what is asked, and marks of structure.

Instructions stand at the head or the tail of a text; what lies between is what they are about. So of each text a
head and a tail are read, whatever its length, and the time is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from suffice.features.task.ask import Ask

HEAD_CHARS, TAIL_CHARS = 420, 280
_MOST_WORDS = 160
"""Of one text. Scripts without spaces are read character by character."""

Piece = str | tuple[str, str]
"""A word, a pair of neighbours, or a mark of structure in angle brackets."""

_PLAIN = bytes(
    code if 97 <= code <= 122 else 48 if 48 <= code <= 57 else 32 for code in range(256)
)
"""Letters stay, every digit counts as 0, the rest parts words."""
_WORDS = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+|\d+"
)
_FILE_NAME = re.compile(r"[\w/-]{1,60}\.(?:py|tsx?|jsx?|go|rs|java|rb|cs|cpp|hpp|[ch]|kt|swift|php|vue|sql)\b")
_NUMBERED = re.compile(r"(?:^|\n)[ \t]*(?:<\w{1,10}[^>\n]{0,24}>|\[?[a-z]{0,8}[ _-]?\d{1,3}[\]).:]|- |\([a-z]\))")
_OPTION = re.compile(r"\n[ \t]*\(?([a-e])[).:][ \t]")
_HEADED = re.compile(
    r"(?:^|\n)[#=<*_ \t-]{0,6}(?:document|source|report|doc|interview|statement|article|exhibit|study|proposal|memo|text|version|quelle|fuente|"
    r"bericht|dokument|gutachten|documento|资料|材料|資料|文件)[ _-]{0,2}(?:\d|[a-f]\b|一|二)"
)
_FUNCTION_HEAD = re.compile(r"\b(?:def|fn|func|function|class|public|private|const|let|var|import|from|return|#include)\b[^\n]{0,60}[({;=:]")
_PROMPT_LINE = re.compile(r"(?:^|\n)(?:\$ |# |> |\w{1,16}@[\w.-]{1,24}:)")


def pieces_of(ask: Ask) -> set[Piece]:
    """Returns the pieces of evidence in a request."""
    instructions = ends_of(ask.text[: len(ask.text) - len(ask.question)].rstrip("\n"))
    question = ends_of(ask.question)
    found: set[Piece] = set()
    for zone in (instructions, question):
        if zone:
            words = split(zone)
            found.update(words)
            found.update(zip(words, words[1:], strict=False))
    found.update(marks_of(ask, instructions, question))
    return found


def ends_of(text: str) -> str:
    """Returns the head and the tail of a text."""
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        return text
    return f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"


def split(zone: str) -> list[str]:
    """Returns the words of a lower-case text in order, every digit as 0.

    >>> split("in 50 words: 要約")
    ['in', '00', 'words', '要', '約']
    """
    if zone.isascii():
        words = zone.encode().translate(_PLAIN).decode().split()
    else:
        words = [
            word if not word.isdigit() else "0" * len(word) for word in _WORDS.findall(zone)
        ]
    if len(words) <= _MOST_WORDS:
        return words
    return words[: _MOST_WORDS * 5 // 8] + words[-_MOST_WORDS * 3 // 8 :]


def marks_of(ask: Ask, instructions: str, question: str) -> Iterator[str]:
    """Yields the marks of structure: tools, the answer's form, code, lists of documents, formulas."""
    yield from _request_marks(ask)
    text = f"{instructions}\n{question}" if instructions else question
    yield "<instructions>" if instructions else "<no instructions>"
    if len(ask.question) < 80:
        yield "<short question>"
    elif len(ask.question) > 1500:
        yield "<long question>"
    if question.endswith((":", ":")):
        yield "<ends with a colon>"
    elif question.endswith(("?", "?")):
        yield "<ends with a question mark>"
    yield from _code_marks(text)
    yield from _list_marks(text)
    if "\\" in text and ("\\frac" in text or "\\sqrt" in text or "\\(" in text or "\\[" in text or "\\le" in text):
        yield "<formula>"
    if "$" in text and text.count("$") >= 2:
        yield "<dollars>"
    if "^" in text:
        yield "<power>"
    if sum(map(question.count, "0123456789")) >= 2 and "\n" not in question:
        yield "<numbers>"


def _request_marks(ask: Ask) -> Iterator[str]:
    if ask.tools is not None and ask.tools.choice != "none":
        yield "<tools>"
    if ask.after_tool:
        yield "<after a tool>"
    if ask.contract is not None:
        yield "<form>"
        labels = ask.contract.shape.labels
        if labels is not None:
            yield "<form with few labels>" if labels < 5 else "<form with labels>"
    if ask.output_limit is not None:
        if ask.output_limit <= 20:
            yield "<one word out>"
        elif ask.output_limit <= 200:
            yield "<short answer>"
        elif ask.output_limit >= 2_000:
            yield "<long answer>"


def _code_marks(text: str) -> Iterator[str]:
    if "```" in text:
        yield "<fence>"
    if _FUNCTION_HEAD.search(text):
        yield "<code>"
    if "." in text:
        files = len(set(_FILE_NAME.findall(text)))
        if files:
            yield "<one file>" if files == 1 else "<files>" if files > 2 else "<two files>"
    if _PROMPT_LINE.search(text):
        yield "<prompt line>"


def _list_marks(text: str) -> Iterator[str]:
    if "\n" not in text:
        return
    yield "<lines>"
    options = len(set(_OPTION.findall(text)))
    if options >= 3:
        yield "<options>"
    numbered = len(_NUMBERED.findall(text))
    if numbered >= 2:
        yield "<numbered>"
    if len(_HEADED.findall(text)) >= 2:
        yield "<headed documents>"
    if "\n\n" in text:
        yield "<paragraphs>"

"""What speaks for a kind of task: the words near the ends of what is asked, and marks of structure.

Instructions stand at the head or the tail of a text; what lies between is what they are about. So of each text a
head and a tail are read, whatever its length, and the time is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, KeysView
from collections.abc import Set as AbstractSet
from itertools import chain, pairwise

import msgspec

from suffice.features.task.ask import DIGITS, HEAD_CHARS, TAIL_CHARS, Ask, plain_words

WHOLE_CHARS = HEAD_CHARS + TAIL_CHARS
"""A text of up to this many characters is read as a whole."""
_MOST_WORDS = 160
"""Of one text. Scripts without spaces are read character by character."""

Piece = str | tuple[str, str]
"""A word, a pair of neighbours, or a mark of structure in angle brackets."""

_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+|\d+")
_NUMBER = re.compile(r"\d+")
_ENDINGS = frozenset(
    [
        "py", "ts", "tsx", "js", "jsx", "go", "rs", "java", "rb", "cs", "cpp", "hpp", "h", "kt",
        "swift", "php", "vue", "sql",
    ]
)  # fmt: skip
_FILE_NAME = re.compile(r"[\w/-]{1,60}\.(?:" + "|".join(sorted(_ENDINGS, reverse=True)) + r")\b")
_CODE_WORDS = frozenset(
    [
        "def", "fn", "func", "function", "class", "public", "private", "const", "let", "var",
        "import", "return", "include", "elif", "println", "endl",
    ]
)  # fmt: skip
_FORMULAS = ("\\frac", "\\sqrt", "\\(", "\\[", "\\le", "\\sum", "\\cdot", "\\times", "\\int", "\\begin{")
_QUANTITIES: frozenset[Piece] = frozenset(
    [
        *(("how", word) for word in ("many", "much", "long", "far", "old", "fast", "tall")),
        *(("the", word) for word in ("total", "average", "percentage", "ratio", "probability", "difference")),
        "cuánto", "cuántos", "cuántas", "combien", "wieviel", "quanto", "quantos", "quantas",
        ("wie", "viele"), ("多", "少"),
    ]
)  # fmt: skip
MARKING: frozenset[Piece] = _QUANTITIES | _CODE_WORDS | _ENDINGS
"""The words that marks of structure look for."""
# Each begins with a line's end, which is quick to search for, and none reaches into the next line; a text is given one
# in front.
_NUMBERED = re.compile(r"\n[ \t]*(?:<\w{1,10}[^>\n]{0,24}>|\[?[a-z]{0,8}[ _-]?\d{1,3}[\]).:]|- )")
OPTIONS = "<options>"
"""Three or more lettered answers, each on its line."""
_OPTION = re.compile(r"\n[ \t]*\(?([a-j])[).:][ \t]")
_HEADED = re.compile(
    r"\n[#=<*_ \t-]{0,6}(?:document|source|report|doc|interview|statement|article|exhibit|study|proposal|memo|text|"
    r"version|quelle|fuente|bericht|dokument|gutachten|documento|资料|材料|資料|文件)[ _-]{0,2}(?:\d|[a-f]\b|一|二)"
)
_PROMPT = re.compile(r"\n(?:[$#>] |\w{1,16}@[\w.-]{1,24}:)")
_PROMPTS = ("$", "#", ">")
_TELLING = re.compile(
    "|".join(one.pattern.removeprefix(r"\n") for one in (_OPTION, _NUMBERED, _HEADED, _PROMPT))
)
"""What a line begins with that any of these finds: most texts have none."""


class Lines(msgspec.Struct, frozen=True):
    """What the lines of a text begin with."""

    options: frozenset[str]
    """Letters of answers to choose from."""
    numbered: int
    """How many begin with a number or a tag."""
    headed: int
    """How many begin with a document's name."""
    prompt: bool
    """One begins as a terminal's does."""
    paragraphs: bool
    """One is empty and not the last."""


NO_LINES = Lines(frozenset(), 0, 0, prompt=False, paragraphs=False)
_PROMPT_LINE = Lines(frozenset(), 0, 0, prompt=True, paragraphs=False)


class Zone(msgspec.Struct, frozen=True):
    """What is read of instructions, and what that shows by itself: they come again with other questions."""

    text: str
    """It ends with no line's end."""
    lines: Lines
    marks: tuple[str, ...]
    """Of its lines, with a question whose lines show nothing."""
    signed: bool
    """It has a sign that formulas or code are written with."""


NO_ZONE = Zone("", NO_LINES, (), signed=False)


def pieces_of(ask: Ask) -> set[Piece]:
    """Returns the pieces of evidence in a request."""
    instructions, question = zones_of(ask)
    found = words_in(instructions) | words_in(question)
    marks = text_marks(instructions_in(instructions), question, len(ask.question), found)
    return found.union(marks, request_marks(ask))


def zones_of(ask: Ask) -> tuple[str, str]:
    """Returns what is read of a request's text: the ends of its instructions and of its last user turn."""
    return zone_of(ask.instructions), ends_of(ask.question)


def zone_of(instructions: str) -> str:
    """Returns what is read of a request's instructions."""
    return ends_of(instructions.rstrip("\n"))


def instructions_in(zone: str) -> Zone:
    """Returns what a zone of instructions shows by itself."""
    lines = lines_of(zone)
    return Zone(zone, lines, tuple(_lines_marks(lines, NO_LINES)), signed=_signed(zone)) if zone else NO_ZONE


def lines_of(zone: str) -> Lines:
    """Returns what the lines of a zone begin with."""
    text = f"\n{zone}"
    if not any(map(_TELLING.match, zone.split("\n"))):
        return Lines(frozenset(), 0, 0, prompt=False, paragraphs="\n\n" in text)
    return Lines(
        frozenset(_OPTION.findall(text)),
        len(_NUMBERED.findall(text)),
        len(_HEADED.findall(text)),
        prompt=_PROMPT.search(text) is not None,
        paragraphs="\n\n" in text,
    )


def _line_of(zone: str) -> Lines:
    # One line makes no list by itself: whether it would begin one is not looked at. A pattern is looked for only where
    # it may be.
    may_be = "@" in zone or zone[:1] in _PROMPTS
    return NO_LINES if not may_be or _PROMPT.match(f"\n{zone}") is None else _PROMPT_LINE


def words_in(zone: str) -> set[Piece]:
    """Returns the words of a zone, and its pairs of neighbours."""
    words = split(zone)
    found: set[Piece] = set(words)
    found.update(pairwise(words))
    return found


def known_in(zone: str, known: KeysView[Piece], plain: list[str] | None = None) -> AbstractSet[Piece]:
    """Returns those of a zone's words and pairs of neighbours that are known: `known & words_in(zone)`, made faster.

    Args:
        zone: In lower case.
        known: The pieces to look for. What is no key of a dict is found out in a smaller table than a set has.
        plain: The zone's `plain_words`, if it was already parted into them.
    """
    words = _bounded(plain) if plain else split(zone)
    return known & chain(words, pairwise(words))


def ends_of(text: str) -> str:
    """Returns the head and the tail of a text."""
    if len(text) <= WHOLE_CHARS:
        return text
    return f"{text[:HEAD_CHARS]}\n{text[-TAIL_CHARS:]}"


def split(zone: str) -> list[str]:
    """Returns the words of a lower-case text in order, every digit as 0.

    >>> split("in 50 words: 要約")
    ['in', '00', 'words', '要', '約']
    """
    if zone.isascii():
        return _bounded(plain_words(zone))
    return _bounded([word if not word.isdigit() else "0" * len(word) for word in _WORDS.findall(zone)])


def _bounded(words: list[str]) -> list[str]:
    if len(words) <= _MOST_WORDS:
        return words
    return words[: _MOST_WORDS * 5 // 8] + words[-_MOST_WORDS * 3 // 8 :]


def text_marks(
    instructions: Zone, question: str, question_chars: int, found: AbstractSet[Piece]
) -> list[str]:
    """Returns the marks of a text's structure: code, lists, documents, formulas.

    Args:
        instructions: The zone of that name.
        question: The other.
        question_chars: How long the whole question is.
        found: The words of both; no others are needed than those of `MARKING`.
    """
    marks = ["<instructions>" if instructions.text else "<no instructions>"]
    if question_chars < 80:
        marks.append("<short question>")
    elif question_chars > 1500:
        marks.append("<long question>")
    last = question[-1:]
    if last in (":", "\uff1a"):
        marks.append("<ends with a colon>")
    elif last in ("?", "\uff1f"):
        marks.append("<ends with a question mark>")
    lines, several = instructions.lines, "\n" in question
    listed = several or lines.options or lines.numbered or lines.headed
    asked = lines_of(question) if listed else _line_of(question)
    if asked is NO_LINES:
        marks += instructions.marks
    elif several or instructions.text:
        marks += _lines_marks(lines, asked)
    else:
        marks.append("<prompt line>")
    if instructions.signed or _signed(question):
        marks += _sign_marks(f"{instructions.text}\n{question}")
    if found:
        marks += _word_marks(f"{instructions.text}\n{question}", question, found)
    return marks


def _signed(text: str) -> bool:
    return "\\" in text or "$" in text or "^" in text or "`" in text


def _numbers_in(text: str) -> int:
    if text.isascii():
        return len(text.encode().translate(DIGITS).split())
    return len(_NUMBER.findall(text))


def request_marks(ask: Ask) -> list[str]:
    """Returns the marks of what stands beside the text: tools, the answer's form and length."""
    marks: list[str] = []
    if ask.tools is not None and ask.tools.choice != "none":
        marks.append("<tools>")
    if ask.after_tool:
        marks.append("<after a tool>")
    if ask.contract is not None:
        marks.append("<form>")
        labels = ask.contract.shape.labels
        if labels is not None:
            marks.append("<form with few labels>" if labels < 5 else "<form with labels>")
    if ask.output_limit is not None:
        if ask.output_limit <= 20:
            marks.append("<one word out>")
        elif ask.output_limit <= 200:
            marks.append("<short answer>")
        elif ask.output_limit >= 2_000:
            marks.append("<long answer>")
    return marks


def _sign_marks(text: str) -> Iterator[str]:
    if "\\" in text and any(sign in text for sign in _FORMULAS):
        yield "<formula>"
    if text.count("$") >= 2:
        yield "<dollars>"
    if "^" in text:
        yield "<power>"
    if "```" in text:
        yield "<fence>"


def _word_marks(text: str, question: str, found: AbstractSet[Piece]) -> Iterator[str]:
    """Yields the marks that take one of the words of `MARKING`."""
    if not found.isdisjoint(_CODE_WORDS) and any(sign in text for sign in ("(", "{", ";", "=")):
        yield "<code>"
    if not found.isdisjoint(_ENDINGS):
        files = len(set(_FILE_NAME.findall(text)))
        if files:
            yield "<one file>" if files == 1 else "<files>" if files > 2 else "<two files>"
    if not found.isdisjoint(_QUANTITIES) and (numbers := _numbers_in(question)) >= 2:
        yield "<a quantity from numbers>" if numbers < 4 else "<a quantity from many numbers>"


def _lines_marks(instructions: Lines, question: Lines) -> Iterator[str]:
    yield "<lines>"
    if len(instructions.options | question.options) >= 3:
        yield OPTIONS
    if instructions.numbered + question.numbered >= 2:
        yield "<numbered>"
    if instructions.headed + question.headed >= 2:
        yield "<headed documents>"
    if instructions.paragraphs or question.paragraphs:
        yield "<paragraphs>"
    if instructions.prompt or question.prompt:
        yield "<prompt line>"

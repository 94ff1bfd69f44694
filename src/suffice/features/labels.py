"""How many labels a classification chooses from, as far as its text lists them."""

from __future__ import annotations

import re

_MOST_CHARS = 4_000
_SHORT_CHARS, _LAST_CHARS = 800, 200
_OPENING = re.compile(
    r"\b(?:labels?|categor(?:y|ies|ía|ías|ia|ie|ien)|class(?:es)?|intents?|tags?|topics?|options?|types?|one of|either|"
    r"as|into|among|between|sentiment|als|como|comme|come)\b[^\n.:(\[{]{0,40}?(?:[:(\[{]|\bas\b|\beither\b|\bof\b|\binto\b|\b)\s*"
)
_LABEL = r"[\"'`]?[^\W\d_][\w&'/-]{0,30}(?: [\w&'-]{1,24}){0,2}?[\"'`]?"
_SEPARATOR = r"(?:\s*[,/|;]\s*(?:(?:or|and|o|y|ou|et|oder|und)\s+)?|\s+(?:or|and|o|ou|oder)\s+)"
_BETWEEN = re.compile(_SEPARATOR)
_LIST = re.compile(rf"{_LABEL}(?:{_SEPARATOR}{_LABEL}){{1,60}}")
_ITEMS = re.compile(
    r"\b(?:labels?|categories|classes|intents?|tags|topics|options|one of[^\n]{0,40}):?\s*\n"
    r"((?:[ \t]*(?:[-*•]|\d{1,2}[.)])[^\n]{1,120}\n?){2,200})"
)
_YES_NO = (
    "yes or no", "true or false", "positive or negative", "yes/no", "true/false", "sí o no", "oui ou non",
    "ja oder nein",
)  # fmt: skip


def labels_of(lower: str) -> int | None:
    """Returns how many labels a lower-case text lists to choose from; `None` if it lists none.

    >>> labels_of("label it as positive, negative or neutral"), labels_of("hello")
    (3, None)
    """
    text = lower[:_MOST_CHARS]
    if (items := _ITEMS.search(text)) is not None:
        return len([line for line in items[1].splitlines() if line.strip()])
    most = 0
    for opening in _OPENING.finditer(text):
        if (found := _LIST.match(text, opening.end())) is not None:
            most = max(most, len([part for part in _BETWEEN.split(found[0]) if part.strip()]))
    if most >= 2:
        return most
    # In a long text the words stand for something else, such as what a program has to print.
    asked = text if len(lower) <= _SHORT_CHARS else lower[-_LAST_CHARS:]
    return 2 if any(pair in asked for pair in _YES_NO) else None

"""How many labels a classification chooses from, as far as its text lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SHORT_CHARS, _LAST_CHARS = 800, 200
# What may introduce a list of labels, by the word that has to be there for it.
_OPENINGS: Mapping[str, str] = {
    "label": "label", "labels": "label", "category": "categor", "categories": "categor", "categoría": "categor",
    "categorías": "categor", "class": "class", "classes": "class", "classify": "class", "classification": "class",
    "intent": "intent", "intents": "intent", "tags": "tags", "topic": "topic", "topics": "topic", "options": "option",
    "one": "one of", "either": "either", "as": " as ", "into": " into ", "among": "among ", "between": "between ",
    "sentiment": "sentiment", "als": " als ", "como": " como ", "comme": " comme ", "come": " come ",
}  # fmt: skip
_EITHER = frozenset({"yes", "true", "positive", "sí", "oui", "ja"})
KNOWN = frozenset(_OPENINGS) | _EITHER
"""Every word that says something here."""
_MOST_OPENINGS = 3
_REACH = 48
# Where a list may begin after an opening: behind a colon, a bracket or a small word, or at once.
_BEGINNINGS = re.compile(r"[:(\[{]{1,3}\s{0,3}|\b(?:as|either|of|into|in|are|is)\b\s{1,3}")
_WORD = r"[\"'`]?[^\W\d_][\w&'-]{0,30}"
# Runs of white space are bounded: without that a long one costs its square.
_SEPARATOR = (
    r"(?:\s{0,3}[,/|;]\s{0,3}(?:(?:or|and|o|y|ou|et|oder|und)\s{1,3})?|\s{1,3}(?:or|and|o|ou|oder)\s{1,3})"
)
_BETWEEN = re.compile(_SEPARATOR)
# A label has up to three words where a mark or a small word ends it, else one.
_ENDED = rf"{_WORD}(?: [\w&'-]{{1,24}}){{0,2}}?[\"'`]?(?={_SEPARATOR}|\s{0, 3}(?:[.:)\]}}?\n]|$))"
_LIST = re.compile(rf" ?{_ENDED}(?:{_SEPARATOR}(?:{_ENDED}|{_WORD})){{1,60}}")
_ITEMS = re.compile(r"[^\n]{0,60}\n{1,2}((?:[ \t]{0,8}(?:[-*•]|\d{1,2}[.)])[^\n]{1,120}(?:\n|$)){2,200})")
_YES_NO = (
    "yes or no", "true or false", "positive or negative", "yes/no", "true/false", "sí o no", "oui ou non",
    "ja oder nein",
)  # fmt: skip


def labels_of(words: frozenset[str], lower: str) -> int | None:
    """Returns how many labels a lower-case text lists to choose from; `None` if it lists none.

    Args:
        words: Of the text; those that are not in `KNOWN` may be left out.
        lower: The text in lower case.

    >>> labels_of(frozenset({"label", "as"}), "label it as positive, negative or neutral")
    3
    """
    openings = {_OPENINGS[word] for word in words if word in _OPENINGS}
    most = max((_listed(lower, opening) for opening in openings), default=0)
    if most >= 2:
        return most
    if words.isdisjoint(_EITHER):
        return None
    # In a long text the words stand for something else, such as what a program has to print.
    asked = lower if len(lower) <= _SHORT_CHARS else lower[-_LAST_CHARS:]
    return 2 if any(pair in asked for pair in _YES_NO) else None


def _listed(lower: str, opening: str) -> int:
    most, at = 0, lower.find(opening)
    for _ in range(_MOST_OPENINGS):
        if at < 0:
            break
        end = at + len(opening)
        if opening[0] != " " and (items := _ITEMS.match(lower, end)) is not None:
            most = max(most, len([line for line in items[1].splitlines() if line.strip()]))
        line = lower.find("\n", end, end + _REACH)
        reach = end + _REACH if line < 0 else line
        for start in [end, *(found.end() for found in _BEGINNINGS.finditer(lower, end, reach))]:
            if (found := _LIST.match(lower, start)) is not None:
                most = max(most, len([part for part in _BETWEEN.split(found[0]) if part.strip()]))
        at = lower.find(opening, end)
    return most

"""How many labels a text lists to choose from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_MOST_CHARS = 1_600
"""Of a longer text the head and the tail are read: a list of labels stands beside what is asked."""
_CUES = (
    "label", "categor", "class", "klass", "kategor", "intent", "option", "topic", "one of",
    "either", "choose", "pick ", "select", "choices", "allowed", "values", "among", "between",
    "answer", "reply", "respond", "return", "output", "decide", "whether", "is this", "is the",
    "is it", "code", "department", "type", "section", "team", "sentiment", "priority", " as ",
    "into", "antwort", "ordne", "réponds", "parmi", "clasifica", "opciones", "opções", "entre",
    "分类", "归类", "判断", "分類", "判定", "选择", "選",
)  # fmt: skip
_LABEL = r"[\"'`«„“]?[^\W_][\w&'\u2019>-]{0,30}(?: [\w&'\u2019>-]{1,24}){0,3}[\"'`»“”]?"
_BETWEEN = r"(?:\s*[,/|;、,]\s*(?:or |and |oder |und |ou |et |o |y |e )?| (?:or|oder|ou|o|versus|vs\.?) |还是|または)"


def _lists_of(label: str) -> re.Pattern[str]:
    return re.compile(f"{label}(?:{_BETWEEN}{label}){{1,60}}")


# A word gives no letters back, so that a line without a list is left soon: nothing that parts labels begins with one,
_LIST = _lists_of(_LABEL.replace("30}", "30}+").replace("24}", "24}+"))
# but for these words, which stand between labels without spaces.
_UNSPACED_BETWEEN = ("还是", "または")
_UNSPACED_LIST = _lists_of(_LABEL)
_SPLIT = re.compile(_BETWEEN)
_ITEMS = re.compile(r"\n[ \t]*(?:[-*•]|\(?\w{1,3}[.):]|\d{1,3})[ \t]+(?=\S)")
_CHOICE = re.compile(r"[/|]| (?:or|oder|ou|o|versus|vs\.?) |还是|または")
_FOREIGN_SIGNS = ("\uff1a", "还是", "または")
_SIGNS = (" or ", "/", "|", ":", " oder ", " ou ", " o ", *_FOREIGN_SIGNS)
SIGN_WORDS = frozenset(["or", "oder", "ou", "o"])
_WINDOW_CHARS = 300
WINDOWS = 1_024
"""How many such places are remembered; one takes some 400 bytes."""
_NOT_LABELS = frozenset(["etc", "please", "e.g", "i.e"])
"""Words that stand in lists and are none of their members."""


def may_list(words: Iterable[str], text: str) -> bool:
    """Returns whether a text may list labels: quicker than `label_count`, which lists none where this is false.

    Args:
        words: Of the text, as `words_of` parts them.
        text: In lower case.

    >>> may_list(["yes", "or", "no"], "yes or no"), may_list(["hello"], "hello")
    (True, False)
    """
    return (
        not SIGN_WORDS.isdisjoint(words)
        or "/" in text
        or "|" in text
        or ":" in text
        or (not text.isascii() and any(sign in text for sign in _FOREIGN_SIGNS))
    )


def label_count(text: str) -> int | None:
    """Returns how many labels a lower-case text lists to choose from; `None` if it lists none.

    The longest list shortly after a word such as label, category, choose or answer counts.

    >>> label_count("label it as positive, negative or neutral"), label_count("hello")
    (3, None)
    """
    if len(text) > _MOST_CHARS:
        text = text[: _MOST_CHARS // 2] + "\n" + text[-_MOST_CHARS // 2 :]
    if not any(sign in text for sign in _SIGNS):
        return None
    # By line, so that a line with several of the words is looked at once.
    starts: dict[int, int] = {}
    for cue in _CUES:
        at = text.find(cue)
        if at >= 0:
            line = text.rfind("\n", 0, at)
            starts[line] = min(starts.get(line, at), at + len(cue))
    counts = (_counted(text[start : start + _WINDOW_CHARS]) for start in starts.values())
    most = max(filter(None, counts), default=0)
    return most if most >= 2 else None


# Lines of instructions come again with other questions, and to find a list in one takes 50 us and more.
@lru_cache(maxsize=WINDOWS)
def _counted(window: str) -> int | None:
    """Returns how many labels the first list of a text has."""
    line = window.partition("\n")[0]
    # Most lines list nothing that counts, which is seen sooner than every list that could begin in them is tried.
    listing = _CHOICE.search(line) or (":" in line and line.count(",") + line.count("、") > 1)
    if not listing:
        return _items(line, window)
    unspaced = not line.isascii() and any(word in line for word in _UNSPACED_BETWEEN)
    for found in (_UNSPACED_LIST if unspaced else _LIST).finditer(line):
        listed = found[0]
        # Commas alone make a list only behind a colon: "as discussed, the offer" is none.
        behind_colon = ":" in line[: found.start()] and listed.count(",") + listed.count("、") > 1
        if behind_colon or _CHOICE.search(listed):
            return len([part for part in _SPLIT.split(listed) if part.strip() not in _NOT_LABELS])
    return _items(line, window)


def forget() -> None:
    """Forgets every text that was read: for measurements. No count depends on it."""
    _counted.cache_clear()


def _items(line: str, window: str) -> int | None:
    items = _ITEMS.findall(window) if ":" in line else []
    return len(items) if len(items) > 1 else None

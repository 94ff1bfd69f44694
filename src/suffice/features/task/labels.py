"""How many labels a text lists to choose from."""

from __future__ import annotations

import re

_MOST_CHARS = 1_600
"""Of a longer text the head and the tail are read: a list of labels stands beside what is asked."""
_CUE = re.compile(
    r"label|categor|class|klass|kategor|intent|option|topic|\btag|\bone of|either|choose|pick|select|choices|allowed|"
    r"values|among|between|answer|reply|respond|return|output|decide|whether|\bis (?:this|the|it)|codes?\b|departments?|"
    r"types?\b|sections?\b|teams?\b|sentiment|priority|\bas\b|\binto\b|antwort|ordne|réponds|parmi|clasifica|responde|"
    r"opciones|opções|entre\b|分类|归类|判断|分類|いずれか|判定|选择|選"
)
_LABEL = r"[\"'`«„“]?[^\W_][\w&'’>-]{0,30}(?: [\w&'’>-]{1,24}){0,3}[\"'`»“”]?"
_BETWEEN = r"(?:\s*[,/|;、,]\s*(?:or |and |oder |und |ou |et |o |y |e )?| (?:or|oder|ou|o|versus|vs\.?) |还是|または)"
_LIST = re.compile(f"{_LABEL}(?:{_BETWEEN}{_LABEL}){{1,60}}")
_SPLIT = re.compile(_BETWEEN)
_ITEMS = re.compile(r"\n[ \t]*(?:[-*•]|\(?\w{1,3}[.):]|\d{1,3})[ \t]+(?=\S)")
_CHOICE = re.compile(r"[/|]| (?:or|oder|ou|o|versus|vs\.?) |还是|または")
_WINDOW_CHARS = 300
_NOT_LABELS = frozenset(["etc", "please", "e.g", "i.e"])
"""Words that stand in lists and are none of their members."""


def label_count(text: str) -> int | None:
    """Returns how many labels a lower-case text lists to choose from; `None` if it lists none.

    The longest list shortly after a word such as label, category, choose or answer counts.

    >>> label_count("label it as positive, negative or neutral"), label_count("hello")
    (3, None)
    """
    if len(text) > _MOST_CHARS:
        text = text[: _MOST_CHARS // 2] + "\n" + text[-_MOST_CHARS // 2 :]
    most, read_to = 0, 0
    for cue in _CUE.finditer(text):
        if cue.start() < read_to:
            continue
        window = text[cue.end() : cue.end() + _WINDOW_CHARS]
        if (found := _counted(window)) is not None:
            most, read_to = max(most, found[0]), cue.end() + found[1]
    return most if most >= 2 else None


def _counted(window: str) -> tuple[int, int] | None:
    """Returns how many labels the first list of a text has and where the list ends."""
    line = window.partition("\n")[0]
    found = _LIST.search(line)
    if found is not None and found.start() < _WINDOW_CHARS // 2:
        listed = found[0]
        # Commas alone make a list only behind a colon: "as discussed, the offer" is none.
        if _CHOICE.search(listed) or (":" in line[: found.start()] and listed.count(",") + listed.count("、") > 1):
            return len([part for part in _SPLIT.split(listed) if part.strip() not in _NOT_LABELS]), found.end()
    items = _ITEMS.findall(window) if ":" in line else []
    return (len(items), len(line)) if len(items) > 1 else None

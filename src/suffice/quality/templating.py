"""Finds the templates in a lot of prompts: beginnings that many of them share. For fitting; see `quality.templates`.

A tree of words: from the root on, every branch that enough prompts take is followed; where the prompts part, what they
shared up to there is a template, if enough of them are left over and it says something. Source: the idea of a fixed
depth tree of masked words is Drain's (He, Zhu, Zheng and Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth
Tree", ICWS 2017); that branches are cut by support, not by similarity, is a house heuristic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from suffice.quality.templates import END, MASK

TELLING_WORDS = 4
"""A beginning of fewer words that say something is no template: "can you tell me the"."""
_PLAIN = frozenset(
    """a about all also am an and answer any are as assistant at be by can could do does following for from give given
    have hello helpful hi how i if in into is it its ai keep language let like make may me model more must my need no
    not of on one only or our out please provide question respond should so some tell that the their them then there
    these they this to up us use user using want was we were what when where which who why will with would you your"""
    .split()
)  # fmt: skip
Words = Sequence[str]


def find_templates(texts: Sequence[Words], *, support: int) -> list[tuple[str, ...]]:
    """Returns the beginnings that texts share.

    Args:
        texts: Masked words of each, as `suffice.quality.templates.ends_of` gives them.
        support: How many texts a template needs.

    Returns:
        Those with the most texts first; a text may begin with several, and the longest counts.
    """
    found = sorted(_grow(list(texts), support), key=lambda pair: (-pair[0], pair[1]))
    return [words for _, words in found]


def is_plain(word: str) -> bool:
    """Tells whether a word says nothing about what a prompt is for."""
    return word in _PLAIN


def telling(words: Words) -> list[str]:
    """Returns the words of a template that say something."""
    return [word for word in words if word not in _PLAIN and word not in {END, MASK} and len(word) > 1]


def _grow(texts: list[Words], support: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    nothing: tuple[str, ...] = ()
    waiting = [(nothing, 0, texts)] if len(texts) >= support else []
    while waiting:
        prefix, shared, members = waiting.pop()
        branches: dict[str, list[Words]] = defaultdict(list)
        for words in members:
            branches[words[len(prefix)] if len(words) > len(prefix) else ""].append(words)
        large = {word: branch for word, branch in branches.items() if word and len(branch) >= support}
        left = len(members) - sum(map(len, large.values()))
        # What varies begins at times with the same word by chance: that is no template within the template.
        if left >= support and _says_something(prefix[shared:]):
            yield left, prefix
            shared = len(prefix)
        waiting.extend(((*prefix, word), shared, branch) for word, branch in large.items())


def _says_something(words: tuple[str, ...]) -> bool:
    # A whole text that many send is one of a program, however short it is.
    return len(set(telling(words))) >= (1 if words and words[-1] == END else TELLING_WORDS)

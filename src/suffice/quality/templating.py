"""Finds the templates in a lot of prompts: beginnings that many of them share. For fitting; see `quality.templates`.

A tree of words: from the root on, every branch that enough prompts take is followed; where the prompts part, what they
shared up to there is a template, if enough of them are left over and it says something. Source: the idea of a fixed
depth tree of masked words is Drain's (He, Zhu, Zheng and Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth
Tree", ICWS 2017); that branches are cut by support, not by similarity, is a house heuristic.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from suffice.quality.templates import END, MASK

TELLING_WORDS = 4
"""A beginning of fewer words that say something is no template: "can you tell me the"."""
_TELLING_AFTER, _ALIKE = 3, 0.8
"""Forms of one template: so many words that say something after the one in which they differ, and this share alike."""
_PLAIN = frozenset(
    word
    for line in (
        "a about ai all also am an and answer any are as assistant at be by can could current date day do does",
        "following for from give given have hello helpful hi how i if in into is it its keep language let like make",
        "may me model more must my need no not of on one only or our out please provide question respond should so",
        "some tell that the their them then there these they this time to today up us use user using want was we were",
        "what when where which who why will with would you your",
    )
    for word in line.split()
)
Words = Sequence[str]


def find_templates(texts: Sequence[Words], *, support: int) -> list[list[tuple[str, ...]]]:
    """Returns the beginnings that texts share.

    Args:
        texts: Masked words of each, as `suffice.quality.templates` reads them.
        support: How many texts a template needs.

    Returns:
        A list for each template, those with the most texts first: its forms, which differ in a word that is filled in.
        A text may begin with several, and the longest counts.
    """
    found: list[tuple[int, tuple[str, ...]]] = []
    if len(texts) >= support:
        _grow((), 0, texts, support, found)
    families: list[list[tuple[str, ...]]] = []
    for _, words in sorted(found, key=lambda pair: (-pair[0], pair[1])):
        like = next((family for family in families if _same_but_for_a_word(family[0], words)), None)
        if like is None:
            families.append([words])
        else:
            like.append(words)
    return families


def is_plain(word: str) -> bool:
    """Tells whether a word says nothing about what a prompt is for."""
    return word in _PLAIN


def telling(words: Words) -> list[str]:
    """Returns the words of a template that say something."""
    return [word for word in words if word not in _PLAIN and word not in {END, MASK} and len(word) > 1]


def _grow(
    prefix: tuple[str, ...],
    fork: int,
    members: Sequence[Words],
    support: int,
    found: list[tuple[int, tuple[str, ...]]],
) -> int:
    """Adds the templates that begin with the prefix; returns how many members none of them covers.

    Past a fork, only what is said from there on makes a template of its own: words that are filled in fork as well.
    """
    branches: dict[str, list[Words]] = defaultdict(list)
    for words in members:
        branches[words[len(prefix)] if len(words) > len(prefix) else ""].append(words)
    large = {word: branch for word, branch in branches.items() if word and len(branch) >= support}
    left = len(members) - sum(map(len, large.values()))
    inner = len(prefix) if len(large) > 1 or left >= support else fork
    for word, branch in large.items():
        left += _grow((*prefix, word), inner, branch, support, found)
    if left >= support and _says_something(prefix[fork:]):
        found.append((left, prefix))
        return 0
    return left


def _says_something(words: tuple[str, ...]) -> bool:
    # A whole text that many send is one of a program, however short it is.
    return len(set(telling(words))) >= (1 if words and words[-1] == END else TELLING_WORDS)


def _same_but_for_a_word(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tells whether two templates go on alike after the first word in which they differ."""
    shorter = min(len(one), len(other))
    at = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    pairs = list(zip(one[at + 1 :], other[at + 1 :], strict=False))
    same = [word for word, against in pairs if word == against]
    return len(same) >= _ALIKE * len(pairs) and len(set(telling(same))) >= _TELLING_AFTER

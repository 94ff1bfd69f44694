"""Readable names of buckets from the words that set them apart. Made of `a-z 0-9 - / :`; each is given once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from suffice.quality.fingerprint import load as fingerprint_table
from suffice.quality.templating import is_plain
from suffice.quality.view import LESS, MORE

_WORD = re.compile(r"[a-z]{3,20}")
_IN_A_NAME, _IN_A_LABEL = 3, 2
_RARE = 0.08
"""Share of a cluster's prompts below which a word does not name it: it may be somebody's name."""
_UNKNOWN_WORD = 1.0
_TELLING_WEIGHT = 0.8
"""Of a word that says as much as any: among these the first ones name a template."""


class Names:
    """Names that were given; the next one differs from all of them.

    Args:
        taken: Those that may not be given, such as the clients' own tags.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def give(self, wanted: str) -> str:
        """Returns the name, with a number if another one has it."""
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}-{number}"
        self._taken.add(name)
        return name


def template_name(words: Sequence[str], shared: Mapping[str, int]) -> str:
    """Returns the words that tell a template from the others, in their order, joined by dashes.

    Args:
        words: Of the template, in order.
        shared: In how many templates a word is.

    Returns:
        Empty if no word can be used.
    """
    usable = [word for word in dict.fromkeys(words) if _WORD.fullmatch(word) and not is_plain(word)]
    worth = {word: min(weight_of(word), _TELLING_WEIGHT) / shared.get(word, 1) for word in usable}
    told = sorted(usable, key=lambda word: (-worth[word], usable.index(word)))
    chosen = set(told[:_IN_A_NAME])
    return "-".join(word for word in usable if word in chosen)


def label_words(clusters: Sequence[Sequence[frozenset[str]]]) -> list[str]:
    """Returns two words for each cluster that are frequent there and less so in the others; empty if there are none.

    Args:
        clusters: The words of each prompt, cluster by cluster.
    """
    counts = [Counter(word for prompt in prompts for word in prompt) for prompts in clusters]
    total = sum(counts, Counter[str]())
    every = sum(map(len, clusters))
    return [
        "-".join(_telling(mine, len(prompts), total, every))
        for mine, prompts in zip(counts, clusters, strict=True)
    ]


def shape_label(deviation: NDArray[np.float32]) -> str:
    """Returns what a cluster is called whose prompts share no words: the two ways in which their shape differs most.

    Args:
        deviation: Of its usual shape from the group's, in standard deviations, shape (len(SHAPE),).
    """
    most = np.argsort(-np.abs(deviation), kind="stable")[:_IN_A_LABEL]
    return "-".join((MORE if deviation[place] > 0 else LESS)[place] for place in most)


def weight_of(word: str) -> float:
    """Returns how much a word says, in [0, 1], by its vector's length: frequent words say less."""
    table = fingerprint_table()
    key = crc32(word.encode())
    place = int(table.keys.searchsorted(np.uint32(key)))
    if place >= table.keys.size or int(table.keys[place]) != key:
        return _UNKNOWN_WORD
    row = table.rows[place].astype(np.float32)
    return float(table.scale[place]) * float(np.sqrt(row @ row))


def _telling(mine: Counter[str], size: int, total: Counter[str], every: int) -> list[str]:
    def worth(word: str) -> float:
        here = mine[word] / size
        elsewhere = (total[word] - mine[word]) / max(every - size, 1)
        return here * float(np.log((here + 0.02) / (elsewhere + 0.02)))

    usable = (word for word, count in mine.items() if count >= max(2, _RARE * size))
    words = [word for word in usable if _WORD.fullmatch(word) and not is_plain(word) and worth(word) > 0]
    return sorted(words, key=lambda word: (-worth(word), word))[:_IN_A_LABEL]

"""What like prompts are told apart by: what they are about (the fingerprint), and their shape.

The shape says what words do not: how long a question is, whether it has formulas or code, whether it asks or orders,
how many tools there are to choose from and how near they come to what is asked.
"""

from __future__ import annotations

import math
import re

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.features import Features
from suffice.features.grams import hashes_of
from suffice.features.recent import Recent
from suffice.quality.fingerprint import embed

Vector = NDArray[np.float32]

SHAPE = (
    "question_tokens", "numbers", "asks", "formulas", "items", "options", "code", "first_person", "tools",
    "parameters", "depth", "tools_near",
)  # fmt: skip
"""What the values of a shape are, in order."""
MORE = (
    "long", "numbers", "asking", "formulas", "lists", "choices", "code", "personal", "many-tools", "many-parameters",
    "nested", "fitting-tools",
)  # fmt: skip
LESS = (
    "short", "no-numbers", "telling", "no-formulas", "no-lists", "no-choices", "no-code", "impersonal", "few-tools",
    "few-parameters", "flat", "unfitting-tools",
)  # fmt: skip
"""What prompts with more, or less, of it are called."""
ENTRIES, ENTRY_BYTES = 1_024, 1_000
_FIRST_PERSON = frozenset({"i", "my", "me", "we", "our", "i'm"})
_CODE = ("_", "(", "`", "{", ";")
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_recent: Recent[Vector] = Recent(ENTRIES, ENTRIES * ENTRY_BYTES, lambda _: ENTRY_BYTES)


class View(msgspec.Struct, frozen=True):
    """One prompt."""

    fingerprint: Vector
    """Shape (d,); zeros if the prompt has no word."""
    shape: Vector
    """Shape (len(SHAPE),)."""


def view_of(features: Features) -> View:
    """Returns how a request's prompt looks."""
    fingerprint = embed(features.hashes)
    marks, tools, question = features.marks, features.tools, features.question
    numbers = (
        math.log1p(features.question_tokens),
        math.log1p(marks.numbers),
        float(marks.questions > 0),
        math.log1p(marks.formulas),
        math.log1p(marks.items),
        math.log1p(marks.options),
        math.log1p(sum(map(question.count, _CODE))),
        float(len(_FIRST_PERSON & features.words)),
    )
    offered = (0.0, 0.0, 0.0, 0.0)
    if tools is not None:
        near = float(fingerprint @ _meaning(tools.names))
        offered = (math.log1p(tools.count), math.log1p(tools.parameters), float(tools.depth), near)
    return View(fingerprint, np.array(numbers + offered, np.float32))


def forget() -> None:
    """Forgets the tools that were seen: for measurements."""
    _recent.clear()


def _meaning(names: tuple[str, ...]) -> Vector:
    found = _recent.get(names)
    if found is None:
        found = embed(hashes_of(" ".join(pieces(" ".join(names)))))
        _recent.put(names, found)
    return found


def pieces(name: str) -> list[str]:
    """Returns the words that a name is made of, in lower case.

    >>> pieces("getUserName v2, list_files")
    ['get', 'user', 'name', 'v', '2', 'list', 'files']
    """
    return [piece.lower() for piece in _PIECES.findall(name)]

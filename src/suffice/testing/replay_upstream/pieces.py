"""Cuts a text into the pieces that a provider streams, and frames them as server-sent events."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_TOKENS = re.compile(r"\s?\w{1,6}|\s?[^\w\s]{1,3}|\s+")
"""Roughly how a tokenizer cuts; every character is in exactly one token."""

_ENCODE = msgspec.json.Encoder().encode


def pieces(text: str, sizes: tuple[int, ...]) -> Iterator[str]:
    """Cuts a text into pieces of a few tokens each; joined they give the text again.

    Args:
        text: Any text; an empty one gives no piece.
        sizes: Tokens in the first, second ... piece, over and over.

    >>> list(pieces("The invoice is overdue.", (1, 2)))
    ['The', ' invoice', ' is', ' overdue', '.']
    """
    tokens = (match[0] for match in _TOKENS.finditer(text))
    for size in itertools.cycle(sizes):
        piece = "".join(itertools.islice(tokens, size))
        if not piece:
            return
        yield piece


def data_event(data: Mapping[str, Any]) -> bytes:
    """Frames an event without a name, as chat completions do."""
    return b"data: " + _ENCODE(data) + b"\n\n"


def named_event(data: Mapping[str, Any]) -> bytes:
    """Frames an event under the name that its `type` gives."""
    return b"event: " + str(data["type"]).encode() + b"\n" + data_event(data)

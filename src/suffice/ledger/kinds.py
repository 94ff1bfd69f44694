"""Tokens by what is charged for them apart, as five counts that do not overlap, and their arithmetic. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from suffice.ledger.entry import RateCard
from suffice.types import Usage

KINDS = ("uncached_input", "cache_read", "cache_write_5m", "cache_write_1h", "output")
Kinds: TypeAlias = tuple[int, int, int, int, int]
"""Tokens in the order of `KINDS`; as a difference they may be negative."""
NOTHING: Kinds = (0, 0, 0, 0, 0)
OUTPUT = 4


def kinds_of(usage: Usage) -> Kinds:
    """Returns the tokens of a call.

    >>> kinds_of(Usage(input_tokens=100, output_tokens=7, cache_read_tokens=80, cache_write_tokens=5))
    (15, 80, 5, 0, 7)
    """
    hour = usage.cache_write_1h_tokens
    return (
        usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens - hour,
        hour,
        usage.output_tokens,
    )


def plus(one: Kinds, other: Kinds) -> Kinds:
    """Returns the sum, kind by kind."""
    a, b, c, d, e = one
    v, w, x, y, z = other
    return (a + v, b + w, c + x, d + y, e + z)


def minus(one: Kinds, other: Kinds) -> Kinds:
    """Returns the difference, kind by kind."""
    a, b, c, d, e = one
    v, w, x, y, z = other
    return (a - v, b - w, c - x, d - y, e - z)


def picos_of(tokens: Kinds, card: RateCard) -> int | None:
    """Returns what tokens cost at these rates, in picodollars; `None` if one of them has no rate.

    As in `suffice.ledger.pricing`, cache writes without a rate of their own are ordinary input.
    """
    write = card.input if card.cache_write is None else card.cache_write
    rates = (card.input, card.cache_read, write, card.cache_write_1h, card.output)
    picos = 0
    for count, rate in zip(tokens, rates, strict=True):
        if count and rate is None:
            return None
        picos += count * (rate or 0)
    return picos


def one_way(parts: Sequence[int]) -> tuple[list[int], list[int]]:
    """Divides a difference into what changed the sum, all of one sign, and what only moved between its parts.

    Args:
        parts: The difference, part by part.

    Returns:
        Two lists that add up to `parts`: the first has no two signs and the whole sum, the second sums to 0.

    >>> one_way([-30, 40, 0])
    ([0, 10, 0], [-30, 30, 0])
    """
    sign = -1 if sum(parts) < 0 else 1
    against = sum(max(0, -sign * part) for part in parts)
    kept = []
    for part in parts:
        right = max(0, sign * part)
        taken = min(right, against)
        against -= taken
        kept.append(sign * (right - taken))
    return kept, [part - keep for part, keep in zip(parts, kept, strict=True)]


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Divides a whole amount by weights, so that the shares add up to it.

    Args:
        amount: May be negative.
        weights: None is negative; equal parts if all are 0.

    >>> apportion(10, [1, 1, 1]), apportion(-7, [0, 3, 4])
    ([3, 3, 4], [0, -3, -4])
    """
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    shares, before, weight = [], 0, 0
    for one in weights:
        weight += one
        reached = amount * weight // whole
        shares.append(reached - before)
        before = reached
    return shares

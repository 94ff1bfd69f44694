"""How long a candidate's answers are beside the baseline's: what corrects a projection of same tokens. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

import msgspec

VERBOSITY_PERCENT = 30
"""By how much longer or shorter than taken answers may be, where no trial has seen any; house heuristic."""

Basis = Literal["trial", "outcomes", "unknown"]
"""Answers to the same requests in a trial; a factor that was fitted on outcomes; or nothing, so that the baseline's
length is taken."""


class Length(msgspec.Struct, frozen=True, kw_only=True):
    """Of one candidate in one use case."""

    bucket: str
    baseline: str
    """The catalog's name."""
    candidate: str
    """The catalog's name."""
    basis: Basis = "unknown"
    ratio: float = 1.0
    """Output tokens of the candidate for each of the baseline's."""
    reach: float = VERBOSITY_PERCENT / 100
    """Half the width of `ratio`'s 95% interval where a trial saw it; else of a sensitivity band."""
    units: int = 0
    """Requests that both answered."""


class LengthOf(Protocol):
    """Tells lengths."""

    def __call__(self, bucket: str, baseline: str, candidate: str) -> Length:
        """Returns the length of a candidate in a use case, models by any name."""


def unknown_length(bucket: str, baseline: str, candidate: str) -> Length:
    """Returns what is taken where nothing is known."""
    return Length(bucket=bucket, baseline=baseline, candidate=candidate)


def longer(costs: Mapping[Length, int]) -> int:
    """Returns how much more than at the baseline's length answers cost, rounded; negative where they are shorter.

    Args:
        costs: Of the answers at the baseline's length, by how long they are taken to be.
    """
    return round(math.fsum(cost * (length.ratio - 1) for length, cost in costs.items()))


def reach_of(costs: Mapping[Length, int]) -> int:
    """Returns how far off that may be, to either side, rounded up.

    What trials saw of different use cases and models errs independently, and adds up in squares; where no trial saw
    anything all answers may be longer together.

    Args:
        costs: As in `longer`.

    >>> trial = Length(bucket="a", baseline="big", candidate="small", basis="trial", reach=0.1)
    >>> other = msgspec.structs.replace(trial, bucket="b")
    >>> reach_of({trial: 30, other: 40}), reach_of({unknown_length("a", "big", "small"): 100})
    (5, 30)
    """
    seen = math.hypot(*(length.reach * cost for length, cost in costs.items() if length.basis == "trial"))
    unseen = math.fsum(length.reach * cost for length, cost in costs.items() if length.basis != "trial")
    return math.ceil(round(seen + unseen, 3))


class Rested(msgspec.Struct, frozen=True, kw_only=True):
    """What a projection's lengths rest on, of one basis."""

    basis: Basis
    share: float
    """Of the answers' cost at the baseline's length, in [0, 1]."""
    use_cases: int
    units: int
    shortest: float
    """The lowest ratio, and the highest."""
    longest: float


def rested(costs: Mapping[Length, int]) -> tuple[Rested, ...]:
    """Returns what lengths rest on, the largest share first.

    Args:
        costs: As in `longer`.

    Returns:
        Empty if the answers cost nothing, or have no price.
    """
    whole = sum(costs.values())
    if not whole:
        return ()
    bases: Iterable[Basis] = ("trial", "outcomes", "unknown")
    found = []
    for basis in bases:
        own = {length: cost for length, cost in costs.items() if length.basis == basis}
        if not own:
            continue
        found.append(
            Rested(
                basis=basis,
                share=sum(own.values()) / whole,
                use_cases=len({length.bucket for length in own}),
                units=sum(length.units for length in own),
                shortest=min(length.ratio for length in own),
                longest=max(length.ratio for length in own),
            )
        )
    return tuple(sorted(found, key=lambda one: -one.share))

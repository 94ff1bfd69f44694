"""LEARN: which requests of a use case a trial asks, and in which order: at random, without replacement, in strata.

1. The calls are ordered by prompt length and cut into strata of equal size, so that a few long prompts cannot be
   missed or met twice as often as they occur.
2. Each stratum is put into random order. A block is the next unit of each stratum.
3. Calls that do not fill up the strata, fewer than there are strata, are set aside at random before the cut. They are
   never asked; a trial's population is the rest, and both numbers are said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

STRATA = 4
"""Divides a round of 20; more strata gain little and set more calls aside. House heuristic."""
_FEWEST_PER_STRATUM = 20


class Unit(msgspec.Struct, frozen=True, array_like=True):
    """One request that may be asked."""

    id: str
    """Of the logged call."""
    stratum: int
    """From 0, by prompt length."""
    twice: bool = False
    """The baseline answers it a second time, for the noise floor."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A sample in the order in which it is asked."""

    units: tuple[Unit, ...]
    """Block after block: unit i is of stratum i modulo `strata`."""
    strata: int
    population: int
    """Calls that could have been drawn; a multiple of `strata`."""
    set_aside: int
    """Calls left over, at most `strata` - 1."""

    @property
    def whole(self) -> bool:
        """Whether every call of the population is among the units."""
        return len(self.units) == self.population


def strata_for(population: int) -> int:
    """Returns how many strata a use case of this size is cut into: one where it is small.

    >>> strata_for(79), strata_for(80)
    (1, 4)
    """
    return STRATA if population >= STRATA * _FEWEST_PER_STRATUM else 1


def draw(
    lengths: Sequence[tuple[str, int]],
    *,
    strata: int,
    most: int,
    twice_share: float,
    rng: np.random.Generator,
) -> Drawn:
    """Returns calls in the random order in which a trial asks them.

    Args:
        lengths: Id and prompt length of every call of the use case; the unit of length does not matter. Its own order
            does, for the same draw twice.
        strata: How many; at least 1.
        most: Units that are kept at most, in whole blocks; the rest of the population is never asked.
        twice_share: Share of units, in [0, 1], that the baseline answers twice.
        rng: Where chance comes from.

    Raises:
        ValueError: There are no strata.

    Source: proportional allocation with equal strata: Cochran, "Sampling Techniques" (1977), section 5.5.
    """
    if strata < 1:
        raise ValueError("a sample has at least one stratum")
    set_aside = len(lengths) % strata
    shuffled = rng.permutation(len(lengths))
    kept = shuffled[set_aside:]
    # Stable: calls of one length stay in random order, so ties at a cut fall to either side by chance.
    ordered = kept[np.argsort([lengths[at][1] for at in kept], kind="stable")]
    by_stratum = [rng.permutation(part) for part in np.split(ordered, strata)]
    blocks = min(len(kept), most) // strata
    order = [int(by_stratum[stratum][block]) for block in range(blocks) for stratum in range(strata)]
    twice = _spread(len(order), twice_share, rng)
    units = tuple(Unit(lengths[at][0], place % strata, place in twice) for place, at in enumerate(order))
    return Drawn(units=units, strata=strata, population=len(kept), set_aside=set_aside)


def _spread(count: int, share: float, rng: np.random.Generator) -> frozenset[int]:
    """Chooses places so that each stretch of 1/share has one, at random within it: a short run has its part too."""
    if share <= 0:
        return frozenset()
    stretch = 1 / share
    starts = np.arange(0, count, stretch)
    places = np.floor(starts + rng.random(len(starts)) * stretch).astype(int)
    return frozenset(int(place) for place in places if place < count)


def digest_of(ids: Iterable[str]) -> str:
    """Returns the digest by which a certificate names the sample that it rests on: 16 hexadecimal digits.

    >>> digest_of(["a", "b"]) == digest_of(["b", "a"])
    True
    """
    digest = hashlib.blake2b(digest_size=8)
    for id_ in sorted(ids):
        digest.update(id_.encode("utf-8", "surrogatepass"))
        digest.update(b"\n")
    return digest.hexdigest()

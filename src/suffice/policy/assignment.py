"""Which arm a session is in: the dice of the holdout and of the ramp, cast by a hash, so that they fall the same again.

With u uniform in [0, 1) from the session, the use case and the salt: u < holdout stays on the baseline for good; of the
rest, the lowest `share` is routed. As a ramp rises nobody who was routed is taken back, and the holdout never changes.
All who were not routed are the control arm of that moment: their probability is on record. Pure.
"""

from __future__ import annotations

import hashlib

import msgspec

from suffice.types import Arm

_WHOLE = float(1 << 64)


class Assignment(msgspec.Struct, frozen=True):
    """Where the dice fell."""

    arm: Arm
    propensity: float
    """Probability of "routed", in [0, 1]."""


def assign(unit: str, bucket: str, *, share: float, holdout: float, salt: str = "") -> Assignment:
    """Returns the arm of a unit in a use case.

    Args:
        unit: The session; a request that has none is its own.
        bucket: The use case: a session may be in different arms of different ones.
        share: Of those outside of the holdout, in [0, 1].
        holdout: Share that stays on the baseline, in [0, 1).
        salt: Of the dice.

    >>> assign("s-1", "faq", share=1.0, holdout=0.0)
    Assignment(arm='routed', propensity=1.0)
    >>> assign("s-1", "faq", share=0.0, holdout=0.05).arm
    'holdout'
    """
    routed = share * (1 - holdout)
    u = draw(unit, bucket, salt)
    return Assignment("routed" if holdout <= u < holdout + routed else "holdout", routed)


def draw(unit: str, bucket: str, salt: str) -> float:
    """Returns a number that is uniform in [0, 1) over units, the same each time."""
    # Lengths part the texts: no two triples hash the same bytes.
    text = f"{len(salt)}:{len(bucket)}:{salt}{bucket}{unit}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / _WHOLE

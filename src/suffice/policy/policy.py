"""What is allowed, as one immutable value named by its fingerprint."""

from __future__ import annotations

import hashlib
from functools import cached_property

import msgspec

from suffice.types import Evidence


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The rules of choice. Two policies of one content have one fingerprint."""

    evidence: Evidence = "prior"
    """The least that an estimate must rest on."""
    bar: float = 0.85
    """The `p_good` that a candidate must reach, in [0, 1]."""

    @cached_property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that name the content."""
        return hashlib.blake2b(msgspec.json.encode(self), digest_size=6).hexdigest()

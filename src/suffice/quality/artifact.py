"""PREDICT: what was learned, as plain data named by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec

from suffice.errors import PolicyError
from suffice.quality.calibration import Platt
from suffice.stats.moments import Moments

VERSION = 1


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one candidate in the place of one baseline."""

    baseline: str
    candidate: str
    buckets: Mapping[str, Moments]
    """Gains by use-case bucket."""
    platt: Platt


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a fit learned."""

    version: int = VERSION
    delta: float = 0.0
    """Tolerance: how much worse an answer may be and still be good."""
    pairs: tuple[Pair, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Names the content: 12 hex digits."""
        return hashlib.sha256(self.encode()).hexdigest()[:12]

    def encode(self) -> bytes:
        """Returns the bytes that `decode` reads."""
        return msgspec.msgpack.encode(self, order="deterministic")

    @staticmethod
    def decode(data: bytes) -> Artifact:
        """Returns the artifact of some bytes.

        Raises:
            PolicyError: They are no artifact that can be used.
        """
        try:
            return msgspec.msgpack.decode(data, type=Artifact)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PolicyError(f"this is no artifact: {error}", code="bad_artifact") from error

"""Who asks the same again: a conversation that is sent once more, after a failure or after an answer.

Kept by each worker for itself, as digests: a repeat that another worker gets is not seen, in either arm alike.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from xxhash import xxh3_128

from suffice.features.recent import SEED

MOST = 20_000
"""Calls that are remembered."""
WITHIN_NS = 600 * 1_000_000_000
"""Ten minutes; what comes later is another try. House heuristic."""

_encode = msgspec.msgpack.Encoder().encode


class Repeats:
    """The last calls of a worker's sessions."""

    def __init__(self) -> None:
        self._ended: OrderedDict[bytes, tuple[int, bool]] = OrderedDict()

    def look(self, session: str, body: Mapping[str, Any], at_ns: int) -> Literal["", "retry", "regenerate"]:
        """Tells whether a session's call was there before.

        Args:
            session: Empty for none: then nothing can be said.
            body: Of the request.
            at_ns: Unix time.

        Returns:
            `retry` if the one before failed, `regenerate` if it was answered, else nothing.
        """
        if not session:
            return ""
        before = self._ended.get(_key(session, body))
        if before is None or at_ns - before[0] > WITHIN_NS:
            return ""
        return "regenerate" if before[1] else "retry"

    def note(self, session: str, body: Mapping[str, Any], at_ns: int, *, answered: bool) -> None:
        """Notes how a call ended."""
        if not session:
            return
        key = _key(session, body)
        self._ended[key] = (at_ns, answered)
        self._ended.move_to_end(key)
        if len(self._ended) > MOST:
            self._ended.popitem(last=False)


def _key(session: str, body: Mapping[str, Any]) -> bytes:
    # Only what was said: who asks again may do so with another temperature or another limit.
    said = _encode([session, body.get("system"), body.get("messages", body.get("input"))])
    return xxh3_128(said, seed=SEED).digest()

"""One call on its way: what is collected of it while its answer passes by, within a bound for all calls together."""

from __future__ import annotations

import threading
from typing import Literal

from suffice.types import Request

GRANT_BYTES = 64 * 1024
"""Room is taken in pieces of this size."""
Lost = Literal["too_large", "no_room", "no_answer", "broke_off"]
"""Why a call that was drawn was not kept: larger than the setting allows; too many at a time; no whole answer in the
client API's shape; the exchange did not come to its end."""


class Budget:
    """Bytes and captures that may be held at the same time. May be used from several threads."""

    def __init__(self, *, captures: int, size_bytes: int) -> None:
        self._lock = threading.Lock()
        self._captures = captures
        self._bytes = size_bytes

    def take(self, size_bytes: int, *, captures: int = 0) -> bool:
        """Tells whether there was room, which is taken then."""
        with self._lock:
            if captures > self._captures or size_bytes > self._bytes:
                return False
            self._captures -= captures
            self._bytes -= size_bytes
            return True

    def give(self, size_bytes: int, *, captures: int = 0) -> None:
        """Gives room back."""
        with self._lock:
            self._captures += captures
            self._bytes += size_bytes


class Capture:
    """One call that was drawn: what has passed by of its answer.

    Args:
        request: As the client sent it, decoded.
        bucket: The use case.
        lot: The reservoir and the lot of the call.
        limit_bytes: Of the answer's bytes.
        budget: What all captures of the worker may hold.
        held_bytes: Taken from it already.
    """

    __slots__ = (
        "_budget",
        "_limit_bytes",
        "_size",
        "bucket",
        "chunks",
        "events",
        "held_bytes",
        "lost",
        "lot",
        "request",
    )

    def __init__(  # noqa: PLR0913, PLR0917 -- made in one place
        self,
        request: Request,
        bucket: str,
        lot: tuple[str, int],
        limit_bytes: int,
        budget: Budget,
        held_bytes: int,
    ) -> None:
        self.request = request
        self.bucket = bucket
        self.lot = lot
        self.chunks: list[bytes] = []
        self.events = False
        self.lost: Lost | None = None
        self.held_bytes = held_bytes
        self._limit_bytes = limit_bytes
        self._budget = budget
        self._size = 0

    def take(self, chunk: bytes) -> None:
        """Keeps a chunk on its way to the client. Copies nothing, never raises."""
        if self.lost is not None:
            return
        self._size += len(chunk)
        if self._size > self._limit_bytes:
            self._lose("too_large")
        elif self._size > self.held_bytes and not self._more():
            self._lose("no_room")
        else:
            self.chunks.append(chunk)

    def _more(self) -> bool:
        wanted = max(GRANT_BYTES, self._size - self.held_bytes)
        if not self._budget.take(wanted):
            return False
        self.held_bytes += wanted
        return True

    def _lose(self, why: Lost) -> None:
        self.lost = why
        self.chunks.clear()

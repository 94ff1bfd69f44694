"""Which calls are captured: of each bucket and day a random sample of fixed size, so that rare buckets are represented.

Every call draws a lot, a digest of its id; of a reservoir's calls those with the smallest lots are its sample. The rule
needs no memory of what was drawn, so that the samples of several workers merge into one of all their calls.

Source: Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007, section 2.
"""

from __future__ import annotations

import heapq
from hashlib import blake2b

MOST_RESERVOIRS = 1000
"""Buckets beyond these share one reservoir: a client can invent any number of tags."""
SHARED = "(others)"

_BYTES = 7
_ALL: int = 1 << (8 * _BYTES)


class Reservoirs:
    """The lots that a worker has kept today.

    Args:
        per_bucket: Size of each sample.
        share: Share of all calls that take part at all.
    """

    def __init__(self, *, per_bucket: int, share: float) -> None:
        self.per_bucket = per_bucket
        self._below = round(share * _ALL)
        self._day = ""
        self._kept: dict[str, list[int]] = {}

    def draw(self, call_id: str, bucket: str, day: str) -> tuple[str, int] | None:
        """Returns a call's reservoir and lot, or `None` if it is not in the sample. Costs about a microsecond.

        Args:
            call_id: Of the decision.
            bucket: The use case.
            day: Of its arrival; a new one begins new samples.
        """
        lot = int.from_bytes(blake2b(call_id.encode(), digest_size=_BYTES).digest())
        if lot >= self._below:
            return None
        if day > self._day:
            self._day = day
            self._kept.clear()
        name = bucket if bucket in self._kept or len(self._kept) < MOST_RESERVOIRS else SHARED
        kept = self._kept.get(name)
        # Kept are the negatives: the first is that of the largest lot.
        if kept is not None and len(kept) >= self.per_bucket and lot > -kept[0]:
            return None
        return name, lot

    def keep(self, reservoir: str, lot: int) -> None:
        """Notes that a call that was drawn is captured: a larger lot may make way for it."""
        kept = self._kept.setdefault(reservoir, [])
        if len(kept) < self.per_bucket:
            heapq.heappush(kept, -lot)
        else:
            heapq.heappushpop(kept, -lot)

"""What came of a replay: counts by API, status and failure, and how long answers took."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one request."""

    id: str
    api: str
    stream: bool
    duration_s: float
    """From sending to the last byte, or to the failure."""
    failure: str | None = None
    """In a few words; `None` if the answer was good."""
    said: str = ""
    """The words of the error, if it had any."""


class Tally:
    """Adds results up."""

    def __init__(self) -> None:
        self.ok = 0
        self.failures: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        """For each failure, what the first one of it said."""
        self._apis: Counter[str] = Counter()
        self._durations_s: list[float] = []

    def add(self, result: Result) -> None:
        """Counts one result."""
        self._apis[f"{result.api} streamed" if result.stream else result.api] += 1
        self._durations_s.append(result.duration_s)
        if result.failure is None:
            self.ok += 1
            return
        self.failures[result.failure] += 1
        self.examples.setdefault(result.failure, result.said)

    @property
    def failed(self) -> int:
        """Requests without a good answer."""
        return self.failures.total()

    def summary(self, *, elapsed_s: float, skipped: int, left: int) -> dict[str, Any]:
        """Returns the figures as plain values.

        Args:
            elapsed_s: Seconds the replay took.
            skipped: Requests that an earlier run had done.
            left: Requests that were not sent because the replay was stopped.
        """
        sent = self.ok + self.failed
        ordered = sorted(self._durations_s)
        return {
            "sent": sent,
            "ok": self.ok,
            "failed": self.failed,
            "failures": dict(self.failures.most_common()),
            "skipped": skipped,
            "left": left,
            "by_api": dict(sorted(self._apis.items())),
            "elapsed_s": round(elapsed_s, 3),
            "per_second": round(sent / elapsed_s, 1) if elapsed_s else None,
            "latency_ms": {f"p{share}": _quantile_ms(ordered, share / 100) for share in (50, 95, 99)},
        }


def _quantile_ms(ordered: list[float], share: float) -> float | None:
    """The value below which a share of sorted seconds lies, in milliseconds; `None` of none."""
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000, 2) if ordered else None

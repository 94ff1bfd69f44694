"""How a replay upstream is to behave."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec

from suffice.testing.replay_upstream.faults import NO_FAULTS, FaultRates, Faults, parse_rate


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the recording. A request can ask for its own by the header `x-replay-fault`."""

    port: int = 0
    """0 for any free one."""
    latency_ms: float = 0.0
    """Before the first byte of every answer."""
    chunk_latency_ms: float = 0.0
    """Before each event of a stream but the first."""
    fault_rates: tuple[str, ...] = ()
    """Such as `429=0.01`."""
    seed: int = 0
    """Of the draw of faults."""
    log: Path | None = None
    """A file that gets one JSON line for every request served."""

    def always(self) -> Faults:
        """Returns the faults of every request: `NO_FAULTS` itself if there are none."""
        if not self.latency_ms and not self.chunk_latency_ms:
            return NO_FAULTS
        return Faults(latency_ms=self.latency_ms, chunk_latency_ms=self.chunk_latency_ms)

    def rates(self) -> FaultRates | None:
        """Returns the faults at random, or `None` if there are none.

        Raises:
            ValueError: A rate cannot be read.
        """
        rates = [parse_rate(text) for text in self.fault_rates]
        return FaultRates(rates, random.Random(self.seed)) if rates else None  # noqa: S311 -- not a secret

"""What one scenario has shown, and whether what suffice promises was kept."""

from __future__ import annotations

from math import sqrt
from statistics import quantiles

import msgspec

from faults.asking import Arm
from faults.proxied import Books, Mode
from faults.scenarios import Scenario

_Z = 1.96


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One row."""

    scenario: Scenario
    mode: Mode
    direct: Arm
    proxied: Arm
    books: Books
    calls: tuple[int, int]
    """Of the provider: those of the control, those through suffice."""
    took_s: float

    @property
    def lost(self) -> int | None:
        """Requests that ended well directly and not through suffice, where both asked the same; else `None`."""
        return None if self.scenario.load.seconds else len(self.direct.good - self.proxied.good)

    @property
    def no_worse(self) -> bool:
        """The success rate is no lower: by the request where both asked the same, else within the noise of a share."""
        if self.lost is not None:
            return self.lost == 0
        return self.proxied.share >= self.direct.share or self.difference[0] <= 0

    @property
    def difference(self) -> tuple[float, float]:
        """95% interval of the direct success rate minus that through suffice. Newcombe 1998, method 10."""
        (a, a_low, a_high), (b, b_low, b_high) = _wilson(self.direct), _wilson(self.proxied)
        low = a - b - sqrt((a - a_low) ** 2 + (b_high - b) ** 2)
        high = a - b + sqrt((a_high - a) ** 2 + (b - b_low) ** 2)
        return low, high

    @property
    def kept(self) -> bool:
        """Everything that is promised."""
        return self.no_worse and not self.books.missing and not self.books.doubled and self.books.sound

    def calls_per_request(self) -> tuple[float, float]:
        """Calls that reach the provider for each request: directly, through suffice."""
        return self.calls[0] / max(1, self.direct.asked), self.calls[1] / max(1, self.proxied.asked)

    def slowest_ms(self) -> tuple[float, float]:
        """The 95th percentile of how long a request took, retries included: directly, through suffice."""
        return _p95(self.direct.latencies_ms), _p95(self.proxied.latencies_ms)


def _wilson(arm: Arm) -> tuple[float, float, float]:
    n, p = max(1, arm.asked), arm.share
    middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n)) / (1 + _Z**2 / n)
    return p, middle - half, middle + half


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else 0.0

"""What observation projected, held against what routing brought: shares of what routed traffic would have cost. Pure.

Amounts of two times cannot be compared, traffic changes; shares can.
"""

from __future__ import annotations

import msgspec

from suffice.ledger.lengths import Rested, rested
from suffice.ledger.projection import Projection
from suffice.ledger.savings import Savings


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """A projection and its outcome, each a share of the baseline's cost; `None` where there is none."""

    since_ns: int
    """Of the observation."""
    until_ns: int
    requests: int
    """That a cheaper model would have served."""
    projected: float
    """Share of their cost that the projection says would be saved: modelled, with answers as long as they were then
    known to be."""
    projected_low: float
    """With longer answers."""
    projected_high: float
    """With shorter ones."""
    same_length: float
    """The same share with answers of the baseline's length."""
    lengths: tuple[Rested, ...] = ()
    """What the lengths rest on."""
    measured: float | None
    """Before overhead: a projection knows of none."""
    measured_low: float | None
    measured_high: float | None

    @property
    def error(self) -> float | None:
        """Projected minus measured; `None` if nothing is measured."""
        return None if self.measured is None else self.projected - self.measured

    @property
    def held(self) -> bool | None:
        """The bands overlap; `None` if nothing is measured."""
        if self.measured_low is None or self.measured_high is None:
            return None
        return self.measured_low <= self.projected_high and self.projected_low <= self.measured_high


def scored(projection: Projection, outcome: Savings, *, since_ns: int, until_ns: int) -> Forecast | None:
    """Returns the forecast beside its outcome; `None` if observation saw nothing to route.

    Args:
        projection: Of the traffic before anything was routed.
        outcome: Of the period that is looked at.
        since_ns: When the observation began.
        until_ns: When it ended.
    """
    total = projection.total
    if total.routed_cost_nanos <= 0:
        return None
    low, high = total.band_nanos
    served = sum(one.routed.cost_nanos for one in outcome.strata if one.why is None)
    found = outcome.difference
    whole = None if found is None else served + found.nanos
    shares: tuple[float | None, float | None, float | None] = (None, None, None)
    if found is not None and whole is not None and whole > 0:
        # The served cost is known, so a bound on what was saved is one on what it would have been.
        shares = (
            found.nanos / whole,
            _share(found.low_nanos, served),
            _share(found.high_nanos, served),
        )
    return Forecast(
        since_ns=since_ns,
        until_ns=until_ns,
        requests=total.would_route,
        projected=total.projected_nanos / total.routed_cost_nanos,
        projected_low=low / total.routed_cost_nanos,
        projected_high=high / total.routed_cost_nanos,
        same_length=total.savings_nanos / total.routed_cost_nanos,
        lengths=rested(total.output_picos),
        measured=shares[0],
        measured_low=shares[1],
        measured_high=shares[2],
    )


def _share(saved: int, served: int) -> float | None:
    whole = served + saved
    return saved / whole if whole > 0 else None

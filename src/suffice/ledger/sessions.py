"""Calls folded into the units that savings are measured on: what a session cost in a use case, and on which arm. Pure.

Unit: the calls of one session that could be routed, in one use case, while one probability held, in one period. Its
cost is what their served answers cost; what they were expected to cost on the baseline is taken from the session's
first such call, which was known before any choice. A stratum is the units of one use case and one probability.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from suffice.ledger.leg import Leg

Certified = Callable[[str, str, str, int], bool]
"""Tells of a use case, a baseline, a candidate and a moment (Unix ns) whether a certificate held."""

_DAY_NS = 86_400_000_000_000
LOOK_BACK_NS = 7 * _DAY_NS
"""How far before a period the first call of a session is looked for; house heuristic."""
BY = ("feature", "model", "day")


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of Unix time in nanoseconds; `None` is open."""

    since_ns: int | None = None
    """Included."""
    until_ns: int | None = None
    """Not reached."""

    def covers(self, at_ns: int) -> bool:
        """Tells whether a moment is in it.

        >>> [Period(since_ns=1, until_ns=3).covers(at_ns) for at_ns in (0, 1, 2, 3)]
        [False, True, True, False]
        """
        return (self.since_ns is None or at_ns >= self.since_ns) and (
            self.until_ns is None or at_ns < self.until_ns
        )

    @property
    def look_back_ns(self) -> int | None:
        """From when on served calls have to be read."""
        return None if self.since_ns is None else self.since_ns - LOOK_BACK_NS


class Key(NamedTuple):
    """Names a stratum."""

    bucket: str
    propensity: float | None
    """`None`: no dice were cast."""
    certified: bool
    """A certificate held for these calls when they came."""


class Unit(msgspec.Struct, kw_only=True):
    """One session's calls in a stratum."""

    first: tuple[int, str]
    """Arrival and id of its first call there."""
    arms: set[str]
    calls: int = 0
    cost_nanos: int = 0
    """Of those of its calls whose cost is known."""
    unknown: int = 0
    """Calls of unknown cost."""
    estimated: int = 0
    """Calls whose usage was estimated."""
    expected_nanos: int | None = None
    """What its session's first call in the use case was expected to cost on the baseline."""


class Tally(msgspec.Struct, kw_only=True):
    """Sums over served calls, of what is known of both models' costs."""

    calls: int = 0
    """Routed calls."""
    cost_nanos: int = 0
    """What they cost."""
    baseline_nanos: int = 0
    """What they would have cost: modelled."""
    unknown: int = 0
    """Routed calls without one of the two: in neither sum."""
    weight_nanos: int = 0
    """What all calls of the routed arm would have cost: modelled; what a measured sum is shared out by."""

    @property
    def modelled_nanos(self) -> int:
        """Modelled savings."""
        return self.baseline_nanos - self.cost_nanos

    @staticmethod
    def of(leg: Leg) -> Tally:
        """Returns the sums of one call."""
        if not leg.routed:
            return Tally(weight_nanos=(leg.cost_nanos or 0) if leg.arm == "routed" else 0)
        weight = (leg.baseline_nanos or 0) if leg.arm == "routed" else 0
        if leg.cost_nanos is None or leg.baseline_nanos is None:
            return Tally(calls=1, unknown=1, weight_nanos=weight)
        return Tally(
            calls=1, cost_nanos=leg.cost_nanos, baseline_nanos=leg.baseline_nanos, weight_nanos=weight
        )

    def add(self, other: Tally) -> None:
        """Counts other calls too."""
        self.calls += other.calls
        self.cost_nanos += other.cost_nanos
        self.baseline_nanos += other.baseline_nanos
        self.unknown += other.unknown
        self.weight_nanos += other.weight_nanos

    def plus(self, other: Tally) -> Tally:
        """Returns the sums over both lots of calls."""
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


class Stratum(msgspec.Struct, kw_only=True):
    """All that was seen in one."""

    tally: Tally = msgspec.field(default_factory=Tally)
    units: dict[str, Unit] = msgspec.field(default_factory=dict)
    parts: dict[tuple[str, str], Tally] = msgspec.field(default_factory=dict)
    """By one of `BY` and a name in it."""
    pairs: list[int] = msgspec.field(default_factory=list)
    """Of routed calls that the baseline answered too: its cost minus theirs."""


class Sessions(msgspec.Struct, kw_only=True):
    """A period's calls, folded."""

    strata: dict[Key, Stratum] = msgspec.field(default_factory=dict)
    overhead: Counter[str] = msgspec.field(default_factory=Counter)
    """By kind of leg: what calls cost that were never served."""
    overhead_unknown: Counter[str] = msgspec.field(default_factory=Counter)
    """By kind of leg: calls of unknown cost."""
    dearest_nanos: int | None = None
    """The most that any one call of the period cost; `None` if none is known."""


def fold(served: Iterable[Leg], extra: Iterable[Leg], *, period: Period, certified: Certified) -> Sessions:
    """Folds calls into units, sums and overhead. The order of the calls does not matter.

    Args:
        served: Calls that answered a client; those before the period say only what a session was expected to cost.
        extra: Discarded and shadow calls.
        period: What counts.
        certified: Whether a certificate held.
    """
    found = Sessions()
    shadows: dict[str, int] = {}
    for leg in extra:
        if not period.covers(leg.received_ns):
            continue
        _dearest(found, leg)
        if leg.cost_nanos is None:
            found.overhead_unknown[leg.leg] += 1
        else:
            found.overhead[leg.leg] += leg.cost_nanos
            if leg.leg == "shadow" and not leg.routed:
                shadows[leg.parent] = leg.cost_nanos
    firsts: dict[tuple[str, str], tuple[int, str, int | None]] = {}
    for leg in served:
        if leg.arm:
            seen = (leg.received_ns, leg.id, leg.expected_nanos)
            firsts[leg.bucket, leg.unit] = min(firsts.get((leg.bucket, leg.unit), seen), seen, key=_when)
        if period.covers(leg.received_ns):
            _dearest(found, leg)
            _take(found, leg, shadows, certified)
    for key, stratum in found.strata.items():
        for name, unit in stratum.units.items():
            unit.expected_nanos = firsts[key.bucket, name][2]
    return found


def day_of(unix_ns: int) -> str:
    """Returns the day of a moment, in UTC.

    >>> day_of(1_795_478_400_000_000_000)
    '2026-11-24'
    """
    return _day(unix_ns // _DAY_NS)


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return f"{datetime.fromtimestamp(number * 86_400, UTC):%Y-%m-%d}"


def _take(found: Sessions, leg: Leg, shadows: dict[str, int], certified: Certified) -> None:
    held = certified(leg.bucket, leg.requested_model, leg.candidate, leg.received_ns)
    key = Key(leg.bucket, leg.propensity if leg.arm else None, held)
    stratum = found.strata.setdefault(key, Stratum())
    own = Tally.of(leg)
    stratum.tally.add(own)
    names = (leg.feature, leg.served_model or leg.sent_model or leg.requested_model, day_of(leg.received_ns))
    for part in zip(BY, names, strict=True):
        there = stratum.parts.get(part)
        if there is None:
            there = stratum.parts[part] = Tally()
        there.add(own)
    if leg.routed and leg.cost_nanos is not None and leg.id in shadows:
        stratum.pairs.append(shadows[leg.id] - leg.cost_nanos)
    if not leg.arm:
        return
    first = (leg.received_ns, leg.id)
    unit = stratum.units.setdefault(leg.unit, Unit(first=first, arms=set()))
    unit.first = min(unit.first, first)
    unit.arms.add(leg.arm)
    unit.calls += 1
    unit.cost_nanos += leg.cost_nanos or 0
    unit.unknown += leg.cost_nanos is None
    unit.estimated += leg.grade == "modelled"


def _when(seen: tuple[int, str, int | None]) -> tuple[int, str]:
    return seen[:2]


def _dearest(found: Sessions, leg: Leg) -> None:
    if leg.cost_nanos is not None:
        found.dearest_nanos = max(found.dearest_nanos or 0, leg.cost_nanos)

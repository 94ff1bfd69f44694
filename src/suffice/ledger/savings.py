"""What routing saved: three figures that are never mixed, and what it cost to get there. Pure.

modelled   same tokens x (baseline's price - served price): exact, and blind to what models do differently
measured   from the random holdout (and pairs), with a 95% interval, minus overhead
verified   the lower end of that, over use cases whose certificate held: what a fee is taken of

A stratum without enough sessions on both arms is modelled and never billed. Amounts leave this module as whole
nano-dollars: a stratum's part is rounded to the nearest, the lower end down, the upper end up.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from suffice.ledger.kinds import apportion
from suffice.ledger.lost_cache import LostCache
from suffice.ledger.sessions import BY, Key, Sessions, Stratum, Tally, Unit
from suffice.stats.holdout import FEWEST, Arm, Simulated, Total, simulated, total_of
from suffice.stats.holdout import Stratum as Arms
from suffice.stats.pairs import Paired, combine, paired

LEVEL = 0.95
WHY = {
    "no_dice": "routed without a holdout: modelled, never billed",
    "holdout_small": f"fewer than {FEWEST} sessions in the holdout: modelled, never billed",
    "routed_small": f"fewer than {FEWEST} sessions were routed: modelled, never billed",
}
"""Why a stratum is not measured, in words."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """An amount and its 95% interval, in nano-dollars."""

    nanos: int
    low_nanos: int
    high_nanos: int

    def less(self, nanos: int) -> Range:
        """Returns it with a known amount taken off."""
        return Range(
            nanos=self.nanos - nanos, low_nanos=self.low_nanos - nanos, high_nanos=self.high_nanos - nanos
        )


class ArmSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One arm of a stratum."""

    sessions: int
    """Whose cost is known: those that count."""
    calls: int
    cost_nanos: int
    unknown_sessions: int
    """With a call of unknown cost: kept out."""
    estimated_sessions: int
    """Of `sessions`, those with a call whose usage was estimated."""


class StratumSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One use case while one probability held."""

    bucket: str
    propensity: float | None
    certified: bool
    holdout: ArmSeen
    routed: ArmSeen
    mixed_sessions: int
    """On both arms, because the dice were changed: kept out."""
    tally: Tally
    why: str | None
    """A key of `WHY`; `None` if it is measured."""
    arms_nanos: int | None = None
    """What the routed sessions saved, as the arms alone say."""
    pairs: int = 0
    """Routed calls that the baseline answered too."""
    pairs_nanos: int | None = None
    """What they say of it; `None` where sessions have several calls, or there are too few."""
    measured_nanos: int | None = None
    """Of both together, before overhead."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a table by use case, feature, model or day."""

    name: str
    tally: Tally
    measured_nanos: int | None
    """Before overhead. By use case it is measured; by anything else it is that, shared out by what the calls would
    have cost. `None` if none of these calls is in a measured stratum."""


class Overhead(msgspec.Struct, frozen=True, kw_only=True):
    """What routing itself cost, of one kind."""

    kind: str
    nanos: int
    unknown: int = 0
    """Calls of which that is not known."""
    allowance_nanos: int | None = 0
    """Charged for these: each as much as the period's dearest call; `None` if no cost at all is known."""
    contained: bool = False
    """It is in what served calls cost, and so in what is measured: shown, and not subtracted once more."""

    @property
    def charged_nanos(self) -> int:
        """What is subtracted."""
        return 0 if self.contained else self.nanos + (self.allowance_nanos or 0)


class Savings(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of a period."""

    modelled: Tally
    overhead: tuple[Overhead, ...]
    difference: Range | None
    """What routed sessions cost less than they would have, before overhead; `None` if no stratum is measured."""
    certified_difference: Range | None
    """The same over strata under a certificate."""
    strata: tuple[StratumSeen, ...]
    by: Mapping[str, tuple[Line, ...]]
    """`bucket`, `feature`, `model` and `day`, each dearest first; days in order."""
    lost_cache: tuple[LostCache, ...] = ()
    """By use case; their sum is a line of the overhead."""

    @property
    def overhead_nanos(self) -> int:
        """All that is subtracted."""
        return sum(one.charged_nanos for one in self.overhead)

    @property
    def overhead_bounded(self) -> bool:
        """Nothing of the overhead is beyond knowing."""
        return all(one.allowance_nanos is not None for one in self.overhead)

    @property
    def measured(self) -> Range | None:
        """Net of overhead; `None` if no stratum is measured."""
        return None if self.difference is None else self.difference.less(self.overhead_nanos)

    @property
    def verified_nanos(self) -> int | None:
        """The lower end, net of all overhead; `None` if nothing under a certificate is measured."""
        if self.certified_difference is None or not self.overhead_bounded:
            return None
        return self.certified_difference.low_nanos - self.overhead_nanos

    @property
    def modelled_less_cache_nanos(self) -> int:
        """The modelled savings without what the baseline would have read from its prompt cache."""
        return self.modelled.modelled_nanos - sum(one.modelled_nanos for one in self.lost_cache)

    @property
    def unmeasured(self) -> Tally:
        """What was routed in strata that are not measured: modelled, never billed."""
        return _sum(one.tally for one in self.strata if one.why)


def savings(
    sessions: Sessions,
    spent: Mapping[str, int],
    *,
    lost_cache: tuple[LostCache, ...] = (),
) -> Savings:
    """Returns what routing saved in a period; of the same calls the same to the nano-dollar, whenever it is asked.

    Args:
        sessions: The period's calls.
        spent: Further overhead by kind, such as `trial` and `grader`, in nano-dollars.
        lost_cache: Of the same calls, by use case.
    """
    keys = sorted(sessions.strata, key=_order)
    arms = {key: _arms(sessions.strata[key]) for key in keys}
    pairs = {key: _pairs(sessions.strata[key]) for key in keys}
    why = {key: _why(key, arms[key]) for key in keys}
    measured = [key for key in keys if why[key] is None]
    certified = [key for key in measured if key.certified]
    # Each stratum is simulated once: what is measured and what is verified are told by the same draws.
    drawn = {key: simulated(arms[key], rng=_dice(key, arms[key])) for key in measured}
    every, plain = _total(measured, drawn, pairs)
    some, _ = _total(certified, drawn, pairs)
    parts = dict(zip(measured, every.by_stratum, strict=True)) if every else {}
    own = dict(zip(measured, plain.by_stratum, strict=True)) if plain else {}
    strata = tuple(
        _seen(key, sessions.strata[key], why[key], (own.get(key), pairs[key], parts.get(key))) for key in keys
    )
    return Savings(
        modelled=_sum(one.tally for one in strata),
        overhead=(*_overhead(sessions, spent), *_lost(lost_cache, sessions.dearest_nanos)),
        difference=_range(every),
        certified_difference=_range(some),
        strata=strata,
        by={"bucket": _by_bucket(strata), **{name: _by(name, strata, sessions) for name in BY}},
        lost_cache=lost_cache,
    )


def _order(key: Key) -> tuple[str, float, bool]:
    return key.bucket, -1.0 if key.propensity is None else key.propensity, key.certified


def _counted(stratum: Stratum, arm: str) -> list[Unit]:
    """The units of an arm whose cost is known, in the order of their arrival."""
    units = [unit for unit in stratum.units.values() if unit.arms == {arm} and not unit.unknown]
    return sorted(units, key=lambda unit: unit.first)


def _arms(stratum: Stratum) -> Arms:
    holdout, routed = _counted(stratum, "holdout"), _counted(stratum, "routed")
    known = [unit.expected_nanos for unit in (*holdout, *routed) if unit.expected_nanos is not None]
    # Where it is not known it says nothing: such a unit is taken for an average one, on either arm.
    usual = math.fsum(known) / len(known) if known else 0.0
    return Arms(holdout=_arm(holdout, usual), treated=_arm(routed, usual))


def _arm(units: Sequence[Unit], usual: float) -> Arm:
    expected = [usual if unit.expected_nanos is None else unit.expected_nanos for unit in units]
    return Arm(np.array([unit.cost_nanos for unit in units], float), np.array(expected, float))


def _why(key: Key, arms: Arms) -> str | None:
    if key.propensity is None:
        return "no_dice"
    if len(arms.holdout.outcome) < FEWEST:
        return "holdout_small"
    return None if arms.usable else "routed_small"


def _pairs(stratum: Stratum) -> Paired | None:
    """What pairs say, where a session is one call: of several, a pair sees only one, and not that there may be more."""
    if any(unit.calls > 1 for unit in stratum.units.values()):
        return None
    known = stratum.tally.calls - stratum.tally.unknown
    return paired(np.array(sorted(stratum.pairs), float), population=known)


def _dice(key: Key, arms: Arms) -> np.random.Generator:
    """Dice that the calls of a stratum seed themselves: nobody can choose them, and none changes another's."""
    digest = hashlib.blake2b(repr(tuple(key)).encode(), digest_size=16)
    for arm in (arms.holdout, arms.treated):
        for values in (arm.outcome, arm.covariate):
            digest.update(values.astype("<f8").tobytes())
            digest.update(b"/")
    return np.random.default_rng(int.from_bytes(digest.digest()))


def _total(
    keys: Sequence[Key], drawn: Mapping[Key, Simulated], pairs: Mapping[Key, Paired | None]
) -> tuple[Total | None, Total | None]:
    """With pairs, and without."""
    if not keys:
        return None, None
    plain = total_of([drawn[key] for key in keys], level=LEVEL)
    return combine(plain, [pairs[key] for key in keys]), plain


def _range(total: Total | None) -> Range | None:
    if total is None:
        return None
    nanos = sum(round(part) for part in total.by_stratum)
    return Range(
        nanos=nanos, low_nanos=min(nanos, math.floor(total.low)), high_nanos=max(nanos, math.ceil(total.high))
    )


def _seen(
    key: Key, stratum: Stratum, why: str | None, parts: tuple[float | None, Paired | None, float | None]
) -> StratumSeen:
    own, pairs, both = parts
    return StratumSeen(
        bucket=key.bucket,
        propensity=key.propensity,
        certified=key.certified,
        holdout=_arm_seen(stratum, "holdout"),
        routed=_arm_seen(stratum, "routed"),
        mixed_sessions=sum(len(unit.arms) > 1 for unit in stratum.units.values()),
        tally=stratum.tally,
        why=why,
        arms_nanos=None if own is None else round(own),
        pairs=len(stratum.pairs),
        pairs_nanos=None if pairs is None else round(pairs.estimate),
        measured_nanos=None if both is None else round(both),
    )


def _arm_seen(stratum: Stratum, arm: str) -> ArmSeen:
    counted = _counted(stratum, arm)
    return ArmSeen(
        sessions=len(counted),
        calls=sum(unit.calls for unit in counted),
        cost_nanos=sum(unit.cost_nanos for unit in counted),
        unknown_sessions=sum(unit.arms == {arm} and unit.unknown > 0 for unit in stratum.units.values()),
        estimated_sessions=sum(unit.estimated > 0 for unit in counted),
    )


def _overhead(sessions: Sessions, spent: Mapping[str, int]) -> tuple[Overhead, ...]:
    kinds = sorted({"discarded", "shadow", *sessions.overhead, *sessions.overhead_unknown})
    lines = (
        _charged(kind, sessions.overhead[kind], sessions.overhead_unknown[kind], sessions.dearest_nanos)
        for kind in kinds
    )
    return (*lines, *(Overhead(kind=kind, nanos=nanos) for kind, nanos in sorted(spent.items())))


def _lost(found: Sequence[LostCache], dearest: int | None) -> tuple[Overhead, ...]:
    contained = Overhead(
        kind="lost_cache",
        nanos=sum(one.paid_nanos for one in found),
        unknown=sum(one.unknown for one in found),
        contained=True,
    )
    nanos = sum(one.unrouted_nanos for one in found)
    unknown = sum(one.unrouted_unknown for one in found)
    return contained, _charged("lost_cache_unrouted", nanos, unknown, dearest)


def _charged(kind: str, nanos: int, unknown: int, dearest: int | None) -> Overhead:
    allowance = 0 if not unknown else None if dearest is None else unknown * dearest
    return Overhead(kind=kind, nanos=nanos, unknown=unknown, allowance_nanos=allowance)


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for one in tallies:
        total = total.plus(one)
    return total


def _by_bucket(strata: Sequence[StratumSeen]) -> tuple[Line, ...]:
    buckets: dict[str, list[StratumSeen]] = {}
    for one in strata:
        buckets.setdefault(one.bucket, []).append(one)
    lines = []
    for name, own in buckets.items():
        found = [one.measured_nanos for one in own if one.measured_nanos is not None]
        lines.append(
            Line(
                name=name, tally=_sum(one.tally for one in own), measured_nanos=sum(found) if found else None
            )
        )
    return _dearest_first(lines)


def _by(dimension: str, strata: Sequence[StratumSeen], sessions: Sessions) -> tuple[Line, ...]:
    tallies: dict[str, Tally] = {}
    shared: dict[str, int] = {}
    for one in strata:
        parts = sessions.strata[Key(one.bucket, one.propensity, one.certified)].parts
        own = {name: tally for (of, name), tally in sorted(parts.items()) if of == dimension}
        for name, tally in own.items():
            tallies[name] = tallies.get(name, Tally()).plus(tally)
        if one.measured_nanos is not None:
            weights = [tally.weight_nanos for tally in own.values()]
            if dimension == "model":
                # The baseline's own calls on the routed arm save nothing: those that another model answered do.
                weights = [tally.weight_nanos if tally.calls else 0 for tally in own.values()]
            for name, nanos in zip(own, apportion(one.measured_nanos, weights), strict=True):
                shared[name] = shared.get(name, 0) + nanos
    lines = [
        Line(name=name, tally=tally, measured_nanos=shared.get(name))
        for name, tally in tallies.items()
        # Where nothing was routed and nothing saved there is nothing to show: the holdout's own model.
        if tally.calls or shared.get(name)
    ]
    return tuple(sorted(lines, key=lambda line: line.name)) if dimension == "day" else _dearest_first(lines)


def _dearest_first(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (-line.tally.weight_nanos, -line.tally.calls, line.name)))

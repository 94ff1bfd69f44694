"""What use cases may spend in a day or a month, and how that stands. Pure.

A use case's spend is what the ledger's entries with its tag cost, by the day (UTC) on which they arrived: calls that
answered a client, answers that were thrown away, and shadow calls. Those of a judge belong to no use case and count in
the total alone; trials are not in the ledger. An entry of unknown cost is counted, and adds nothing: the spend is then
known to be at least so much. Days and months are in UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from suffice.config import Settings, WhenSpent
from suffice.config.budgets import Asked
from suffice.ledger.sessions import Period
from suffice.money import NANOS_PER_USD, nanos_from_usd, usd
from suffice.types import Evidence, Outcome

Per = Literal["day", "month"]
State = Literal["open", "near", "spent"]

ALL = ""
"""Stands for all use cases together: no tag is empty."""
NEAR_PERCENT = 80
"""Share of a budget at which the first notice goes out."""
PERS: tuple[Per, ...] = ("day", "month")
_LEVELS: tuple[State, ...] = ("open", "near", "spent")
_SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * _SECOND_NS


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What may be spent."""

    feature: str
    """The client's tag, or `ALL`."""
    per: Per
    limit_nanos: int
    when_spent: WhenSpent
    evidence: Evidence | None = None
    """What is enough while it economises."""


class Budgets(msgspec.Struct, frozen=True, kw_only=True):
    """All that are configured."""

    total: tuple[Budget, ...] = ()
    each: tuple[Budget, ...] = ()
    """Of every use case that has none of its own; their `feature` is empty."""
    own: Mapping[str, tuple[Budget, ...]] = {}
    """By tag; one that has keys of its own, and no budget, is there without any."""

    @property
    def there(self) -> bool:
        """Whether there is any."""
        return bool(self.total or self.each or any(self.own.values()))

    def of(self, feature: str) -> tuple[Budget, ...]:
        """Returns the budgets of a use case."""
        own = self.own.get(feature)
        if own is not None:
            return own
        return tuple(msgspec.structs.replace(budget, feature=feature) for budget in self.each)

    def holds(self, budget: Budget) -> bool:
        """Tells whether this very budget is one of them."""
        return budget in (self.total if budget.feature == ALL else self.of(budget.feature))


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How one budget stands in the period that runs."""

    budget: Budget
    since_ns: int
    """Unix time at which its period began."""
    until_ns: int
    """At which it ends, and nothing is spent."""
    spent_nanos: int
    """Of what is known."""
    unknown: int
    """Calls of unknown cost beside that."""
    state: State
    told: State = "open"
    """The furthest state of this period that somebody has been told of."""

    @property
    def percent(self) -> int:
        """Of the budget, that is spent; rounded down, so that 100 is all of it."""
        return self.spent_nanos * 100 // max(1, self.budget.limit_nanos)

    @property
    def amounts(self) -> str:
        """What is spent, and of how much, in words."""
        limit = self.budget.limit_nanos
        return f"{dollars(self.spent_nanos, limit)} of {dollars(limit, limit)}"

    def covers(self, at_ns: int) -> bool:
        """Tells whether a moment is in its period."""
        return self.since_ns <= at_ns < self.until_ns

    def resets_in_s(self, at_ns: int) -> int:
        """Returns in how many whole seconds its period is over, at least 1."""
        return max(1, math.ceil((self.until_ns - at_ns) / _SECOND_NS))


def dollars(nanos: int, limit_nanos: int) -> str:
    """Returns an amount in as many places as its limit needs.

    >>> dollars(1_234_567_890, 5_000_000_000), dollars(1_234_567, 50_000_000)
    ('$1.23', '$0.0012')
    """
    return usd(nanos, places=2 if limit_nanos >= NANOS_PER_USD else 4)


def budgets_of(settings: Settings) -> Budgets:
    """Returns what the settings say of budgets."""
    each = settings.budgets.each
    own: dict[str, tuple[Budget, ...]] = {}
    for name, feature in settings.features.items():
        asked = each.with_own(feature)
        if asked is not each:
            own[name] = tuple(_budgets(name, asked))
    return Budgets(
        total=tuple(_budgets(ALL, settings.budgets.total)), each=tuple(_budgets(ALL, each)), own=own
    )


def _budgets(feature: str, asked: Asked) -> Iterator[Budget]:
    limits: Mapping[Per, float | None] = {"day": asked.usd_per_day, "month": asked.usd_per_month}
    for per, limit in limits.items():
        if limit is not None:
            yield Budget(
                feature=feature,
                per=per,
                limit_nanos=nanos_from_usd(limit),
                when_spent=asked.when_spent,
                evidence=asked.economise_evidence if asked.when_spent == "economise" else None,
            )


@lru_cache(maxsize=64)
def period_of(per: Per, day: int) -> Period:
    """Returns the day or the calendar month of a day, counted from 1970 on, in UTC.

    >>> since = [period_of(per, 20_783).since_ns // 86_400_000_000_000 for per in PERS]
    >>> since, period_of("month", 20_783).until_ns // 86_400_000_000_000
    ([20783, 20758], 20788)
    """
    first = datetime.fromtimestamp(day * 86_400, UTC)
    after = first + timedelta(days=1)
    if per == "month":
        first = first.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
    return Period(since_ns=int(first.timestamp()) * _SECOND_NS, until_ns=int(after.timestamp()) * _SECOND_NS)


def owner_of(outcome: Outcome) -> str:
    """Returns whose spend a call is: its use case's, or only the total's."""
    return ALL if outcome.leg == "shadow" and not outcome.parent else outcome.feature


class Tally:
    """What was spent in the day and the month of a moment, by use case.

    Args:
        at_ns: The moment, Unix time.
    """

    def __init__(self, at_ns: int) -> None:
        self.day = at_ns // DAY_NS
        self.periods = {per: period_of(per, self.day) for per in PERS}
        self._sums: dict[Per, dict[str, list[int]]] = {per: {} for per in PERS}

    @property
    def since_ns(self) -> int:
        """Unix time from which on calls count."""
        return self.periods["month"].since_ns or 0

    def add(self, feature: str, at_ns: int, *, nanos: int, unknown: int) -> None:
        """Counts calls, or takes them back by amounts below 0.

        Args:
            feature: Whose they are: a tag, or `ALL` if they are of none.
            at_ns: When they arrived.
            nanos: What they cost, as far as that is known.
            unknown: How many of them cost an unknown amount.
        """
        for per, period in self.periods.items():
            if period.covers(at_ns):
                for name in {feature, ALL}:
                    sums = self._sums[per].setdefault(name, [0, 0])
                    sums[0] += nanos
                    sums[1] += unknown

    def spent(self, feature: str, per: Per) -> tuple[int, int]:
        """Returns what is known to be spent, and how many calls of unknown cost there are."""
        nanos, unknown = self._sums[per].get(feature, (0, 0))
        return nanos, unknown

    def above(self, per: Per, nanos: int) -> Iterator[str]:
        """Yields the use cases that have spent at least so much."""
        return (name for name, sums in self._sums[per].items() if sums[0] >= nanos and name != ALL)


def standings(budgets: Budgets, tallies: Sequence[Tally], *, every: bool = False) -> tuple[Standing, ...]:
    """Returns how budgets stand: the total, those of use cases that have their own, then those of the others.

    Args:
        budgets: All of them.
        tallies: Of one moment; what they say is added up.
        every: Also those of other use cases that are not near their end.
    """
    found = [_standing(budget, tallies) for budget in budgets.total]
    found += [_standing(budget, tallies) for name in sorted(budgets.own) for budget in budgets.own[name]]
    others: set[str] = set()
    for tally in tallies:
        for budget in budgets.each:
            # What is near by the sum of all is found by the largest part of it.
            least = 0 if every else budget.limit_nanos * NEAR_PERCENT // 100 // len(tallies)
            others.update(tally.above(budget.per, least))
    for name in sorted(others - budgets.own.keys()):
        of_one = [_standing(budget, tallies) for budget in budgets.of(name)]
        found += [one for one in of_one if every or one.state != "open"]
    return tuple(found)


def _standing(budget: Budget, tallies: Sequence[Tally]) -> Standing:
    sums = [tally.spent(budget.feature, budget.per) for tally in tallies]
    spent, unknown = (sum(column) for column in zip(*sums, strict=True))
    state: State = "open"
    if spent >= budget.limit_nanos:
        state = "spent"
    elif spent * 100 >= budget.limit_nanos * NEAR_PERCENT:
        state = "near"
    period = tallies[0].periods[budget.per]
    return Standing(
        budget=budget,
        since_ns=period.since_ns or 0,
        until_ns=period.until_ns or 0,
        spent_nanos=spent,
        unknown=unknown,
        state=state,
    )


def to_tell(
    now: Sequence[Standing], before: Sequence[Standing]
) -> tuple[tuple[Standing, ...], list[Standing]]:
    """Returns the same, with what has been told, and those that somebody is to be told of.

    Each state of a period is told once; another limit is another budget.

    Args:
        now: As budgets stand.
        before: As they stood at the look before.
    """
    told = {_key(one): _LEVELS.index(one.told) for one in before}
    levels = [max(_LEVELS.index(one.state), told.get(_key(one), 0)) for one in now]
    new = [one for one, level in zip(now, levels, strict=True) if level > told.get(_key(one), 0)]
    noted = (
        msgspec.structs.replace(one, told=_LEVELS[level]) for one, level in zip(now, levels, strict=True)
    )
    return tuple(noted), new


def _key(one: Standing) -> tuple[str, Per, int, int]:
    return one.budget.feature, one.budget.per, one.budget.limit_nanos, one.since_ns

"""What a provider's own export says, line by line, in one form whatever wrote it; and both sides added up. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from suffice.ledger.entry import Entry, RateCard
from suffice.ledger.kinds import NOTHING, Kinds, kinds_of, plus
from suffice.money import nanos_from_picos
from suffice.types import Usage

STANDARD = "standard"
_STANDARD_NAMES = frozenset({"", "default", "standard", "auto", "standard_only", "on_demand"})


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an export. Either tokens or an amount, or both."""

    where: str
    """Where it stands in its file, for people."""
    file: str = ""
    start_ns: int | None = None
    """Unix time of the bucket's beginning; `None` if the line only names a day."""
    end_ns: int | None = None
    """Unix time that the bucket does not reach; `None` if the line has a moment or a day."""
    day: str = ""
    """The day in ISO form, in whatever zone the export has; empty if the line has a time."""
    model: str = ""
    """Empty if the line is for no one model."""
    charge: str = ""
    """What else the amount is for: searches, storage; empty for tokens of a model."""
    tier: str | None = None
    """`None` if the export does not tell tiers apart."""
    requests: int | None = None
    input_tokens: int | None = None
    """Everything sent, cached or not; `None` on a line that has an amount only."""
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    """One-hour writes included."""
    cache_write_1h_tokens: int | None = None
    output_tokens: int | None = None
    nanos: int | None = None
    """The amount in billionths of `currency`."""
    half_unit_nanos: int = 0
    """Half of the last decimal place that the amount was written with: how far rounding may have moved it."""
    currency: str = "usd"
    apart: tuple[str, ...] = ()
    """What else tells this line from others of its bucket: project, key, user, kind of tokens."""


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """A line that cannot be read, kept aside."""

    where: str
    reason: str
    file: str = ""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as an export has them: totals, and those of their parts that it tells."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int | None = 0
    cache_write_tokens: int | None = 0
    cache_write_1h_tokens: int | None = 0

    def plus(self, other: Counts) -> Counts:
        """Returns the sum of two; a part that one of them does not tell is not known of the sum."""
        return Counts(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=_sum(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens=_sum(self.cache_write_tokens, other.cache_write_tokens),
            cache_write_1h_tokens=_sum(self.cache_write_1h_tokens, other.cache_write_1h_tokens),
        )

    def kinds(self, like: Kinds) -> Kinds:
        """Returns disjoint kinds; what the export does not tell is taken from the ledger, as far as there is room.

        Args:
            like: What the ledger has of the same.
        """
        left = self.input_tokens
        read = _known(self.cache_read_tokens, like[1], left)
        left -= read
        write = _known(self.cache_write_tokens, like[2] + like[3], left)
        left -= write
        hour = _known(self.cache_write_1h_tokens, like[3], write)
        return (left, read, write - hour, hour, self.output_tokens)


class Stated(msgspec.Struct, kw_only=True):
    """What an export says of one day and model."""

    counts: dict[str | None, Counts] = {}
    """By tier; under `None` what is not told apart. Empty if it has amounts only."""
    requests: int | None = None
    nanos: int | None = None
    allowance_nanos: int = 0
    """How far rounding of its amounts may have moved their sum."""
    charges_nanos: int | None = None
    """Amounts for what has no tokens; `None` where this is no such row."""


class Booked(msgspec.Struct, kw_only=True):
    """What the ledger has of one day and model: calls that a provider bills."""

    requests: int = 0
    unknown: int = 0
    """Of them without usage."""
    estimated: int = 0
    """Of them with estimated usage."""
    tokens: Kinds = NOTHING
    estimated_tokens: Kinds = NOTHING
    tiers: dict[str, Kinds] = {}
    nanos: int = 0
    """Of those whose cost is known."""
    searches_nanos: int = 0
    """What searches made of that: the rest is for tokens."""
    priced_tokens: Kinds = NOTHING
    unpriced: dict[str, int] = {}
    """Why the cost of how many calls with usage is unknown."""
    late_requests: int = 0
    """Of them those that ended after this day's end: a provider may count them on the next."""
    late_tokens: Kinds = NOTHING
    trial_requests: int = 0
    """Calls of trials, which are no entries of the ledger and not among `requests`."""
    trial_tokens: Kinds = NOTHING
    trial_nanos: int = 0


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """Other rates that a provider may have charged, and the cause that this would be."""

    cause: str
    note: str
    card: RateCard


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of one day and model, and what tokens cost there."""

    stated: Stated | None = None
    booked: Booked | None = None
    cards: Mapping[str, RateCard] = {}
    """Rates by tier."""
    alternatives: tuple[Alternative, ...] = ()
    has_tokens: bool = True
    """The export has tokens at all: a day and model without a line then had none."""
    has_amounts: bool = True
    """The same for amounts."""


Key: TypeAlias = tuple[int, str]
"""Number of the day, from 0, and model."""


def tier_name(tier: str | None) -> str:
    """Returns one name for each tier: the many for the ordinary one are `standard`.

    >>> tier_name("default"), tier_name("on_demand"), tier_name("Flex")
    ('standard', 'standard', 'flex')
    """
    lowered = (tier or "").lower()
    return STANDARD if lowered in _STANDARD_NAMES else lowered


def state(stated: Stated, line: Line) -> None:
    """Adds a line of an export."""
    if line.requests is not None:
        stated.requests = (stated.requests or 0) + line.requests
    if line.input_tokens is not None:
        tier = None if line.tier is None else tier_name(line.tier)
        stated.counts[tier] = stated.counts.get(tier, Counts()).plus(
            Counts(
                input_tokens=line.input_tokens,
                output_tokens=line.output_tokens or 0,
                cache_read_tokens=line.cache_read_tokens,
                cache_write_tokens=line.cache_write_tokens,
                cache_write_1h_tokens=line.cache_write_1h_tokens,
            )
        )
    if line.nanos is not None:
        stated.nanos = (stated.nanos or 0) + line.nanos
        stated.allowance_nanos += line.half_unit_nanos
        if line.charge:
            stated.charges_nanos = (stated.charges_nanos or 0) + line.nanos


def enter(booked: Booked, entry: Entry, *, late: bool) -> None:
    """Adds a call of the ledger that its provider bills.

    Args:
        booked: The sums.
        entry: Any but those that are not billed.
        late: It ended after the end of the day that it began in.
    """
    usage, nanos = entry.outcome.usage, entry.cost.nanos
    booked.requests += 1
    booked.late_requests += late
    if usage is None:
        booked.unknown += 1
        return
    tokens = kinds_of(usage)
    tier = tier_name(usage.service_tier)
    booked.tokens = plus(booked.tokens, tokens)
    booked.tiers[tier] = plus(booked.tiers.get(tier, NOTHING), tokens)
    if usage.source == "estimated":
        booked.estimated += 1
        booked.estimated_tokens = plus(booked.estimated_tokens, tokens)
    if late:
        booked.late_tokens = plus(booked.late_tokens, tokens)
    if nanos is None:
        reason = entry.cost.unknown_because or "unknown"
        booked.unpriced[reason] = booked.unpriced.get(reason, 0) + 1
        return
    booked.nanos += nanos
    booked.searches_nanos += _searches_nanos(usage, entry.cost.rates)
    booked.priced_tokens = plus(booked.priced_tokens, tokens)


def _searches_nanos(usage: Usage, card: RateCard | None) -> int:
    rate = 0 if card is None else card.web_search or 0
    return nanos_from_picos(usage.web_searches * rate)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _known(count: int | None, like: int, room: int) -> int:
    return min(like if count is None else count, room)

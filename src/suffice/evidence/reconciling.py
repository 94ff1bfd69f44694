"""Puts a provider's export and the ledger side by side, day by day and model by model, and has them reconciled."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo

import msgspec

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.errors import ConfigError
from suffice.evidence.exports import Export
from suffice.ledger.days import SLOT_NS, Day, OverlapError, better_offset, day_of, days_of, offset_name
from suffice.ledger.entry import Entry, RateCard
from suffice.ledger.kinds import kinds_of, plus
from suffice.ledger.reconcile import Row, reconcile
from suffice.ledger.statement import (
    STANDARD,
    Alternative,
    Booked,
    Cell,
    Counts,
    Key,
    Line,
    Stated,
    enter,
    state,
)
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TrialStore

ALL_MODELS = "(all models)"
"""In place of a model where the export does not tell models apart."""
_UNNAMED = "(no model named)"
_DAY_NS = 86_400_000_000_000
_HALF_A_DAY_NS = 14 * 3600 * 1_000_000_000
_LONGEST_CALL_NS = 2 * 3600 * 1_000_000_000
_OTHER_DATES = (-1, 1, -7, 7, -30, 30, -90, 90, -180, 180, -365, 365)
_TIERS = (STANDARD, "flex", "batch", "priority")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared."""

    provider: str
    since_ns: int | None = None
    until_ns: int | None = None
    zone: tzinfo | None = None
    """Of days that an export only names; `None` takes UTC, and finds out whether that fits."""


class Reconciliation(msgspec.Struct, kw_only=True):
    """The whole comparison."""

    provider: str
    days: list[Day]
    rows: list[Row]
    export: Export
    currency: str = "usd"
    """Amounts in another one are not compared."""
    has_tokens: bool = True
    has_amounts: bool = True
    not_billed: int = 0
    """Calls of the ledger that cost nothing: refused, failed."""
    outside: int = 0
    """Calls of the ledger outside of the export's days."""
    notes: list[str] = []


class Both:
    """Brings both sides together.

    Args:
        store: The ledger.
        catalog: Names of models.
        prices: What tokens cost.
        asked: What is compared.
        trials: The journal of bake-offs; `None` where there is none.
    """

    def __init__(
        self,
        store: SqliteStore,
        catalog: Catalog,
        prices: PriceBook,
        asked: Asked,
        *,
        trials: TrialStore | None = None,
    ) -> None:
        self._store = store
        self._trials = trials
        self._catalog = catalog
        self._prices = prices
        self._asked = asked

    def reconcile(self, export: Export) -> Reconciliation:
        """Reconciles an export with the ledger.

        Raises:
            ConfigError: Lines overlap; there is no day to compare; the export's days are in another zone than UTC
                and nobody says so.
            StoreError: The ledger cannot be read.
        """
        asked = self._asked
        zone = asked.zone or UTC
        try:
            days = self._days(days_of(export.lines, zone))
        except OverlapError as overlap:
            raise ConfigError(f"{overlap}: give one of them", code="overlapping_rows") from overlap
        if asked.zone is None:
            self._same_zone(export.lines, days)
        by_model = not any(_of_all_models(line) for line in export.lines)
        result = self._begun(export, days)
        stated, names = self._stated(result, zone, by_model=by_model)
        booked = self._booked(result, by_model=by_model)
        _leave_other_currency(result)
        if not by_model:
            result.notes.append(
                "the export does not tell models apart in every line: both sides are compared by day"
            )
        cells = {
            key: self._cell(key, result, (stated.get(key), booked.get(key)), names.get(key[1], key[1]))
            for key in stated.keys() | booked.keys()
        }
        result.rows = reconcile(cells, days=len(days))
        return result

    def _begun(self, export: Export, days: list[Day]) -> Reconciliation:
        currencies = {line.currency for line in export.lines if line.nanos is not None}
        return Reconciliation(
            provider=self._asked.provider,
            days=days,
            rows=[],
            export=export,
            currency=min(currencies, default="usd"),
            # An export of empty days says that there was no usage.
            has_tokens=not currencies or any(line.input_tokens is not None for line in export.lines),
            has_amounts=bool(currencies),
            notes=[*export.notes],
        )

    def _days(self, days: list[Day]) -> list[Day]:
        asked = self._asked
        kept = [
            day
            for day in days
            if (asked.since_ns is None or day.start_ns >= asked.since_ns)
            and (asked.until_ns is None or day.end_ns <= asked.until_ns)
        ]
        covers = f"the export covers {_shown(days[0].start_ns)} to {_shown(days[-1].end_ns)}"
        if not kept:
            raise ConfigError(
                f"{covers}: no whole day of that is between --since and --until", code="other_period"
            )
        span = self._store.span()
        if span.first_ns is None or span.last_ns is None:
            raise ConfigError("the ledger is empty: there is nothing to compare with", code="no_calls")
        if span.first_ns >= kept[-1].end_ns or span.last_ns < kept[0].start_ns:
            raise ConfigError(
                f"{covers}, the ledger {_shown(span.first_ns)} to {_shown(span.last_ns)}: they have no day in common",
                code="other_period",
            )
        return kept

    def _same_zone(self, lines: Iterable[Line], days: Sequence[Day]) -> None:
        """Raises if days that the export only names fit another zone far better than UTC."""
        named: dict[tuple[str, str], int] = {}
        for line in lines:
            if line.day and line.input_tokens is not None:
                key = (line.day, self._name(line.model))
                named[key] = named.get(key, 0) + line.input_tokens + (line.output_tokens or 0)
        if not named:
            return
        slots: dict[tuple[int, str], int] = {}
        around = (days[0].start_ns - _HALF_A_DAY_NS, days[-1].end_ns + _HALF_A_DAY_NS)
        for entry in self._store.entries(since_ns=around[0], until_ns=around[1]):
            usage = entry.outcome.usage
            if entry.outcome.provider == self._asked.provider and usage is not None and _billed(entry):
                slot = (entry.outcome.received_ns // SLOT_NS, self._name(_served(entry)))
                slots[slot] = slots.get(slot, 0) + usage.input_tokens + usage.output_tokens
        inside = {day: _iso(day.start_ns) for day in days}
        named = {key: tokens for key, tokens in named.items() if key[0] in inside.values()}
        minutes = better_offset(named, slots)
        if minutes is not None:
            zone = offset_name(minutes)
            raise ConfigError(
                f"the export's days fit the ledger in the zone {zone} and not in UTC: say --zone {zone}, or --zone UTC "
                "to compare them as they are",
                code="other_zone",
            )

    def _stated(
        self, result: Reconciliation, zone: tzinfo, *, by_model: bool
    ) -> tuple[dict[Key, Stated], dict[str, str]]:
        at = {day: number for number, day in enumerate(result.days)}
        stated: dict[Key, Stated] = {}
        names: dict[str, str] = {}
        for line in result.export.lines:
            number = at.get(day_of(line, zone))
            if number is None or (line.input_tokens is None and line.nanos is None):
                continue
            model = line.charge or (self._name(line.model) if by_model else ALL_MODELS)
            names.setdefault(model, line.model)
            cell = stated.setdefault((number, model), Stated(counts={}))
            usd = line.currency == "usd"
            state(cell, line if usd else msgspec.structs.replace(line, nanos=None))
        _complete(stated, result)
        return stated, names

    def _booked(self, result: Reconciliation, *, by_model: bool) -> dict[Key, Booked]:
        days = result.days
        starts = [day.start_ns for day in days]
        booked: dict[Key, Booked] = {}
        since = days[0].start_ns - _LONGEST_CALL_NS
        found = 0
        for entry in self._store.entries(since_ns=since, until_ns=days[-1].end_ns):
            outcome = entry.outcome
            if outcome.provider != self._asked.provider:
                continue
            day = bisect_right(starts, outcome.received_ns) - 1
            found += day >= 0
            if not _billed(entry):
                result.not_billed += day >= 0
                continue
            end = days[day].end_ns if day >= 0 else days[0].start_ns
            late = outcome.received_ns + outcome.duration_us * 1000 >= end
            model = self._name(_served(entry)) if by_model else ALL_MODELS
            if day >= 0 or late:
                enter(booked.setdefault((day, model), _booked()), entry, late=late)
        result.outside = self._all() - found
        self._add_trials(booked, days, starts, by_model=by_model)
        return booked

    def _add_trials(
        self, booked: dict[Key, Booked], days: Sequence[Day], starts: Sequence[int], *, by_model: bool
    ) -> None:
        if self._trials is None:
            return
        found = self._trials.paid(since_ns=days[0].start_ns, until_ns=days[-1].end_ns)
        for sent_ns, asked, served, usage, nanos in found:
            provider, _, model = asked.partition("/")
            if provider != self._asked.provider:
                continue
            name = self._name(served or model) if by_model else ALL_MODELS
            cell = booked.setdefault((bisect_right(starts, sent_ns) - 1, name), _booked())
            cell.trial_requests += 1
            cell.trial_tokens = plus(cell.trial_tokens, kinds_of(usage))
            cell.trial_nanos += nanos or 0

    def _all(self) -> int:
        groups = self._store.grouped(
            ["provider"], since_ns=self._asked.since_ns, until_ns=self._asked.until_ns
        )
        return sum(group["requests"] for group in groups if group["provider"] == self._asked.provider)

    def _cell(
        self, key: Key, result: Reconciliation, sides: tuple[Stated | None, Booked | None], raw: str
    ) -> Cell:
        stated, booked = sides
        at_ns = result.days[max(0, key[0])].start_ns
        said = (tier for tier in (stated.counts if stated else {}) if tier)
        tiers = {STANDARD, *said, *(booked.tiers if booked else ())}
        cards = {tier: card for tier in tiers if (card := self._card(raw, tier, at_ns)) is not None}
        differs = stated is not None and booked is not None and stated.nanos not in {None, booked.nanos}
        return Cell(
            stated=stated,
            booked=booked,
            cards=cards,
            alternatives=tuple(self._alternatives(raw, at_ns, cards.get(STANDARD))) if differs else (),
            has_tokens=result.has_tokens,
            has_amounts=result.has_amounts,
        )

    def _card(self, model: str, tier: str, at_ns: int) -> RateCard | None:
        found = self._prices.cards(
            provider=self._asked.provider, model=model, at_ns=at_ns, tier=None if tier == STANDARD else tier
        )
        return found[-1][1] if found else None

    def _alternatives(self, model: str, at_ns: int, card: RateCard | None) -> list[Alternative]:
        """Returns what else a provider may have charged, the likeliest first."""
        if card is None:
            return []
        found = [
            Alternative(cause="price_date", note="the price that the book has for that day now", card=card)
        ]
        for days in _OTHER_DATES:
            then = at_ns + days * _DAY_NS
            other = self._card(model, STANDARD, then)
            if other is not None and other not in {one.card for one in found}:
                found.append(Alternative(cause="price_date", note=f"the price of {_iso(then)}", card=other))
        for tier in _TIERS[1:]:
            other = self._card(model, tier, at_ns)
            if other is not None:
                found.append(
                    Alternative(cause="service_tier", note=f"all of it at the price of {tier}", card=other)
                )
        full = msgspec.structs.replace(card, cache_read=card.input)
        found.append(
            Alternative(cause="cache_handling", note="cached input at the price of other input", card=full)
        )
        plain = msgspec.structs.replace(card, cache_write=None, cache_write_1h=card.input)
        found.append(
            Alternative(cause="cache_handling", note="cache writes at the price of other input", card=plain)
        )
        longest = self._prices.cards(provider=self._asked.provider, model=model, at_ns=at_ns)[0][1]
        if longest != card:
            found.append(
                Alternative(cause="service_tier", note="all of it at the price of long prompts", card=longest)
            )
        return found

    def _name(self, model: str) -> str:
        if not model:
            return _UNNAMED
        known = self._catalog.resolve(self._asked.provider, model)
        return self._catalog.undated(model) if known is None else known.model


def _leave_other_currency(result: Reconciliation) -> None:
    """Leaves amounts out that are not in dollars; raises if there is nothing else to compare."""
    if not result.has_amounts or result.currency == "usd":
        return
    currency = result.currency.upper()
    if not result.has_tokens:
        raise ConfigError(
            f"the export has amounts in {currency} only, and the ledger is in USD: export usage as well, whose tokens "
            "can be compared",
            code="other_currency",
        )
    result.has_amounts = False
    result.notes.append(
        f"the export's amounts are in {currency}, the ledger's in USD: dollars are not compared"
    )


def _complete(stated: dict[Key, Stated], result: Reconciliation) -> None:
    """Fills in what it means that one of two files has no line for a day and model: nothing was used, or asked."""
    lines = result.export.lines
    with_tokens = {line.file for line in lines if line.input_tokens is not None}
    with_amounts = {line.file for line in lines if line.nanos is not None}
    if not with_tokens or not with_amounts or with_tokens & with_amounts:
        return
    for cell in stated.values():
        if cell.nanos is None and result.currency == "usd":
            cell.nanos = 0
        if not cell.counts and cell.charges_nanos is None:
            cell.counts[None] = Counts()


def _booked() -> Booked:
    return Booked(tiers={}, unpriced={})


def _billed(entry: Entry) -> bool:
    return entry.cost.grade != "not_billed"


def _served(entry: Entry) -> str:
    outcome = entry.outcome
    return outcome.served_model or outcome.sent_model or outcome.requested_model


def _of_all_models(line: Line) -> bool:
    return not line.model and not line.charge and (line.input_tokens is not None or line.nanos is not None)


def _iso(unix_ns: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=unix_ns // _DAY_NS)).isoformat()


def _shown(unix_ns: int) -> str:
    return f"{datetime.fromtimestamp(unix_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M} UTC"

"""Why a provider's export and the ledger differ: every difference divided by cause, adding up exactly. Pure.

For each day and model, in this order; what a step explains, the next does not see:

1. `day_boundary`: calls that began on one day and ended on the next, where the provider counts them there.
2. `trials`: calls of bake-offs, which are kept beside the ledger, where the export has room for them.
3. `cache_handling`: the same input, divided otherwise between cached, written to the cache and ordinary.
4. `missing_from_export` and `unseen_traffic`: one side has no such day and model at all, or fewer calls.
5. `unknown_usage`, `estimated_usage`: calls of the ledger whose tokens nobody reported.
6. `unexplained`: what is left. It is shown as it is; nothing is forced into a cause.

Dollars: each of these tokens at the day's rates; then `service_tier` (tokens of other tiers at these tiers' rates),
`unknown_price` (calls that the ledger has no price for), the alternatives that were given (a price of another date,
another tier, another reading of the cache), where one of them gives what is left; `rounding`, as far as the places
that the export writes allow; and `unexplained`.

Source: house heuristic; the order is that of evidence.md, section 3, "Reconciliation", and of its money rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from suffice.ledger.attribution import Part, tokens_by_cause
from suffice.ledger.entry import RateCard
from suffice.ledger.kinds import NOTHING, Kinds, minus, picos_of, plus
from suffice.ledger.statement import STANDARD, Booked, Cell, Counts, Key, Stated
from suffice.money import nanos_from_picos

CAUSES = (
    "trials",
    "unseen_traffic",
    "missing_from_export",
    "unknown_usage",
    "estimated_usage",
    "day_boundary",
    "cache_handling",
    "service_tier",
    "price_date",
    "unknown_price",
    "other_charges",
    "rounding",
    "unexplained",
)
"""In the order that they are shown in."""
UNEXPLAINED = "unexplained"
TOLERANCE_PER_MILLE = 1
"""Dollars within this share of an export's count as explained: the target of evidence.md, section 3."""
_BECAUSE_OF_TIER = "unmatched_tier"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One day and model: both sides, and the difference by cause."""

    day: int
    model: str
    requests_stated: int | None
    requests_booked: int
    tokens_stated: Kinds | None
    """`None` if the export has amounts only."""
    tokens_booked: Kinds
    nanos_stated: int | None
    """`None` if the export has no amounts."""
    nanos_booked: int
    causes: tuple[Part, ...]

    @property
    def requests(self) -> int | None:
        """Calls of the export less those of the ledger."""
        return None if self.requests_stated is None else self.requests_stated - self.requests_booked

    @property
    def tokens(self) -> Kinds | None:
        """Tokens of the export less those of the ledger, by kind."""
        return None if self.tokens_stated is None else minus(self.tokens_stated, self.tokens_booked)

    @property
    def nanos(self) -> int | None:
        """Nano-dollars of the export less those of the ledger."""
        return None if self.nanos_stated is None else self.nanos_stated - self.nanos_booked


def reconcile(cells: Mapping[Key, Cell], *, days: int) -> list[Row]:
    """Divides the difference between an export and the ledger by cause.

    Args:
        cells: Both sides by day, counted from 0, and model. Day -1 may hold calls that ended on day 0.
        days: How many days are compared.

    Returns:
        A row for each day and model, in that order. The causes of a row add up exactly: their requests to `requests`,
        their tokens to `tokens`, kind by kind, and their nano-dollars to `nanos`, wherever that is not `None`. Where
        the export has no amounts, the causes' nano-dollars say what their tokens are worth.
    """
    late = _late(cells, days)
    rows = [
        _row(key, cell, late.get(key, (0, NOTHING)))
        for key, cell in sorted(cells.items())
        if 0 <= key[0] < days
    ]
    return [row for row in rows if row.requests_booked or any(row.tokens_stated or ()) or row.nanos_stated]


def stated_kinds(stated: Stated, booked: Booked) -> dict[str | None, Kinds] | None:
    """Returns what an export says, in kinds, by tier where it tells tiers apart; `None` if it has no tokens."""
    counts = stated.counts
    if not counts:
        return None
    if None in counts:
        # One line without a tier is enough: then tiers cannot be compared.
        first, *others = counts.values()
        whole = first
        for other in others:
            whole = whole.plus(other)
        return {None: whole.kinds(booked.tokens)}
    return {tier: one.kinds(booked.tiers.get(tier or "", NOTHING)) for tier, one in counts.items()}


def _late(cells: Mapping[Key, Cell], days: int) -> dict[Key, tuple[int, Kinds]]:
    """Returns what the provider counts on another day than the ledger, if it does: the calls that ended a day later.

    A provider counts a call where it began or where it ended, and does so throughout: either all late calls are moved
    to the next day, or none, whichever leaves the smaller difference in tokens.
    """
    moved: dict[Key, tuple[int, Kinds]] = {}
    for (day, model), cell in sorted(cells.items()):
        if cell.booked is None or not cell.booked.late_requests:
            continue
        calls, tokens = cell.booked.late_requests, cell.booked.late_tokens
        for on, sign in ((day, -1), (day + 1, 1)):
            if not 0 <= on < days:
                continue
            before, counted = moved.get((on, model), (0, NOTHING))
            shifted = plus(counted, tokens) if sign > 0 else minus(counted, tokens)
            moved[on, model] = (before + sign * calls, shifted)
    as_began = as_ended = 0
    for key, (_, tokens) in moved.items():
        difference = _tokens(cells.get(key, Cell()))
        as_began += _size(difference)
        as_ended += _size(minus(difference, tokens))
    return moved if as_ended < as_began else {}


def _size(tokens: Kinds) -> int:
    return sum(abs(one) for one in tokens)


def _tokens(cell: Cell) -> Kinds:
    """Returns the export's tokens less the ledger's; nothing where the export has none to compare."""
    booked = cell.booked or Booked()
    kinds = {} if cell.stated is None else stated_kinds(cell.stated, booked)
    return NOTHING if kinds is None else minus(_whole(kinds), booked.tokens)


def _row(key: Key, cell: Cell, late: tuple[int, Kinds]) -> Row:
    booked = cell.booked or Booked()
    stated = cell.stated or _silence(cell)
    kinds = stated_kinds(stated, booked)
    tokens = None if kinds is None else _whole(kinds)
    requests, nanos = stated.requests, stated.nanos
    difference = None if tokens is None else minus(tokens, booked.tokens)
    parts = tokens_by_cause(
        difference,
        None if requests is None else requests - booked.requests,
        booked,
        late,
        absent=cell.stated is None,
    )
    card = cell.cards.get(_main_tier(kinds, booked))
    parts = _valued(parts, card)
    if nanos is not None:
        parts = _dollars(parts, cell, kinds, nanos - booked.nanos)
    return Row(
        day=key[0],
        model=key[1],
        requests_stated=requests,
        requests_booked=booked.requests,
        tokens_stated=tokens,
        tokens_booked=booked.tokens,
        nanos_stated=nanos,
        nanos_booked=booked.nanos,
        causes=_merged(parts),
    )


def _silence(cell: Cell) -> Stated:
    """Returns what an export without a line for a day and model says of it: nothing of what it tells at all."""
    return Stated(
        counts={None: Counts()} if cell.has_tokens else {},
        requests=0 if cell.has_tokens else None,
        nanos=0 if cell.has_amounts else None,
    )


def _dollars(
    parts: list[Part], cell: Cell, kinds: Mapping[str | None, Kinds] | None, nanos: int
) -> list[Part]:
    """Adds causes of dollars until all add up to the difference."""
    stated, booked = cell.stated or Stated(), cell.booked or Booked()
    parts = [*parts]
    if stated.charges_nanos is not None:
        parts.append(Part(cause="other_charges", nanos=stated.charges_nanos))
    if cell.stated is None or not booked.requests + booked.trial_requests:
        # One side only: what it says is the difference, whatever the tokens would cost.
        cause = "missing_from_export" if cell.stated is None else "unseen_traffic"
        return [*parts, Part(cause=cause, nanos=nanos - sum(part.nanos for part in parts))]
    if kinds is not None and None not in kinds:
        base = cell.cards.get(_main_tier(kinds, booked))
        parts.append(Part(cause="service_tier", nanos=_of_tiers(kinds, booked, cell.cards, base)))
    left = nanos - sum(part.nanos for part in parts)
    rest = _rest(parts, left, cell)
    if booked.searches_nanos:
        # The ledger has them in what a call cost, most exports on a line without a model.
        searches = Part(cause="other_charges", nanos=-booked.searches_nanos, note="searches, on another line")
        apart = [searches, *_rest([*parts, searches], left + booked.searches_nanos, cell)]
        rest = min(rest, apart, key=_unexplained)
    return [*parts, *rest]


def _rest(parts: Sequence[Part], left: int, cell: Cell) -> list[Part]:
    """Returns causes of the dollars that are left."""
    stated, booked = cell.stated or Stated(), cell.booked or Booked()
    unvalued = [part for part in parts if any(part.tokens) and not part.nanos and part.cause != UNEXPLAINED]
    allowance = stated.allowance_nanos + (booked.requests + 1) // 2 + len(parts)
    if booked.unpriced and left > allowance:
        tiers = booked.unpriced.get(_BECAUSE_OF_TIER, 0)
        by_tier, by_price = _split(left, tiers, sum(booked.unpriced.values()) - tiers)
        return [Part(cause="service_tier", nanos=by_tier), Part(cause="unknown_price", nanos=by_price)]
    if not cell.cards and len(unvalued) == 1:
        # Without rates of our own nothing can be valued: what is left belongs to the one cause that there is.
        return [Part(cause=unvalued[0].cause, nanos=left)]
    return _of_price(left, allowance, cell)


def _unexplained(parts: Sequence[Part]) -> int:
    return sum(abs(part.nanos) for part in parts if part.cause == UNEXPLAINED)


def _of_price(left: int, allowance: int, cell: Cell) -> list[Part]:
    """Returns the alternative that gives what is left, and rounding, or what stays unexplained."""
    stated, booked = cell.stated or Stated(), cell.booked or Booked()
    within = max(allowance, abs(stated.nanos or 0) * TOLERANCE_PER_MILLE // 1000)
    found: list[Part] = []
    if abs(left) > allowance:
        for alternative in cell.alternatives:
            picos = picos_of(booked.priced_tokens, alternative.card)
            for_tokens = booked.nanos - booked.searches_nanos
            change = 0 if picos is None else nanos_from_picos(picos) - for_tokens
            if abs(change) > allowance and abs(left - change) <= within:
                found.append(Part(cause=alternative.cause, nanos=change, note=alternative.note))
                left -= change
                break
    return [*found, Part(cause="rounding" if abs(left) <= allowance else UNEXPLAINED, nanos=left)]


def _of_tiers(
    kinds: Mapping[str | None, Kinds], booked: Booked, cards: Mapping[str, RateCard], base: RateCard | None
) -> int:
    """Returns what it makes in nano-dollars that differing tokens are of other tiers than all are valued at.

    0 where a rate is missing.
    """
    picos = 0
    for tier in sorted({tier or STANDARD for tier in kinds} | set(booked.tiers)):
        tokens = minus(kinds.get(tier, NOTHING), booked.tiers.get(tier, NOTHING))
        card = cards.get(tier)
        own = None if card is None else picos_of(tokens, card)
        usual = None if base is None else picos_of(tokens, base)
        if any(tokens) and (own is None or usual is None):
            return 0
        picos += (own or 0) - (usual or 0)
    return nanos_from_picos(picos)


def _valued(parts: Sequence[Part], card: RateCard | None) -> list[Part]:
    valued = []
    for part in parts:
        # What trials cost is known.
        own = None if part.cause == "trials" else card
        picos = None if own is None else picos_of(part.tokens, own)
        valued.append(part if picos is None else msgspec.structs.replace(part, nanos=nanos_from_picos(picos)))
    return valued


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Returns one part a cause, in the order of `CAUSES`; those that explain nothing are left out."""
    sums: dict[str, Part] = {}
    for part in parts:
        there = sums.get(part.cause)
        sums[part.cause] = part if there is None else there.plus(part)
    return tuple(
        sums[cause]
        for cause in CAUSES
        if cause in sums and (sums[cause].requests or any(sums[cause].tokens) or sums[cause].nanos)
    )


def _main_tier(kinds: Mapping[str | None, Kinds] | None, booked: Booked) -> str:
    """Returns the tier with the most tokens: its rates value what no tier is known of."""
    there: dict[str, int] = {}
    for tier, tokens in [*(kinds or {}).items(), *booked.tiers.items()]:
        if tier is not None:
            there[tier] = there.get(tier, 0) + sum(tokens)
    return max(sorted(there), key=lambda tier: there[tier], default=STANDARD)


def _split(amount: int, first: int, second: int) -> tuple[int, int]:
    one = amount * first // (first + second)
    return one, amount - one


def _whole(kinds: Mapping[str | None, Kinds]) -> Kinds:
    whole = NOTHING
    for one in kinds.values():
        whole = plus(whole, one)
    return whole

"""What sessions paid for reading anew what the baseline would have had in its prompt cache. Pure; an estimate.

A provider's prompt cache belongs to one model: when a session goes on with another, that one reads the earlier turns at
its full price. Of each later turn of a session that another model than the baseline has answered, at some turn so far:

reach    tokens of the turn before that can be read again: the smaller of both prompts
share    of such tokens, what the holdout's later turns found in the baseline's cache: sum over sum, by use case
lost     share x reach - what this turn found in a cache itself

No turn is cut off at zero, or chance alone would add up to a loss; a use case's sum is. Where it shows:

1. `paid`: of turns on the routed arm, at the rates that they were charged. The arms' costs hold it, so that what is
   measured is net of it: it is shown, and not subtracted.
2. `modelled`: the same turns, at the baseline's rates. The modelled figure, same tokens at two prices, takes what was
   read anew for what the baseline would have read anew too, and is too high by this.
3. `unrouted`: turns of a routed session that no candidate could serve, and that have no arm. The baseline read anew
   what it would have had cached. No figure holds this cost, and routing has caused it: it is overhead, subtracted.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from suffice.ledger.entry import Entry, RateCard
from suffice.ledger.kinds import kinds_of, picos_of
from suffice.ledger.sessions import Period
from suffice.money import nanos_from_picos
from suffice.types import Usage

FEWEST_TURNS = 10
"""Later turns of the holdout, in a use case, below which its share is not known; house heuristic."""


class Turn(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One served call of a session, as far as its cache goes."""

    id: str
    received_ns: int
    bucket: str
    session: str
    arm: str
    requested_model: str
    routed: bool
    """Another model was asked than the client named."""
    usage: Usage | None
    rates: RateCard | None
    """That it was charged."""
    baseline_rates: RateCard | None
    """The baseline's, for the same tokens, where another was asked."""


class LostCache(msgspec.Struct, frozen=True, kw_only=True):
    """Of one use case and baseline; see above."""

    bucket: str
    baseline: str
    """As the client asked for it."""
    turns: int = 0
    """Later turns of routed sessions that `paid_nanos` and `modelled_nanos` are over."""
    unknown: int = 0
    """Others, of which nothing can be said: a usage or a price is missing, or the share is not known."""
    paid_nanos: int = 0
    modelled_nanos: int = 0
    unrouted_turns: int = 0
    unrouted_unknown: int = 0
    """Of these without a usage or a price."""
    unrouted_nanos: int = 0
    """Where the share is not known, as if it were 1: the most that it can be."""
    holdout_turns: int = 0
    share: float | None = None
    """Of an earlier prompt, what the baseline's cache served in the holdout; `None` if that is not known."""


class _Picos(msgspec.Struct):
    """Picodollars more than from a cache."""

    turns: int = 0
    unknown: int = 0
    reach: int = 0
    """All that could be read again."""
    read: int = 0
    """What came from a cache."""

    def add(self, usage: Usage, reach: int, card: RateCard) -> None:
        more = _more(usage, card)
        self.turns += 1
        self.reach += reach * more
        self.read += min(usage.cache_read_tokens, reach) * more

    def lost_nanos(self, read: int, reach: int) -> int:
        return nanos_from_picos(max(0, self.reach * read // reach - self.read)) if reach else 0


class _Sums(msgspec.Struct, kw_only=True):
    paid: _Picos = msgspec.field(default_factory=_Picos)
    modelled: _Picos = msgspec.field(default_factory=_Picos)
    unrouted: _Picos = msgspec.field(default_factory=_Picos)
    holdout_turns: int = 0
    holdout_reach: int = 0
    holdout_read: int = 0

    def told(self, bucket: str, baseline: str) -> LostCache:
        known = self.holdout_turns >= FEWEST_TURNS and self.holdout_reach > 0
        share = (self.holdout_read, self.holdout_reach)
        return LostCache(
            bucket=bucket,
            baseline=baseline,
            turns=self.paid.turns if known else 0,
            unknown=self.paid.unknown + (0 if known else self.paid.turns),
            paid_nanos=self.paid.lost_nanos(*share) if known else 0,
            modelled_nanos=self.modelled.lost_nanos(*share) if known else 0,
            unrouted_turns=self.unrouted.turns,
            unrouted_unknown=self.unrouted.unknown,
            unrouted_nanos=self.unrouted.lost_nanos(*(share if known else (1, 1))),
            holdout_turns=self.holdout_turns,
            share=self.holdout_read / self.holdout_reach if known else None,
        )


class _Before(msgspec.Struct):
    """What has come of a session so far."""

    input_tokens: int | None
    """Of its last turn."""
    moved: bool = False
    """Another model than the baseline has answered."""
    by_dice: bool = False
    """On the routed arm, not because the client wished it."""


def turn_of(entry: Entry) -> Turn:
    """Returns what an entry says of it."""
    outcome, baseline = entry.outcome, entry.baseline_cost
    return Turn(
        id=outcome.id,
        received_ns=outcome.received_ns,
        bucket=outcome.bucket,
        session=outcome.session,
        arm=outcome.arm,
        requested_model=outcome.requested_model,
        routed=outcome.sent_model not in {"", outcome.requested_model},
        usage=outcome.usage,
        rates=entry.cost.rates,
        baseline_rates=baseline.rates if baseline else None,
    )


def lost_caches(turns: Iterable[Turn], *, period: Period) -> tuple[LostCache, ...]:
    """Returns what prompt cache was lost to changes of model, by use case.

    Args:
        turns: Served calls with a session, in the order of their arrival. Those outside of the period say what came
            before, and what the baseline's cache serves.
        period: Whose losses count.
    """
    found: dict[tuple[str, str], _Sums] = {}
    sessions: dict[tuple[str, str], _Before] = {}
    for turn in turns:
        before = sessions.get((turn.bucket, turn.session))
        now = _Before(turn.usage.input_tokens if turn.usage else None)
        if before is not None:
            now.moved, now.by_dice = before.moved, before.by_dice
            sums = found.setdefault((turn.bucket, turn.requested_model), _Sums())
            _take(sums, turn, before, counts=period.covers(turn.received_ns))
        now.moved |= turn.routed
        now.by_dice |= turn.routed and turn.arm == "routed"
        sessions[turn.bucket, turn.session] = now
    told = (sums.told(*key) for key, sums in sorted(found.items()))
    return tuple(
        one for one in told if any((one.turns, one.unknown, one.unrouted_turns, one.unrouted_unknown))
    )


def _take(sums: _Sums, turn: Turn, before: _Before, *, counts: bool) -> None:
    """Counts a later turn of a session."""
    known = None if turn.usage is None or before.input_tokens is None else turn.usage
    reach = 0 if known is None else min(before.input_tokens or 0, known.input_tokens)
    if turn.routed or (before.moved and turn.arm == "routed"):
        baseline = turn.baseline_rates if turn.routed else turn.rates
        if not counts:
            return
        if known is None or turn.rates is None or baseline is None:
            sums.paid.unknown += 1
            return
        sums.paid.add(known, reach, turn.rates)
        sums.modelled.add(known, reach, baseline)
    elif before.by_dice and turn.arm == "":
        if not counts:
            return
        if known is None or turn.rates is None:
            sums.unrouted.unknown += 1
            return
        sums.unrouted.add(known, reach, turn.rates)
    elif turn.arm == "holdout" and not before.moved and known is not None:
        sums.holdout_turns += 1
        sums.holdout_reach += reach
        sums.holdout_read += min(known.cache_read_tokens, reach)


def _more(usage: Usage, card: RateCard) -> int:
    """Picodollars that a token of this prompt costs more than from a cache; 0 if the price list has none for that."""
    if card.cache_read is None:
        return 0
    plain, _, written, hour, _ = kinds_of(usage)
    # What is read anew may be written to the cache at once, which can cost more still.
    count, picos = plain + written + hour, picos_of((plain, 0, written, hour, 0), card)
    rate = card.input if not count or picos is None else picos // count
    return max(0, rate - card.cache_read)

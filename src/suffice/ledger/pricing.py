"""What a call cost: usage x rates, exact, rounded once; and what is unknown stays unknown. Pure.

Rules (evidence for each is in docs/operations.md, "What costs what"):

1. An answer of 4xx or 5xx, a refusal of ours, a provider that was never reached, and a GET cost nothing.
2. Cached input is priced as such; a provider whose price list has no rate for it leaves the cost unknown.
3. Cache writes without a rate of their own are ordinary input: providers that do not list them do not charge for
them apart.
4. Reasoning is part of the output.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import msgspec

from suffice.ledger.entry import Cost, Entry, Grade, RateCard
from suffice.money import nanos_from_picos
from suffice.types import Outcome, Usage

NOTHING_SENT = "nothing_sent"
"""The fault of an exchange that ended before anything went to a provider."""

_FREE = Cost(nanos=0, grade="not_billed")


class PriceOf(Protocol):
    """Prices a call."""

    def __call__(self, usage: Usage, *, provider: str, model: str, at_ns: int) -> Cost:
        """Returns the cost of this usage, or why it is unknown."""


def charge(usage: Usage, card: RateCard) -> Cost:
    """Returns the cost of a call at these rates: `measured` for reported usage, `modelled` for estimated.

    >>> card = RateCard(input=2_500_000, output=15_000_000, cache_read=250_000)
    >>> charge(Usage(input_tokens=100, output_tokens=10, cache_read_tokens=80), card).nanos
    220000
    """
    ordinary = (
        usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens - usage.input_audio_tokens
    )
    written = usage.cache_write_tokens - usage.cache_write_1h_tokens
    lines = (
        (ordinary, card.input),
        (usage.cache_read_tokens, card.cache_read),
        (written, card.input if card.cache_write is None else card.cache_write),
        (usage.cache_write_1h_tokens, card.cache_write_1h),
        (usage.input_audio_tokens, card.input_audio),
        (usage.output_tokens - usage.output_audio_tokens, card.output),
        (usage.output_audio_tokens, card.output_audio),
        (usage.web_searches, card.web_search),
    )
    picos = 0
    for count, rate in lines:
        if count == 0:
            continue
        # A count below zero: audio that the cache served, which no report tells apart.
        if rate is None or count < 0:
            return Cost(
                nanos=None, grade="unknown", price_version=card.version, unknown_because="unpriced_unit"
            )
        picos += count * rate
    grade: Grade = "measured" if usage.source == "reported" else "modelled"
    return Cost(
        nanos=nanos_from_picos(picos), grade=grade, price_version=card.version, rates=_without_version(card)
    )


def entry_of(outcome: Outcome, price_of: PriceOf) -> Entry:
    """Returns the ledger entry of an outcome: its cost, and what the model that was not asked would have cost.

    That is the decided model where the baseline was asked, and the baseline where another was; for the same tokens.
    Only an answer that was served has such a counterpart: a discarded or shadow call is cost alone.
    """
    if _not_billed(outcome):
        return Entry(outcome=outcome, cost=_FREE)
    usage = outcome.usage
    if usage is None:
        return Entry(outcome=outcome, cost=unknown("no_usage"))
    cost = _first_priced(price_of, outcome, usage)
    if outcome.leg != "served":
        return Entry(outcome=outcome, cost=cost)
    if outcome.sent_model and outcome.sent_model != outcome.requested_model:
        asked = outcome.requested_provider or outcome.provider
        baseline = _modelled(price_of, outcome, usage, (asked, outcome.requested_model))
        return Entry(outcome=outcome, cost=cost, baseline_cost=baseline)
    decided = outcome.decided_model
    if decided is None or decided == outcome.requested_model:
        return Entry(outcome=outcome, cost=cost)
    whose = outcome.decided_provider or outcome.requested_provider or outcome.provider
    return Entry(
        outcome=outcome, cost=cost, shadow_cost=_modelled(price_of, outcome, usage, (whose, decided))
    )


def unknown(because: str) -> Cost:
    """Returns a cost that is unknown for this reason."""
    return Cost(nanos=None, grade="unknown", unknown_because=because)


@lru_cache(maxsize=1024)
def _without_version(card: RateCard) -> RateCard:
    return msgspec.structs.replace(card, version="")


def _not_billed(outcome: Outcome) -> bool:
    if outcome.ending in {"refused", "upstream_unreachable"} or outcome.fault == NOTHING_SENT:
        return True
    # Where the provider broke off, a status may be ours.
    if outcome.ending in {"complete", "client_left"} and outcome.status is not None and outcome.status >= 400:
        return True
    return outcome.api == "passthrough" and outcome.method != "POST"


def _first_priced(price_of: PriceOf, outcome: Outcome, usage: Usage) -> Cost:
    """The price of the model that answered; where that name has none, of the one that was asked for it."""
    served, asked = outcome.served_model, outcome.sent_model or outcome.requested_model
    if served:
        cost = price_of(usage, provider=outcome.provider, model=served, at_ns=outcome.received_ns)
        if cost.unknown_because != "no_price" or not asked or asked == served:
            return cost
    return price_of(usage, provider=outcome.provider, model=asked, at_ns=outcome.received_ns)


def _modelled(price_of: PriceOf, outcome: Outcome, usage: Usage, other: tuple[str, str]) -> Cost:
    """Prices the same usage with another provider's model."""
    provider, model = other
    # Another model's own tier and cache are not known: it is priced as if it had been asked for the same.
    cost = price_of(usage, provider=provider, model=model, at_ns=outcome.received_ns)
    return cost if cost.nanos is None else msgspec.structs.replace(cost, grade="modelled")

"""Dated prices, from the price book of genai-prices, with guards where that would guess. Never asks the network.

1. A service tier that the book has no row for is unknown; the book itself would give the standard price.
2. A model that price books disagree on is unknown.
3. Rates are turned into integers once and kept per model, tier and minute, so that a call's cost is integer arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version

from genai_prices import data_snapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

from suffice.ledger.entry import Cost, RateCard
from suffice.ledger.pricing import charge, unknown
from suffice.ledger.statement import STANDARD, tier_name
from suffice.money import rate_from_usd_per_million
from suffice.types import Usage

BUILT_IN: Mapping[str, str] = {"openai": "openai", "anthropic": "anthropic"}
"""Provider names and their ids in the price book."""

DISPUTED = frozenset({"mistral-large-latest", "deepseek-chat"})
"""Names that two price books give different prices for, compared in November 2026."""

# Tiers that cost what the standard one does, by the book's id of their provider: console.groq.com/docs/flex-processing
_SAME_PRICE = frozenset({("groq", "flex")})
# What every call of such a model is billed by beside its tokens, or instead of some of them, and no usage is read for:
# a fee a request, images among the output, and what Perplexity's deep research thinks and cites.
_NOT_COUNTED = ("requests_kcount", "output_image_mtok", "output_reasoning_mtok", "output_citation_mtok")
# OpenAI's models that search for every chat completion: the fee for that is in no usage, and not in the book. Source:
# developers.openai.com/api/docs/pricing, "Web search".
_SEARCHES = re.compile(r"-search-(?:preview|api)(?:-20\d\d-\d\d-\d\d)?$")
_VERSION = version("genai-prices")
_MINUTE_NS = 60 * 1_000_000_000
# Per search, where rates are per token: a thousand searches, not a million tokens.
_PER_SEARCH = 1000


class PriceBook:
    """Prices calls of the configured providers.

    Args:
        providers: Provider name to its id in genai-prices; one that is not here has no prices.
    """

    def __init__(self, providers: Mapping[str, str] = BUILT_IN) -> None:
        self._providers = dict(providers)

    def cost(self, usage: Usage, *, provider: str, model: str, at_ns: int) -> Cost:
        """Returns what a call cost.

        Args:
            usage: Its tokens, and the tier that served it.
            provider: Name in the configuration.
            model: As the response names it; dated names are known.
            at_ns: Unix time of the call: prices have dates.

        Returns:
            The cost; `unknown` with `no_price`, `unmatched_tier`, `disputed_price` or `unpriced_unit` where there
            is none.
        """
        if model in DISPUTED:
            return unknown("disputed_price")
        book = self._providers.get(provider)
        cards = "no_price" if book is None else _cards(book, model, usage.service_tier, at_ns // _MINUTE_NS)
        if isinstance(cards, str):
            return unknown(cards)
        for start, card in cards:
            if usage.input_tokens > start:
                return charge(usage, card)
        return unknown("unpriced_unit")  # A count below zero.

    def cards(
        self, *, provider: str, model: str, at_ns: int, tier: str | None = None
    ) -> tuple[tuple[int, RateCard], ...]:
        """Returns the rates of a model, longest prompts first, each with the length above which it holds.

        Args:
            provider: Name in the configuration.
            model: Dated names are known.
            at_ns: Unix time that they hold for.
            tier: The service tier; `None` is standard.

        Returns:
            Empty if it has no price, none for the tier, or one of units that are not counted.
        """
        book = self._providers.get(provider)
        if book is None or model in DISPUTED:
            return ()
        found = _cards(book, model, tier, at_ns // _MINUTE_NS)
        return () if isinstance(found, str) else found


def price_ids() -> frozenset[str]:
    """Returns the providers that the price book knows, by their ids in it."""
    return frozenset(provider.id for provider in data_snapshot.get_snapshot().providers)


@lru_cache(maxsize=4096)
def _cards(book: str, model: str, tier: str | None, minute: int) -> tuple[tuple[int, RateCard], ...] | str:
    """Returns rate cards and the prompt length above which each holds, longest first; else why there are none."""
    try:
        _, info = data_snapshot.get_snapshot().find_provider_model(model, None, book, None)
    except LookupError:
        return "no_price"
    at = datetime.fromtimestamp(minute * 60, UTC)
    standard = tier is None or tier_name(tier) == STANDARD or (book, tier) in _SAME_PRICE
    context = {} if tier is None or standard else _context(info, tier, at)
    if context is None:
        return "unmatched_tier"
    prices = info.get_prices(at, context)
    if _SEARCHES.search(model) or any(getattr(prices, unit) is not None for unit in _NOT_COUNTED):
        return "unpriced_unit"
    starts = {
        price.start
        for tiered in vars(prices).values()
        if isinstance(tiered, TieredPrices)
        for price in tiered.tiers
    }
    version_of = f"genai-prices {_VERSION}: {book}/{info.id}" + (f" {tier}" if context else "")
    cards = [(start, _card(prices, start, version_of)) for start in sorted(starts | {-1}, reverse=True)]
    if any(card is None for _, card in cards):
        return "no_price"
    return tuple((start, card) for start, card in cards if card is not None)


def _context(info: ModelInfo, tier: str, at: datetime) -> dict[str, str] | None:
    # OpenAI's faster tier is a `service_tier` in the book, Anthropic's a `speed`.
    wanted = [{"processing": "batch"}] if tier == "batch" else [{"service_tier": tier}, {"speed": tier}]
    for variant in info.price_variants or ():
        if variant.when in wanted and (variant.constraint is None or variant.constraint.active(at)):
            return dict(variant.when)
    return None


def _card(prices: ModelPrice, start: int, version_of: str) -> RateCard | None:
    input_rate = _rate(prices, "input_mtok", start)
    if input_rate is None:
        return None
    search = prices.web_searches_kcount
    return RateCard(
        input=input_rate,
        # Embeddings have no output and so no price for it.
        output=_rate(prices, "output_mtok", start) or 0,
        cache_read=_rate(prices, "cache_read_mtok", start),
        cache_write=_rate(prices, "cache_write_mtok", start),
        cache_write_1h=_rate(prices, "cache_write_1h_mtok", start),
        input_audio=_rate(prices, "input_audio_mtok", start),
        output_audio=_rate(prices, "output_audio_mtok", start),
        web_search=rate_from_usd_per_million(search * _PER_SEARCH) if isinstance(search, Decimal) else None,
        version=version_of,
    )


def _rate(prices: ModelPrice, key: str, start: int) -> int | None:
    price = getattr(prices, key)
    if price is None:
        return None
    if isinstance(price, TieredPrices):
        reached = [tier.price for tier in price.tiers if tier.start <= start]
        price = reached[-1] if reached else price.base
    return rate_from_usd_per_million(price)

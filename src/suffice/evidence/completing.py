"""Completes a call of a log: which provider served it, its usage, and its cost where the log has none."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.ledger.pricing import PriceOf
from suffice.ledger.usage import read_usage
from suffice.types import ClientApi, LoggedCall, Usage

_KNOWN_MODELS = 4096
_OPENAI, _ANTHROPIC = "openai", "anthropic"


class Completing:
    """Completes calls.

    Args:
        catalog: Which provider has which models.
        prices: Dated prices.
        now_ns: Unix time; only to tell which models have any price.
    """

    def __init__(self, catalog: Catalog, prices: PriceBook, *, now_ns: int) -> None:
        self._catalog = catalog
        self._prices = prices
        self._cost: PriceOf = prices.cost
        self._now_ns = now_ns
        self.provider_of = lru_cache(maxsize=_KNOWN_MODELS)(self._provider_of)

    def __call__(self, call: LoggedCall) -> LoggedCall:
        """Returns the call with what can be known of it; what cannot stays unknown.

        A call without a time has no price: prices have dates.
        """
        provider = call.provider or self.provider_of(call.model, call.api)
        usage = call.usage or _reported(call)
        cost_nanos = call.cost_nanos
        if cost_nanos is None and usage is not None and call.received_ns is not None and provider:
            served = call.response.get("model") if call.response else None
            cost_nanos = self._priced(usage, provider, call, served if isinstance(served, str) else "")
        if provider == call.provider and usage is call.usage and cost_nanos == call.cost_nanos:
            return call
        return msgspec.structs.replace(call, provider=provider, usage=usage, cost_nanos=cost_nanos)

    def _priced(self, usage: Usage, provider: str, call: LoggedCall, served: str) -> int | None:
        at_ns = call.received_ns or 0
        if served and served != call.model:
            cost = self._cost(usage, provider=provider, model=served, at_ns=at_ns)
            if cost.unknown_because != "no_price":
                return cost.nanos
        return self._cost(usage, provider=provider, model=call.model, at_ns=at_ns).nanos

    def _provider_of(self, model: str, api: ClientApi) -> str:
        """Returns the provider that a model was most likely asked of; empty if nothing tells."""
        usual = _ANTHROPIC if api == "messages" else _OPENAI
        having = self._catalog.providers_of(model)
        if having:
            return usual if usual in having else having[0]
        for name in (usual, _ANTHROPIC, _OPENAI):
            if self._prices.cards(provider=name, model=model, at_ns=self._now_ns):
                return name
        return ""


def _reported(call: LoggedCall) -> Usage | None:
    if call.response is None:
        return None
    tier = call.response.get("service_tier")
    return read_usage(
        call.api, call.response.get("usage"), service_tier=tier if isinstance(tier, str) else None
    )

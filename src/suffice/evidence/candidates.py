"""LEARN: which models a use case may be tried with, and why another cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from suffice.catalog import Catalog
from suffice.config import Provider
from suffice.evidence.caller import PATHS, WIRE_OF, Target, prepared
from suffice.features import read
from suffice.ledger.pricing import PriceOf
from suffice.policy.adapt import adapt
from suffice.policy.constraints import TEXTS, needs_of, veto
from suffice.policy.patch import revised
from suffice.policy.proposing import crossing, lower
from suffice.types import Candidate, ClientApi, LoggedCall, Request, Usage

UNKNOWN_OUTPUT_TOKENS = 32_768
"""The longest answer of a model that the catalog does not have, where a request sets no limit. House heuristic."""


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """Models, providers and prices of one moment."""

    catalog: Catalog
    providers: Mapping[str, Provider]
    price_of: PriceOf
    at_ns: int
    across: Sequence[str] = ()
    """Providers that may serve in another's place."""

    def known(self, target: Target) -> Candidate | None:
        """Returns what the catalog has of a model: with this provider, else with whichever has it; `None` if none."""
        model = target.model.rpartition("/")[2]
        providers = [target.provider, *self.catalog.providers_of(model)]
        found = (self.catalog.resolve(provider, model) for provider in providers)
        return next((one for one in found if one is not None), None)

    def name_of(self, target: Target) -> str:
        """Returns the catalog's name of a model; one that it does not have keeps its own."""
        known = self.known(target)
        return target.model if known is None else known.model

    def most_output_tokens(self, target: Target) -> int:
        """Returns how long an answer can be."""
        known = self.known(target)
        return (known.max_output_tokens if known is not None else None) or UNKNOWN_OUTPUT_TOKENS

    def nanos(self, target: Target, input_tokens: float | None, output_tokens: float | None) -> int | None:
        """Returns what a call of so many tokens costs; `None` if that is unknown."""
        if input_tokens is None or output_tokens is None:
            return None
        usage = Usage(
            input_tokens=round(input_tokens), output_tokens=round(output_tokens), source="estimated"
        )
        return self.price_of(usage, provider=target.provider, model=target.model, at_ns=self.at_ns).nanos

    def home_of(self, call_provider: str, model: str, api: ClientApi) -> Target | None:
        """Returns the model of a log at a configured provider; `None` if none is configured.

        The provider that the log names counts before the catalog's, and that before the default of the API.
        """
        names = [call_provider, *self.catalog.providers_of(model)]
        names += [one.name for one in self.providers.values() if one.default]
        fits = (
            name for name in names if name in self.providers and self.providers[name].wire == WIRE_OF.get(api)
        )
        provider = next(fits, None)
        return None if provider is None else Target(provider=provider, model=model)

    def siblings(self, baseline: Target, api: ClientApi = "chat_completions") -> list[Target]:
        """Returns the smaller models of the baseline's own provider, then those of providers that may serve for it.

        Args:
            baseline: Of a use case.
            api: That its requests speak: only those that a model is served on count.
        """
        known = self.catalog.resolve(baseline.provider, baseline.model)
        if known is None:
            return []
        others = [
            one for one in lower(known, self.catalog.across(self.across).values()) if api in crossing(one)
        ]
        found = [Target(provider=baseline.provider, model=name) for name in known.smaller]
        return found + [Target(provider=one.provider, model=one.model) for one in others]

    def parse(self, text: str, baseline: Target) -> Target:
        """Returns the model that a person means: `provider/model`, or a model alone.

        A model alone is the baseline's provider's, if that has it or nobody is known to.
        """
        first, slash, rest = text.partition("/")
        if slash and first in self.providers:
            return Target(provider=first, model=rest)
        homes = self.catalog.providers_of(text)
        provider = baseline.provider if baseline.provider in homes or not homes else homes[0]
        return Target(provider=provider, model=text)


def why_not(market: Market, baseline: Target, api: ClientApi, candidate: Target) -> str | None:
    """Returns why a candidate cannot be asked for a use case's requests at all, in words; `None` if it can.

    Args:
        market: Models, providers and prices.
        baseline: Of the use case.
        api: That its requests speak.
        candidate: To be tried.
    """
    provider = market.providers.get(candidate.provider)
    if provider is None:
        return f"no provider {candidate.provider} is configured: add [providers.{candidate.provider}]"
    if market.name_of(candidate) == market.name_of(baseline):
        return "it is the baseline"
    if provider.wire != WIRE_OF[api] and not _crosses(market, baseline, api, candidate):
        return (
            f"another wire format: the requests are {api.replace('_', ' ')}, {provider.name} speaks {provider.wire}'s; "
            f'a [providers.NAME] with an address of it that speaks wire = "{WIRE_OF[api]}" can be tried'
        )
    if market.nanos(candidate, 1, 1) is None:
        return "no price: what it spends could not be limited"
    return None


def _crosses(market: Market, baseline: Target, api: ClientApi, candidate: Target) -> bool:
    """Whether a provider of another wire format serves a model on the API of the requests all the same."""
    known = market.catalog.resolve(candidate.provider, candidate.model)
    return known is not None and candidate.provider != baseline.provider and api in crossing(known)


def vetoes(
    market: Market, calls: Sequence[LoggedCall], baseline: Target, candidates: Sequence[Target]
) -> Iterator[tuple[LoggedCall, dict[Target, str]]]:
    """Yields each call with the candidates that must not serve it, and the constraint in words.

    Args:
        market: Models, providers and prices.
        calls: Of one use case.
        baseline: Of the use case; its own veto, on state that only the provider holds, stands for all.
        candidates: To be tried; those that the catalog does not have can do anything, as far as is known.
    """
    known = {target: found for target in candidates if (found := market.known(target)) is not None}
    for call in calls:
        features = read(
            Request(
                api=call.api,
                provider=baseline.provider,
                model=call.model,
                body=call.request,
                feature=call.feature,
            )
        )
        needs = needs_of(features)
        said = {
            target: veto(features, needs, candidate) or _not_adapted(market, call, baseline, candidate)
            for target, candidate in known.items()
        }
        if features.pinned or (features.tools is not None and features.tools.hosted):
            reason = "pinned" if features.pinned else "hosted_tools"
            said = dict.fromkeys([baseline, *candidates], reason)
        yield call, {target: TEXTS[reason] for target, reason in said.items() if reason is not None}


def _not_adapted(market: Market, call: LoggedCall, baseline: Target, candidate: Candidate) -> str | None:
    asked = market.known(msgspec.structs.replace(baseline, model=call.model))
    return None if asked is None else adapt(call.api, call.request, asked, candidate).veto


def asked_of(market: Market, call: LoggedCall, target: Target) -> dict[str, Any]:
    """Returns a logged request as a trial asks it of a model: what route mode would send that model, in one piece."""
    body = prepared(call.request, target.model)
    asked = market.known(Target(provider=call.provider or target.provider, model=call.model))
    known = market.known(target)
    if asked is None or known is None or asked is known:
        return body
    patch = adapt(call.api, body, asked, known).patch
    # The target's own name: a trial may be of a dated version.
    return body if patch is None else {**revised(body, patch), "model": target.model}


def can_ask(api: ClientApi) -> bool:
    """Tells whether a trial can ask in this API."""
    return api in PATHS

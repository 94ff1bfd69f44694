"""Which models are proposed for a request: candidates before anything is known of how good they are. Pure.

1. The smaller siblings of the baseline, as the catalog names them.
2. What is certified in the use case: a certificate is evidence enough for a model that no prior would let stand in.
3. Where the operator lets other providers serve (`across_providers`): their models of a lower tier.

A model goes by its name alone, here and in every decision, certificate and list: no two providers of the catalog have a
model of one name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from suffice.types import Candidate, ClientApi, Tier

Resolve = Callable[[str, str], Candidate | None]
"""Finds a model by its provider's name and its own, alias or dated name."""
Across = Mapping[str, Candidate]
"""By name: the models of the providers that may serve in another's place."""

_ORDER: Mapping[Tier, int] = {tier: place for place, tier in enumerate(get_args(Tier))}


def candidate_of(provider: str, name: str, resolve: Resolve, across: Across) -> Candidate | None:
    """Returns the model that a decision or a certificate names; `None` if it may not serve, or is not known.

    Args:
        provider: Of the baseline: its own models come first.
        name: The catalog's.
        resolve: The catalog.
        across: Models of other providers that may serve.
    """
    found = resolve(provider, name)
    return across.get(name) if found is None else found


def proposed(
    baseline: Candidate, certified: tuple[str, ...], resolve: Resolve, across: Across
) -> list[Candidate]:
    """Returns the candidates for a baseline, its own provider's first.

    Args:
        baseline: What the client asked for.
        certified: Names of the models that are certified in its place.
        resolve: The catalog.
        across: Models of other providers that may serve.
    """
    names = baseline.smaller + tuple(name for name in certified if name not in baseline.smaller)
    named = (candidate_of(baseline.provider, name, resolve, across) for name in names)
    found = [candidate for candidate in named if candidate is not None]
    if across:
        found += [one for one in lower(baseline, across.values()) if one.model not in names]
    return found


def lower(baseline: Candidate, models: Iterable[Candidate]) -> list[Candidate]:
    """Returns the models of other providers whose tier is below the baseline's, in the given order."""
    return [
        one
        for one in models
        if one.provider != baseline.provider and _ORDER[one.tier] < _ORDER[baseline.tier]
    ]


def crossing(candidate: Candidate) -> list[ClientApi]:
    """Returns the client APIs that a model can serve on in the place of another provider's.

    Chat completions alone: what vendors serve of each other's formats, and nothing here translates between them
    (docs/decisions/0008-no-translation.md).
    """
    return [api for api in candidate.dialects if api == "chat_completions"]

"""The models there are: tier, limits and capabilities from data, standard rates from the price book."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from importlib import resources
from typing import Any, Literal

import msgspec

from suffice.catalog.benchmarks import NO_BENCHMARKS, BenchmarkData, Profiles, profiles_at, read_benchmarks
from suffice.catalog.parameters import Dialects, dialects_of, load_parameters
from suffice.catalog.prices import BUILT_IN, PriceBook
from suffice.errors import ConfigError
from suffice.types import Candidate, Rates, Tier

Capability = Literal[
    "tools",
    "parallel_tools",
    "json_schema",
    "vision",
    "audio",
    "files",
    "reasoning",
    "logprobs",
    "multiple_choices",
]
# The dates that vendors append to a model's name: -2026-03-05, -20260305.
_DATED = re.compile(r"-(?:20\d\d-\d\d-\d\d|20\d{6})$")
_PRICES_OF = {**BUILT_IN, "gemini": "google"}


class ModelRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `models.toml`, where each field is explained."""

    provider: str
    model: str
    tier: Tier
    context_tokens: int
    max_output_tokens: int
    capabilities: list[Capability]
    source: str
    as_of: date
    aliases: list[str] = []
    smaller: list[str] = []
    retires: date | None = None


class Catalog:
    """Finds models by provider and name.

    Args:
        rows: As read from data.
        prices: Where rates come from.
        at_ns: Unix time that the rates and the benchmark scores hold for.
        benchmarks: Published scores, as read from data.
        dialects: What each model takes of a request's parameters.

    Raises:
        ConfigError: A row has no price, two rows claim one name (whoever their providers are), a score is of a model
            that is not there, or a model's parameters are not known.
    """

    def __init__(
        self,
        rows: list[ModelRow],
        prices: PriceBook,
        *,
        at_ns: int,
        benchmarks: BenchmarkData = NO_BENCHMARKS,
        dialects: Dialects | None = None,
    ) -> None:
        self.rows = tuple(rows)
        day = datetime.fromtimestamp(at_ns // 1_000_000_000, UTC).date()
        profiles = profiles_at(benchmarks, day)
        _check(rows, benchmarks)
        self._by_name: dict[tuple[str, str], Candidate] = {}
        self._candidates: dict[str, tuple[Candidate, ...]] = {}
        for row in rows:
            candidate = _candidate(row, prices, at_ns, profiles)
            if dialects is not None:
                candidate = _with_dialects(candidate, dialects)
            self._by_name |= {(row.provider, name): candidate for name in (row.model, *row.aliases)}
            self._candidates[row.provider] = (*self._candidates.get(row.provider, ()), candidate)

    @staticmethod
    def load(*, at_ns: int) -> Catalog:
        """Returns the catalog that ships with suffice.

        Args:
            at_ns: Unix time that the rates hold for.

        Raises:
            ConfigError: The data cannot be used; says which row.
        """
        models, benchmarks = (
            tomllib.loads(resources.files(__package__).joinpath(name).read_text("utf-8"))
            for name in ("models.toml", "benchmarks.toml")
        )
        return Catalog(
            read_rows(models),
            PriceBook(_PRICES_OF),
            at_ns=at_ns,
            benchmarks=read_benchmarks(benchmarks),
            dialects=dialects_of(load_parameters()),
        )

    def resolve(self, provider: str, model: str) -> Candidate | None:
        """Returns the model of this name, alias or dated name; `None` if the catalog does not have it."""
        found = self._by_name.get((provider, model))
        if found is not None:
            return found
        return self._by_name.get((provider, _DATED.sub("", model)))

    @staticmethod
    def undated(model: str) -> str:
        """Returns a name without the date that its vendor appended.

        >>> Catalog.undated("gpt-9-2031-01-01")
        'gpt-9'
        """
        return _DATED.sub("", model)

    def names(self) -> Mapping[str, str]:
        """Returns the catalog's own name of each model, by every name that it goes by with any provider."""
        return {name: candidate.model for (_, name), candidate in self._by_name.items()}

    def name_of(self, model: str) -> str:
        """Returns the catalog's own name of a model by any that it goes by, dated ones too; an unknown one stays.

        >>> Catalog.load(at_ns=0).name_of("gpt-4o-mini-2024-07-18")
        'gpt-4o-mini'
        """
        found = (self.resolve(provider, model) for provider in self._candidates)
        return next((candidate.model for candidate in found if candidate is not None), model)

    def providers_of(self, model: str) -> list[str]:
        """Returns the providers that have a model of this name, alias or dated name, in the catalog's order."""
        return [provider for provider in self._candidates if self.resolve(provider, model) is not None]

    def across(self, providers: Iterable[str]) -> dict[str, Candidate]:
        """Returns the models of these providers by name, as they serve a request that was meant for another.

        Where their provider's prompt cache does not work on the API that they are asked on then, there is no rate for
        cached input.

        Args:
            providers: Those that may serve; one without a model in the catalog has none.
        """
        models = (one for provider in providers for one in self._candidates.get(provider, ()))
        return {one.model: _uncached(one) for one in models}

    def candidates(self) -> Mapping[str, tuple[Candidate, ...]]:
        """Returns every provider's models."""
        return self._candidates


def read_rows(data: Mapping[str, Any]) -> list[ModelRow]:
    """Returns the rows of a decoded `models.toml`.

    Raises:
        ConfigError: A row has an unknown, missing or impossible field.
    """
    if set(data) - {"model"}:
        raise ConfigError(
            f"models.toml: only [[model]] tables, not {sorted(set(data) - {'model'})}", code="bad_catalog"
        )
    return [_read_row(number, row) for number, row in enumerate(data.get("model", []), 1)]


def _check(rows: list[ModelRow], benchmarks: BenchmarkData) -> None:
    """Raises `ConfigError` where rows contradict each other, or name what is not there."""
    homes: dict[str, str] = {}
    for row in rows:
        for name in (row.model, *row.aliases):
            if homes.get(name) == row.provider:
                raise _bad(f"models.toml: {row.provider}/{name} is there twice")
            if name in homes:
                raise _bad(
                    f"models.toml: {name} is a model of {homes[name]} and of {row.provider}: decisions go by names"
                )
            homes[name] = row.provider
    there = {(row.provider, row.model) for row in rows}
    for score in benchmarks.score:
        if (score.provider, score.model) not in there:
            raise _bad(f"benchmarks.toml: {score.provider}/{score.model} is not a model of models.toml")
    for row in rows:
        for name in row.smaller:
            if homes.get(name) != row.provider:
                raise _bad(f"models.toml: {row.model} names {name}, which is not there")


def _bad(words: str) -> ConfigError:
    return ConfigError(words, code="bad_catalog")


def _read_row(number: int, row: Any) -> ModelRow:
    try:
        return msgspec.convert(row, ModelRow)
    except msgspec.ValidationError as error:
        name = row.get("model", "?") if isinstance(row, dict) else "?"
        raise ConfigError(f"models.toml: model {number} ({name}): {error}", code="bad_catalog") from error


def _with_dialects(candidate: Candidate, dialects: Dialects) -> Candidate:
    found = dialects.get((candidate.provider, candidate.model))
    if found is None:
        raise ConfigError(
            f"parameters.toml: {candidate.provider}/{candidate.model} is in no family", code="bad_catalog"
        )
    return msgspec.structs.replace(candidate, dialects=found)


def _uncached(candidate: Candidate) -> Candidate:
    dialect = candidate.dialects.get("chat_completions")
    if dialect is None or dialect.caches:
        return candidate
    rates = tuple(msgspec.structs.replace(rates, cache_read=None) for rates in candidate.rates)
    return msgspec.structs.replace(candidate, rates=rates)


def _candidate(row: ModelRow, prices: PriceBook, at_ns: int, profiles: Profiles) -> Candidate:
    cards = prices.cards(provider=row.provider, model=row.model, at_ns=at_ns)
    if not cards:
        raise ConfigError(f"models.toml: {row.provider}/{row.model} has no price", code="bad_catalog")
    return Candidate(
        model=row.model,
        provider=row.provider,
        tier=row.tier,
        rates=tuple(
            Rates(above_tokens=start, input=card.input, output=card.output, cache_read=card.cache_read)
            for start, card in cards
        ),
        benchmarks=profiles.get((row.provider, row.model), {}),
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
        capabilities=frozenset(row.capabilities),
        smaller=tuple(row.smaller),
    )

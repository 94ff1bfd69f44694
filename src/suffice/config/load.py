"""Turns what was given into checked `Settings`, or says everything that is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from suffice.config import across, rules
from suffice.config.budget_rules import check_budgets
from suffice.config.convert import convert
from suffice.config.elsewhere import ElsewhereSettings
from suffice.config.problems import Place, Problems
from suffice.config.schema import ELSEWHERE, FEATURE, GRADER, PROVIDER, SCALARS, SECTIONS, Fields, fields_of
from suffice.config.settings import (
    BUILT_IN,
    DataSettings,
    FeatureSettings,
    GraderSettings,
    Provider,
    Settings,
)
from suffice.config.sources import FileReader, Flat, Key, from_environment, from_options, parse_file

Rows = Mapping[str, Mapping[str, Any]]
_NEEDED = {
    "graders": 'kind = "...": docs/graders.md lists them',
    "elsewhere": 'provider = "...": who serves that model too',
}
_NONE: Mapping[str, Any] = {}


def load(  # noqa: PLR0913 -- the last three are what other parts know
    path: Path | None,
    environ: Mapping[str, str],
    vendors: Rows = _NONE,
    *,
    options: Mapping[str, Any] = _NONE,
    price_ids: Collection[str] | None = None,
    models: Collection[str] | None = None,
    catalog_providers: Collection[str] | None = None,
    grader_problems: rules.GraderProblems | None = None,
) -> Settings:
    """Returns the settings of a file, overridden by variables, overridden by command-line options.

    Args:
        path: The TOML file, or `None` for the defaults.
        environ: The environment, for overrides (`SUFFICE_SERVER_PORT`) and for keys (`env:NAME`).
        vendors: Known vendors: a provider's keys by its name. They exist once they have a table.
        options: Values by dotted key, such as `{"server.port": 9000}`; `None` was not given.
        price_ids: Providers that the price book knows; `None` leaves `prices` unchecked.
        models: Names that the catalog knows; `None` leaves `allow` and `deny` unchecked.
        catalog_providers: Providers whose models the catalog knows; `None` lets `across_providers` name any.
        grader_problems: Tells what is wrong with a grader's settings; `None` leaves their keys unchecked.

    Raises:
        ConfigError: One line per problem, each with its file and line, and what to do.
    """
    problems = Problems()
    flat: Flat = {}
    folder = Path.cwd()
    if path is not None:
        document, lines = parse_file(path)
        flat = FileReader(path, lines, problems).read(document)
        folder = path.resolve().parent
    rows = {**vendors, **BUILT_IN}
    named = {key[1] for key in flat if key[0] == "providers"}
    flat |= from_environment(environ, flat, {*rows, *named}, problems)
    flat |= from_options(options)
    settings = _Builder(flat, environ, rows, problems).settings(folder)
    rules.check(settings, flat, price_ids, problems)
    check_budgets(settings, flat, problems)
    across.check(settings, flat, catalog_providers, problems)
    if models is not None:
        rules.check_models(flat, models, problems)
    if grader_problems is not None:
        rules.check_graders(settings, flat, grader_problems, problems)
    problems.raise_if_any()
    return settings


class _Builder:
    """Converts values to the types of the settings, noting what does not fit and going on without it."""

    def __init__(self, flat: Flat, environ: Mapping[str, str], rows: Rows, problems: Problems) -> None:
        self._flat = flat
        self._environ = environ
        self._rows = rows
        self._problems = problems

    def settings(self, folder: Path) -> Settings:
        values = self._values((), SCALARS)
        for section, kind in SECTIONS.items():
            given = self._values((section,), fields_of(kind))
            if kind is DataSettings:
                given.setdefault("directory", folder / DataSettings().directory)
            values[section] = kind(**given)
        return Settings(
            **values,
            features=self._features(),
            graders={
                name: GraderSettings(**values) for name, values in self._complete("graders", GRADER, "kind")
            },
            elsewhere={
                name: ElsewhereSettings(**values)
                for name, values in self._complete("elsewhere", ELSEWHERE, "provider")
            },
            providers=self._providers(),
        )

    def _values(self, path: Key, fields: Fields) -> dict[str, Any]:
        found = {}
        for key, field in fields.items():
            given = self._flat.get((*path, key))
            if given is None:
                continue
            try:
                found[field.name] = convert(given, field, self._environ)
            except ValueError as error:
                self._problems.add(given.place, str(error))
        return found

    def _features(self) -> dict[str, FeatureSettings]:
        names = {key[1]: None for key in self._flat if key[0] == "features"}
        return {name: FeatureSettings(**self._values(("features", name), FEATURE)) for name in names}

    def _complete(self, kind: str, fields: Fields, needed: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields the tables of a kind by name, without those that lack the key that each of them needs."""
        for name in dict.fromkeys(key[1] for key in self._flat if key[0] == kind):
            values = self._values((kind, name), fields)
            if (kind, name, needed) not in self._flat:
                place = self._flat[kind, name].place
                self._problems.add(place, f"[{kind}.{name}] needs {_NEEDED[kind]}")
            elif needed in values:
                yield name, values

    def _providers(self) -> dict[str, Provider]:
        named: dict[str, Place] = {}
        for key, given in self._flat.items():
            if key[0] == "providers":
                named.setdefault(key[1], given.place)
        found = [self._provider(name, named.get(name)) for name in {**BUILT_IN, **named}]
        return self._with_one_default([provider for provider in found if provider is not None])

    def _provider(self, name: str, place: Place | None) -> Provider | None:
        values = {**self._rows.get(name, {}), **self._values(("providers", name), PROVIDER)}
        if place is not None:
            wrong = rules.name_problem(name)
            if (
                wrong is None
                and "base_url" not in values
                and ("providers", name, "base_url") not in self._flat
            ):
                wrong = self._no_base_url(name)
            if wrong is not None:
                self._problems.add(place, wrong)
        if "base_url" not in values:
            return None
        values["base_url"] = values["base_url"].rstrip("/")
        return Provider(name=name, **values)

    def _no_base_url(self, name: str) -> str:
        missing = f'[providers.{name}] needs base_url = "https://...", as its SDK is given'
        near = difflib.get_close_matches(name, self._rows, n=1)
        return missing + (f"; or did you mean [providers.{near[0]}], whose address is known?" if near else "")

    def _with_one_default(self, providers: list[Provider]) -> dict[str, Provider]:
        """A default that was asked for replaces the built-in one; two that were asked for are a problem."""
        chosen: dict[str, str] = {}
        for provider in providers:
            given = self._flat.get(("providers", provider.name, "default"))
            if given is None or not provider.default:
                continue
            other = chosen.setdefault(provider.wire, provider.name)
            if other != provider.name:
                text = f"[providers.{other}] is the default for {provider.wire} already: keep one of the two"
                self._problems.add(given.place, text)
        return {
            provider.name: msgspec.structs.replace(
                provider,
                default=provider.default and chosen.get(provider.wire, provider.name) == provider.name,
            )
            for provider in providers
        }

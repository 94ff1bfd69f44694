"""What each family of models takes of a request's parameters: `parameters.toml`, checked and made quick to look up."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib import resources
from typing import Any, Literal

import msgspec

from suffice.errors import ConfigError
from suffice.policy.constraints import TEXTS, UNKNOWN_PARAMETER
from suffice.policy.traits import TRAITS
from suffice.types import Acceptance, ClientApi, Dialect, Thinking

Api = Literal["chat_completions", "responses", "messages"]
Cell = tuple[str, Api, str]
"""A family, a client API and a parameter."""


class _Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class FamilyRow(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Models that take the same parameters."""

    name: str
    provider: str
    models: list[str]


class EndpointRow(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a provider serves a client API."""

    provider: str
    api: Api
    path: str
    source: str
    as_of: date
    bearer: bool = False
    caches: bool = True


class ParameterRow(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters of client APIs, whichever model."""

    apis: list[Api]
    names: list[str]
    veto: str
    neutral: list[Any] = []


class ThinkingRow(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How families are told how much to think."""

    families: list[str]
    api: Api
    member: str
    source: str
    as_of: date
    levels: list[str] = []
    default: str = "none"
    off: Any = None
    scale: str = ""


class RuleRow(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What families take of parameters; each field is explained in the file."""

    families: list[str]
    apis: list[Api]
    parameters: list[str]
    source: str
    as_of: date
    takes: bool = True
    values: list[Any] | None = None
    at_least: float | None = None
    at_most: float | None = None
    most: int | None = None
    becomes: str = ""
    label: bool = False
    visible: bool = False
    idle: bool = False
    without: str = ""


class ParameterData(_Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of `parameters.toml`."""

    groups: dict[str, list[str]] = {}
    family: list[FamilyRow] = []
    endpoint: list[EndpointRow] = []
    parameter: list[ParameterRow] = []
    thinking: list[ThinkingRow] = []
    rule: list[RuleRow] = []

    def expand(self, families: Iterable[str]) -> Iterator[str]:
        """Yields the families of a row, those of its groups one by one."""
        for name in families:
            yield from self.groups.get(name, [name])

    def rules(self) -> Mapping[Cell, RuleRow]:
        """Returns the rule of each cell.

        Raises:
            ConfigError: A cell has two.
        """
        found: dict[Cell, RuleRow] = {}
        for row in self.rule:
            for family in self.expand(row.families):
                for api in row.apis:
                    for name in row.parameters:
                        if (family, api, name) in found:
                            raise _bad(f"{family}/{api}/{name} has two rules")
                        found[family, api, name] = row
        return found

    def parameters(self) -> Mapping[tuple[Api, str], ParameterRow]:
        """Returns the row of each parameter of each client API.

        Raises:
            ConfigError: One is there twice.
        """
        found: dict[tuple[Api, str], ParameterRow] = {}
        for row in self.parameter:
            for api in row.apis:
                for name in row.names:
                    if (api, name) in found:
                        raise _bad(f"{api}/{name} is there twice")
                    found[api, name] = row
        return found

    def thinkings(self) -> Mapping[tuple[str, Api], ThinkingRow]:
        """Returns how each family thinks on each client API."""
        return {(family, row.api): row for row in self.thinking for family in self.expand(row.families)}


Dialects = Mapping[tuple[str, str], Mapping[ClientApi, Dialect]]
"""By provider and model."""


def load_parameters() -> ParameterData:
    """Returns the table that ships with suffice.

    Raises:
        ConfigError: It cannot be used; says which row.
    """
    text = resources.files(__package__).joinpath("parameters.toml").read_text("utf-8")
    return read_parameters(tomllib.loads(text))


def read_parameters(data: Mapping[str, Any]) -> ParameterData:
    """Returns a decoded `parameters.toml`, checked.

    Raises:
        ConfigError: A row has an unknown, missing or impossible field, or names what is not there.
    """
    try:
        read = msgspec.convert(data, ParameterData)
    except msgspec.ValidationError as error:
        raise _bad(str(error)) from error
    families = {row.name: row.provider for row in read.family}
    served = {(row.provider, row.api) for row in read.endpoint}
    known = read.parameters()
    for row in known.values():
        if row.veto not in TEXTS:
            raise _bad(f"{row.veto} is no constraint")
    for family, api, name in read.rules():
        if family not in families:
            raise _bad(f"a rule names {family}, which is not there")
        if (families[family], api) not in served:
            raise _bad(f"a rule is of {family} on {api}, which its provider does not serve")
        if (api, name) not in known:
            raise _bad(f"a rule names {api}/{name}, which is not there")
        if ": " in name and name not in TRAITS:
            raise _bad(f"{name} is no trait")
    return read


def dialects_of(data: ParameterData) -> Dialects:
    """Returns what each model takes on each client API that its provider serves it on.

    The models of one family share one value, so that two of them are seen to be alike at a glance.
    """
    found: dict[tuple[str, str], dict[ClientApi, Dialect]] = {}
    rules, parameters, thinkings = data.rules(), data.parameters(), data.thinkings()
    for family in data.family:
        dialects: dict[ClientApi, Dialect] = {}
        for endpoint in data.endpoint:
            if endpoint.provider == family.provider:
                accepts = {
                    name: _acceptance(row, rules[family.name, endpoint.api, name])
                    for (api, name), row in parameters.items()
                    if api == endpoint.api and (family.name, endpoint.api, name) in rules
                }
                thinking = _thinking(thinkings.get((family.name, endpoint.api)))
                dialects[endpoint.api] = _dialect(family.name, endpoint, thinking, accepts, parameters)
        for model in family.models:
            if (family.provider, model) in found:
                raise _bad(f"{family.provider}/{model} is in two families")
            found[family.provider, model] = dialects
    return found


def _dialect(
    family: str,
    endpoint: EndpointRow,
    thinking: Thinking,
    accepts: Mapping[str, Acceptance],
    parameters: Mapping[tuple[Api, str], ParameterRow],
) -> Dialect:
    names = [name for api, name in parameters if api == endpoint.api]
    traits = {name: accepts.get(name, _UNKNOWN) for name in names if name in TRAITS}
    nested = [name for name in (*names, thinking.member) if "." in name]
    return Dialect(
        family=family,
        path=endpoint.path,
        bearer=endpoint.bearer,
        caches=endpoint.caches,
        thinking=thinking,
        accepts={name: one for name, one in accepts.items() if name not in TRAITS},
        plain=frozenset(
            name for name, one in accepts.items() if name not in TRAITS and "." not in name and _plain(one)
        ),
        holders=frozenset(name.partition(".")[0] for name in nested),
        traits={name: one for name, one in traits.items() if not _plain(one)},
    )


_UNKNOWN = Acceptance(veto=UNKNOWN_PARAMETER, takes=False)


def _plain(one: Acceptance) -> bool:
    return one == Acceptance(veto=one.veto, neutral=one.neutral)


def _acceptance(row: ParameterRow, rule: RuleRow) -> Acceptance:
    return Acceptance(
        veto=row.veto,
        neutral=tuple(row.neutral),
        takes=rule.takes,
        values=None if rule.values is None else tuple(rule.values),
        at_least=rule.at_least,
        at_most=rule.at_most,
        most=rule.most,
        becomes=rule.becomes,
        label=rule.label,
        visible=rule.visible,
        idle=rule.idle,
        without=rule.without,
    )


def _thinking(row: ThinkingRow | None) -> Thinking:
    if row is None:
        return Thinking()
    return Thinking(
        member=row.member, levels=frozenset(row.levels), default=row.default, off=row.off, scale=row.scale
    )


def _bad(words: str) -> ConfigError:
    return ConfigError(f"parameters.toml: {words}", code="bad_catalog")

"""Where settings are given: file, environment, command line. Each fills the same flat map; later ones win."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from suffice.config.lines import find_lines
from suffice.config.problems import Place, Problems, suggestion
from suffice.config.schema import NAMED, PROVIDER, SCALARS, SECTIONS, Fields, fields_of
from suffice.errors import ConfigError

PREFIX = "SUFFICE_"
NOT_SETTINGS = frozenset({"SUFFICE_CONFIG", "SUFFICE_DATA"})
"""Variables with our prefix that are no settings: the path of the file, and of recorded data for tests."""

# Kubernetes sets these in every container beside a service that is called "suffice".
_KUBERNETES = re.compile(r"SUFFICE_(SERVICE_(HOST|PORT\w*)|PORT(_\d+_\w+)?)")
_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_TWICE = re.compile(r"Cannot declare .* twice|Cannot overwrite a value|Duplicate inline table key")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")

Key = tuple[str, ...]
"""`("mode",)`, `("server", "port")`, `("providers", "groq", "key")`; `("providers", "groq")` is the table."""


class Given(msgspec.Struct, frozen=True):
    """One value as it was written."""

    value: Any
    place: Place
    base: Path
    """Where a relative path starts."""
    is_text: bool = False
    """Whether it is text that may stand for a number or a truth value, as in a variable."""


Flat = dict[Key, Given]


def parse_file(path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    """Reads a TOML file.

    Returns:
        The document, and the line of each key.

    Raises:
        ConfigError: It cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise ConfigError(
            f"{path}: {reason}; write a starter file with `suffice init`, or mend --config", code="no_config"
        ) from error
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: this line is not UTF-8; save the file as UTF-8") from error
    text = text.replace("\r\n", "\n")
    try:
        return tomllib.loads(text), find_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_syntax(path, text, str(error))) from error


def _syntax(path: Path, text: str, message: str) -> str:
    match = _AT_LINE.search(message)
    line = int(match.group(1)) if match else text.count("\n") + 1
    if _TWICE.match(message):
        return f"{path}:{line}: this table or key was there before: keep one of the two"
    said = _AT_LINE.sub("", message).removesuffix(" (at end of document)")
    return f"{path}:{line}: this is not TOML: {said}; texts need quotes, and each key its own line"


class FileReader:
    """Spreads a TOML document into a flat map.

    Args:
        path: The file, for messages.
        lines: The line of each key.
        problems: Takes what is wrong.
    """

    def __init__(self, path: Path, lines: Mapping[Key, int], problems: Problems) -> None:
        self._path = path
        self._lines = lines
        self._problems = problems
        self._base = path.resolve().parent
        self.flat: Flat = {}

    def read(self, document: Mapping[str, Any]) -> Flat:
        """Returns all values that have a known key."""
        for key, value in document.items():
            if key in NAMED:
                self._named(key, value)
            elif key in SECTIONS:
                self._table((key,), value, fields_of(SECTIONS[key]))
            elif key in SCALARS:
                self._keep((key,), value)
            else:
                self._unknown((key,), [*SCALARS, *SECTIONS, *NAMED])
        return self.flat

    def _named(self, kind: str, value: Any) -> None:
        if not isinstance(value, dict):
            self._not_a_table((kind,), f"{kind}.NAME")
            return
        for name, table in value.items():
            self._keep((kind, name), None)
            self._table((kind, name), table, NAMED[kind])

    def _table(self, path: Key, value: Any, fields: Fields) -> None:
        if not isinstance(value, dict):
            self._not_a_table(path, ".".join(path))
            return
        for key, item in value.items():
            if key in fields:
                self._keep((*path, key), item)
            else:
                self._unknown((*path, key), fields)

    def _keep(self, path: Key, value: Any) -> None:
        self.flat[path] = Given(value, self._place(path), self._base)

    def _place(self, path: Key) -> Place:
        while path and path not in self._lines:
            path = path[:-1]
        return Place(str(self._path), self._lines.get(path, 1))

    def _not_a_table(self, path: Key, header: str) -> None:
        self._problems.add(
            self._place(path), f'"{path[-1]}" is a table: write [{header}] and its keys on the lines below it'
        )

    def _unknown(self, path: Key, known: Iterable[str]) -> None:
        table = f"in [{'.'.join(path[:-1])}]" if len(path) > 1 else "outside any table"
        elsewhere = {name: list(fields_of(kind)) for name, kind in SECTIONS.items() if name != path[0]}
        elsewhere |= {f"{kind}.NAME": list(fields) for kind, fields in NAMED.items() if kind != path[0]}
        self._problems.add(
            self._place(path), f'unknown key "{path[-1]}" {table}; {suggestion(path[-1], known, elsewhere)}'
        )


def variables(provider_names: Iterable[str]) -> dict[str, Key]:
    """Returns every environment variable that is a setting, with the key that it overrides.

    >>> variables(["my-vendor"])["SUFFICE_PROVIDERS_MY_VENDOR_KEY"]
    ('providers', 'my-vendor', 'key')
    """
    keys: list[Key] = [(key,) for key in SCALARS]
    keys += [(section, key) for section, kind in SECTIONS.items() for key in fields_of(kind)]
    keys += [("providers", name, key) for name in provider_names for key in PROVIDER]
    return {PREFIX + "_".join(key).replace("-", "_").upper(): key for key in keys}


def from_environment(
    environ: Mapping[str, str], flat: Flat, provider_names: Iterable[str], problems: Problems
) -> Flat:
    """Returns the settings that variables override; an unknown variable with our prefix is a problem.

    Args:
        environ: All variables.
        flat: What the file says: variables that it refers to as `env:NAME` are no settings.
        provider_names: Providers that exist or could.
        problems: Takes what is wrong.
    """
    known = variables(provider_names)
    mine = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    texts = [given.value for given in flat.values()] + [mine[name] for name in mine if name in known]
    used = {reference(text) for text in texts} | NOT_SETTINGS
    found: Flat = {}
    for name, value in mine.items():
        if name in used or _KUBERNETES.fullmatch(name):
            continue
        if name in known:
            found[known[name]] = Given(value, Place(name), Path.cwd(), is_text=True)
        else:
            near = suggestion(name, known, {}) if len(name) < 80 else ""
            hint = near if near.startswith("did you") else "docs/configuration.md lists those that are"
            problems.add(Place(name), f"no setting has this variable; {hint}")
    return found


def from_options(options: Mapping[str, Any]) -> Flat:
    """Returns the settings that the command line overrides.

    Args:
        options: Value by dotted key, such as `{"server.port": 9000}`; `None` was not given.
    """
    return {
        tuple(key.split(".")): Given(
            value, Place("--" + key.rpartition(".")[2].replace("_", "-")), Path.cwd()
        )
        for key, value in options.items()
        if value is not None
    }


def reference(value: object) -> str | None:
    """Returns the variable that a value refers to as `env:NAME`, or `None` if it refers to none.

    >>> reference("env:GROQ_API_KEY"), reference("client")
    ('GROQ_API_KEY', None)
    """
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return match.group(1) if match else None

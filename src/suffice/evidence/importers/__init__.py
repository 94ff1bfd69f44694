"""LEARN: one file a log format; the file's name is the format's. The folder is the registry.

An importer has `TITLE` (what it reads, for people), `SOURCE` (the page that documents the format), and, all of them
pure:

- `recognises(record)`: whether a decoded record looks like this format's;
- `expand(record)`: the entries that one record holds, mostly itself;
- `read(entry, options)`: the call of an entry, or a `Part` of one whose rest is elsewhere; raises `SkippedError` for
  what is no call that a trial could ask again, `UnreadableError` for what cannot be read;
- `join(parts)`: the whole entries that parts of one key make, which `read` then takes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from suffice.evidence.importers._entries import Entry, Options, Part
from suffice.types import LoggedCall


class Importer(Protocol):
    """What an importer's module has."""

    TITLE: str
    SOURCE: str

    def recognises(self, record: Entry) -> bool:
        """Tells whether a record looks like this format's."""
        ...

    def expand(self, record: Entry) -> Iterable[Entry]:
        """Yields the entries of a record."""
        ...

    def read(self, entry: Entry, options: Options) -> LoggedCall | Part:
        """Returns the call of an entry, or a part of one."""
        ...

    def join(self, parts: Sequence[Part]) -> Iterable[Entry]:
        """Yields whole entries of the parts of one key, in the order that they were read in."""
        ...


_NAMES = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def _load(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")


IMPORTERS: Mapping[str, Importer] = {name.replace("_", "-"): _load(name) for name in _NAMES}
"""Every importer, by the name of its format."""

"""What providers' own exports of usage and cost look like: one file a format; the file's name is the format's.

The folder is the registry. A format has `TITLE` (what it reads, for people), `SOURCE` (where the format is
documented), `PROVIDER` (whose export it is; `None` if anybody's), `ZONED` (whether its lines say the bounds of their
days themselves), `WANTED` (the keys or columns that it cannot do without), and, both pure:

- `recognises(document)`: whether a file looks like this format's;
- `read(document)`: its lines, and the flaws in place of lines that cannot be read. What it does not know, it ignores.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from suffice.evidence.statements._document import Document
from suffice.ledger.statement import Flaw, Line


class Format(Protocol):
    """What a format's module has."""

    TITLE: str
    SOURCE: str
    PROVIDER: str | None
    WANTED: tuple[str, ...]

    def recognises(self, document: Document) -> bool:
        """Tells whether a file looks like this format's."""
        ...

    def read(self, document: Document) -> Iterator[Line | Flaw]:
        """Yields the lines of a file."""
        ...


_NAMES = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def _load(name: str) -> Any:
    return importlib.import_module(f"{__name__}.{name}")


FORMATS: Mapping[str, Format] = {name.replace("_", "-"): _load(name) for name in _NAMES}
"""Every format, by its name."""

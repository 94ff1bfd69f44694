"""What is wrong with a configuration: collected, so that one start tells everything that can be told."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

import msgspec

from suffice.errors import ConfigError

_LAST = 1_000_000_000


class Place(msgspec.Struct, frozen=True):
    """Where a setting was given: a file's line, a variable or a command-line option."""

    name: str
    line: int | None = None

    def __str__(self) -> str:
        return self.name if self.line is None else f"{self.name}:{self.line}"


class Problems:
    """A list of complaints in the order of the file."""

    def __init__(self) -> None:
        self._found: list[tuple[Place, str]] = []

    def add(self, place: Place, text: str) -> None:
        """Notes what is wrong at a place, and how to mend it."""
        self._found.append((place, text))

    def raise_if_any(self) -> None:
        """Stops the start-up if anything was noted.

        Raises:
            ConfigError: One line per problem.
        """
        if not self._found:
            return
        ordered = sorted(self._found, key=lambda found: (found[0].line or _LAST, found[0].name))
        raise ConfigError("\n".join(f"{place}: {text}" for place, text in ordered))


def suggestion(key: str, here: Iterable[str], elsewhere: Mapping[str, Iterable[str]]) -> str:
    """Returns which known key was probably meant, or all that are known here.

    Args:
        key: What was written.
        here: Keys of the same table.
        elsewhere: Keys of the other tables, by table.

    >>> suggestion("prot", ["host", "port"], {})
    'did you mean "port"?'
    >>> suggestion("bar", ["host", "port"], {"policy": ["bar"]})
    'did you mean "bar" in [policy]?'
    """
    here = list(here)
    near = difflib.get_close_matches(key, here, n=1)
    if near:
        return f'did you mean "{near[0]}"?'
    owners = {name: table for table, names in elsewhere.items() for name in names}
    far = difflib.get_close_matches(key, owners, n=1)
    if far:
        return f'did you mean "{far[0]}" in [{owners[far[0]]}]?'
    return f"known here: {', '.join(here)}"

"""Reads files of captures for an import: of each day the random sample that all its files together are.

A worker keeps more than the sample until its file is thinned, and several workers draw side by side: only the smallest
lots of a reservoir over all files of a day are a sample of that day's calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import msgspec

from suffice.errors import ConfigError
from suffice.evidence.records import Record
from suffice.store.captures.record import Found, limits, read_calls, read_heads
from suffice.store.cipher import AesGcm

CAPTURED = "suffice_capture"
"""The field that holds a captured call in a record."""
_BEGINS = b"sufficecaptures"
_DAY_LETTERS = len("2026-11-26")


class Captured:
    """Reads captures.

    Args:
        paths: All files of the import; those that are none are passed over.
        cipher: Opens them; `None` where no key is configured.
    """

    def __init__(self, paths: Iterable[Path], cipher: AesGcm | None) -> None:
        self._paths = [path for path in paths if is_captures(path)]
        self._cipher = cipher
        self._limits = cache(self._limits_of)

    def records(self, path: Path) -> Iterator[Record]:
        """Yields the calls of a file that belong to their day's sample, each in the field `CAPTURED`.

        Raises:
            ConfigError: No key is configured.
            StoreError: The file was sealed with a key that is not configured.
        """
        if self._cipher is None:
            raise ConfigError(f'{path} is sealed: add key = "env:NAME" to [captures]', code="sealed_captures")
        limit = self._limits(path.name[:_DAY_LETTERS])
        for number, record in enumerate(read_calls(path, self._cipher), start=1):
            if not isinstance(record, tuple):
                yield Record(record.number, None, b"", record.reason)
            elif record[0].priority <= limit.get(record[0].reservoir, -1):
                yield Record(number, {CAPTURED: msgspec.to_builtins(record[1])})

    def _limits_of(self, day: str) -> dict[str, int]:
        if self._cipher is None:
            return {}
        cipher = self._cipher
        heads = (
            found.head
            for path in self._paths
            if path.name.startswith(day)
            for found in read_heads(path, cipher)
            if isinstance(found, Found)
        )
        return limits(heads)


def is_captures(path: Path) -> bool:
    """Tells whether a file holds captures."""
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except OSError:
        return False

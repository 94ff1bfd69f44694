"""Reads records with an importer as an import does: expands them, joins the parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from suffice.evidence.importers import IMPORTERS
from suffice.evidence.importers._entries import Entry, Options, Part, SkippedError, UnreadableError
from suffice.types import LoggedCall

Found = LoggedCall | str
"""A call, or why there is none: the reason after `skipped` or `rejected`."""


def read_all(name: str, records: Iterable[Entry], options: Options | None = None) -> list[Found]:
    """What becomes of records: calls and reasons, those of joined parts last."""
    importer, asked = IMPORTERS[name], options or Options()
    found: list[Found] = []
    parts: dict[str, list[Part]] = {}
    for entry in (one for record in records for one in importer.expand(record)):
        read = _told(partial(importer.read, entry, asked))
        if isinstance(read, Part):
            parts.setdefault(read.key, []).append(read)
        else:
            found.append(read)
    for group in parts.values():
        joined = _told(partial(lambda one: list(importer.join(one)), group))
        if isinstance(joined, str):
            found.append(joined)
        else:
            found += [_told(partial(importer.read, entry, asked)) for entry in joined]
    return found


def _told(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except SkippedError as error:
        return f"skipped {error.reason}"
    except UnreadableError as error:
        return f"rejected {error.reason}"


def one_call(name: str, *records: Entry, options: Options | None = None) -> LoggedCall:
    """The only call of records."""
    (found,) = read_all(name, records, options)
    assert isinstance(found, LoggedCall), found
    return found

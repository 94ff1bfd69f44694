"""Turns the results of buckets and the rows of tables into lines, and keeps aside what cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import FlawError
from suffice.ledger.statement import Flaw, Line

Bounds: TypeAlias = Callable[[Mapping[str, Any]], tuple[int, int]]
"""Reads when a bucket begins and ends, in Unix nanoseconds."""
LineOf: TypeAlias = Callable[[Mapping[str, Any]], Line]
"""Reads a result or a row; where it stands and when it was are filled in."""


def of_buckets(document: Document, bounds: Bounds, line_of: LineOf) -> Iterator[Line | Flaw]:
    """Yields a line for each result, and an empty one for each bucket without results: a day without usage."""
    for at, bucket, results in document.buckets():
        if not results:
            yield _read(bucket, bounds, lambda _: Line(where=""), at, document.file)
        for number, result in enumerate(results, 1):
            where = f"{at}, result {number}"
            if isinstance(result, dict):
                yield _read({**bucket, **result}, bounds, line_of, where, document.file)
            else:
                yield Flaw(where=where, reason="it is no object", file=document.file)


def of_rows(document: Document, bounds: Bounds | None, line_of: LineOf) -> Iterator[Line | Flaw]:
    """Yields a line for each row."""
    for number, row in document.rows:
        yield _read(row, bounds, line_of, f"line {number}", document.file)


def _read(
    row: Mapping[str, Any], bounds: Bounds | None, line_of: LineOf, where: str, file: str
) -> Line | Flaw:
    try:
        line = line_of(row)
        if bounds is None:
            return msgspec.structs.replace(line, where=where, file=file)
        start_ns, end_ns = bounds(row)
        if end_ns <= start_ns:
            return Flaw(where=where, reason="its bucket ends before it begins", file=file)
        return msgspec.structs.replace(line, where=where, file=file, start_ns=start_ns, end_ns=end_ns)
    except FlawError as flaw:
        return Flaw(where=where, reason=str(flaw), file=file)

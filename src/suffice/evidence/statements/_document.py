"""A file of an export before anybody knows whose it is: pages of JSON, or rows of a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from suffice.errors import ConfigError

_SEPARATORS = ",;\t"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds: either pages or rows."""

    file: str
    pages: tuple[dict[str, Any], ...] = ()
    """Of JSON: what an API answered, page by page."""
    columns: tuple[str, ...] = ()
    """Of a table: the first row, in lower case."""
    rows: tuple[tuple[int, Mapping[str, str]], ...] = ()
    """Of a table: line number and cells by column."""

    def buckets(self) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
        """Yields the buckets of time of all pages: where each stands, itself, and its results."""
        for number, page in enumerate(self.pages, 1):
            found = page.get("data")
            for at, bucket in enumerate(found if isinstance(found, list) else [], 1):
                where = f"page {number}, bucket {at}" if len(self.pages) > 1 else f"bucket {at}"
                if isinstance(bucket, dict):
                    results = bucket.get("results")
                    yield where, bucket, results if isinstance(results, list) else []

    def results(self) -> Iterator[dict[str, Any]]:
        """Yields the results of all buckets."""
        for _, _, results in self.buckets():
            yield from (one for one in results if isinstance(one, dict))

    @property
    def unfinished(self) -> bool:
        """The last page says that there are more."""
        return bool(self.pages) and self.pages[-1].get("has_more") is True


def opened(file: str, raw: bytes) -> Document:
    """Returns what a file holds.

    Args:
        file: Its name, for messages.
        raw: JSON (a page, a list of pages or of buckets, or a page a line) or a table with a head, separated by comma,
            semicolon or tab.

    Raises:
        ConfigError: It is empty, is no text, or is neither JSON nor a table.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file} is no text in UTF-8: export it as JSON or CSV", code="unreadable_export"
        ) from error
    if not text.strip():
        raise ConfigError(f"{file} is empty", code="empty_export")
    if text.lstrip()[0] in "{[":
        return Document(file=file, pages=tuple(_pages(file, text)))
    return _table(file, text)


def _pages(file: str, text: str) -> Iterator[dict[str, Any]]:
    try:
        found = [msgspec.json.decode(text)]
    except msgspec.DecodeError as whole:
        try:
            found = [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
        except msgspec.DecodeError:
            raise ConfigError(
                f"{file} is no JSON: {whole}; was it cut off?", code="unreadable_export"
            ) from whole
    items = [item for one in found for item in (one if isinstance(one, list) else [one])]
    pages = [item for item in items if isinstance(item, dict)]
    if not pages:
        raise ConfigError(f"{file} has no rows: it is an empty list", code="empty_export")
    if any("results" in page and "data" not in page for page in pages):
        yield {"data": pages}
        return
    yield from pages


def _table(file: str, text: str) -> Document:
    head = text.splitlines()[0]
    separator = max(_SEPARATORS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = tuple(name.strip().lower() for name in next(reader))
        rows = tuple(
            (reader.line_num, dict(zip(columns, cells, strict=False)))
            for cells in reader
            if any(cell.strip() for cell in cells)
        )
    except csv.Error as error:
        raise ConfigError(
            f"{file}: line {reader.line_num} is no row of a table: {error}", code="unreadable_export"
        ) from error
    return Document(file=file, columns=columns, rows=rows)

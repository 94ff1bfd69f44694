"""Opens the files of a log, whatever they are packed in, and yields their records one by one in bounded memory.

A file is JSON lines, one JSON array, one JSON document (its list of records, or itself) or CSV, plain or packed with
gzip or zstd; or Parquet. What it is, its first bytes tell. What cannot be read is yielded as well, with the reason, so
that whoever reads can keep it aside.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal

import ijson
import msgspec
import zstandard

from suffice.errors import ConfigError

Shape = Literal["lines", "array", "document", "csv", "parquet", "sealed"]

LONGEST_LINE = 64 * 1024 * 1024
"""A longer line is passed over, so that one line cannot fill the memory."""

_HEAD_BYTES = 256 * 1024
_BUFFER_BYTES = 1024 * 1024
_LINES_LOOKED_AT = 20
_ROWS_AT_ONCE = 2000
_LISTS = ("data", "requests", "items", "results", "logs", "records")
"""Under these names a document has its records."""
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"

_decode = msgspec.json.Decoder().decode


class Record(msgspec.Struct, frozen=True, gc=False):
    """One record of a file, or what is there in its place."""

    number: int
    """Line, item or row, counted from 1."""
    value: dict[str, Any] | None
    raw: bytes | None = None
    """The line as it stands, where the file has lines."""
    reason: str = ""
    """Why it cannot be read; empty if it can."""


class Source:
    """A file that is open for reading.

    Args:
        path: The file.
        sealed: Reads the file in place of what is here, where only its own reader can.

    Raises:
        ConfigError: It cannot be opened.
    """

    def __init__(self, path: Path, *, sealed: Callable[[Path], Iterator[Record]] | None = None) -> None:
        self.path = path
        self._sealed = sealed
        try:
            self.bytes = path.stat().st_size
            self._raw = path.open("rb")
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}", code="unreadable_file") from error
        begins = self._raw.peek(4)[:4] if isinstance(self._raw, io.BufferedReader) else b""
        self._stream: IO[bytes] = _unpacked(self._raw, begins)
        self._bytes_of_rows = 0
        self.shape: Shape = "sealed" if sealed else "parquet" if begins == _PARQUET else self._look()

    @property
    def bytes_read(self) -> int:
        """How much of the file has been read, packed as it is."""
        return min(max(self._raw.tell(), self._bytes_of_rows), self.bytes)

    def close(self) -> None:
        """Lets go of the file."""
        self._stream.close()
        self._raw.close()

    def records(self) -> Iterator[Record]:
        """Yields the records in the order of the file; the last may say that the rest cannot be read."""
        read: dict[Shape, Callable[[], Iterator[Record]]] = {
            "lines": self._lines,
            "array": partial(self._items, "item"),
            "document": self._document,
            "csv": self._csv,
            "parquet": self._parquet,
            "sealed": lambda: iter(()) if self._sealed is None else self._sealed(self.path),
        }
        number = 0
        try:
            for record in read[self.shape]():
                number = record.number
                yield record
        except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
            yield Record(number + 1, None, reason=f"damaged_archive: the rest cannot be read: {error}")
        except (ijson.JSONError, csv.Error) as error:
            yield Record(number + 1, None, reason=f"broken_file: the rest cannot be read: {error}")

    def _look(self) -> Shape:
        try:
            head = self._stream.read(_HEAD_BYTES)
        except (EOFError, OSError, zlib.error, zstandard.ZstdError):
            head = b""
        # What was looked at is read again: a packed stream cannot go back.
        self._stream = io.BufferedReader(
            _Again(head.removeprefix(b"\xef\xbb\xbf"), self._stream), _BUFFER_BYTES
        )
        begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        lines = head.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        if {".csv", ".tsv"} & set(suffixes):
            return "csv"
        if begins == b"[":
            return "array"
        if any(line[:1] == b"{" and _object(line) is not None for line in lines):
            return "lines"
        if begins == b"{":
            # A document spreads over several lines, or is one endless line with a list in it.
            endless = len(head) == _HEAD_BYTES and _list_in(head) is not None
            return "document" if len(lines) > 1 or endless else "lines"
        return "csv" if b"," in lines[0] and b'"' not in lines[0] and len(lines) > 1 else "lines"

    def _lines(self) -> Iterator[Record]:
        readline = partial(self._stream.readline, LONGEST_LINE)
        number = 0
        for line in iter(readline, b""):
            number += 1
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                while (rest := readline()) and not rest.endswith(b"\n"):
                    pass
                yield Record(number, None, line[:_HEAD_BYTES], f"too_long: over {LONGEST_LINE:,} bytes")
                continue
            try:
                value = _decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                if line.strip():
                    yield Record(number, None, line, f"not_json: {error}")
                continue
            yield (
                Record(number, value, line)
                if isinstance(value, dict)
                else Record(number, None, line, "not_an_object")
            )

    def _items(self, prefix: str) -> Iterator[Record]:
        items = ijson.items(self._stream, prefix, use_float=True)
        for number, value in enumerate(items, start=1):
            yield _plain(number, value)

    def _document(self) -> Iterator[Record]:
        head = self._stream.peek(_HEAD_BYTES) if isinstance(self._stream, io.BufferedReader) else b""
        name = _list_in(head)
        if name is not None:
            yield from self._items(f"{name}.item")
            return
        for number, value in enumerate(
            ijson.items(self._stream, "", use_float=True, multiple_values=True), start=1
        ):
            yield _plain(number, value)

    def _csv(self) -> Iterator[Record]:
        csv.field_size_limit(LONGEST_LINE)
        text = io.TextIOWrapper(self._stream, encoding="utf-8", errors="surrogateescape", newline="")
        delimiter = "\t" if ".tsv" in self.path.suffixes else ","
        reader = csv.DictReader(text, delimiter=delimiter, strict=True)
        for row in reader:
            number = reader.line_num
            if None in row or None in row.values():
                yield Record(number, None, _row_text(row), "wrong_number_of_fields")
            elif any("\udc80" <= letter <= "\udcff" for value in row.values() for letter in value):
                yield Record(number, None, _row_text(row), "not_utf8")
            else:
                yield Record(number, row)

    def _parquet(self) -> Iterator[Record]:
        import polars as pl  # noqa: PLC0415 -- heavy, and few logs need it

        try:
            table = pl.scan_parquet(self.path)
            rows = int(table.select(pl.len()).collect().item())
            for start in range(0, rows, _ROWS_AT_ONCE):
                part = table.slice(start, _ROWS_AT_ONCE).collect()
                for number, row in enumerate(part.iter_rows(named=True), start=start + 1):
                    yield _plain(number, row)
                self._bytes_of_rows = self.bytes * min(start + _ROWS_AT_ONCE, rows) // rows
        except pl.exceptions.PolarsError as error:
            raise OSError(f"this is no Parquet file: {error}") from error


class _Again(io.RawIOBase):
    """A stream whose beginning has been read, from its beginning."""

    def __init__(self, head: bytes, rest: Any) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            size = min(len(self._head), len(buffer))
            buffer[:size] = self._head[:size]
            self._head = self._head[size:]
            return size
        # One piece, so that of a damaged file all is read up to the damage.
        data = self._rest.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def files_in(paths: list[Path]) -> list[Path]:
    """Returns the files of these files and folders, each once, folders sorted by name; hidden files are left out.

    Raises:
        ConfigError: A path is not there, or a folder has no file.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path} is not there", code="no_log")
        inside = [path]
        if path.is_dir():
            inside = sorted(
                one
                for one in path.rglob("*")
                if one.is_file() and not any(part.startswith(".") for part in one.relative_to(path).parts)
            )
            if not inside:
                raise ConfigError(f"{path} has no file in it", code="no_log")
        found.update(dict.fromkeys(inside))
    return list(found)


def _unpacked(raw: IO[bytes], begins: bytes) -> Any:
    if begins[:2] == _GZIP:
        return gzip.GzipFile(fileobj=raw)
    if begins == _ZSTD:
        return zstandard.ZstdDecompressor().stream_reader(
            raw, read_size=_BUFFER_BYTES, read_across_frames=True
        )
    return raw


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _list_in(head: bytes) -> str | None:
    """Returns the name under which a document has a list of objects; `None` if its beginning shows none."""
    try:
        events = itertools.pairwise(ijson.parse(io.BytesIO(head)))
        for (prefix, event, _), (_, after, _) in events:
            if event == "start_array" and after == "start_map" and prefix in _LISTS:
                return str(prefix)
    except ijson.JSONError:
        pass
    return None


def _plain(number: int, value: Any) -> Record:
    """A record of a source that knows more types than JSON, dates and endless numbers among them."""
    if not isinstance(value, dict):
        return Record(number, None, repr(value)[:_HEAD_BYTES].encode("utf-8", "replace"), "not_an_object")
    try:
        return Record(number, _decode(msgspec.json.encode(value)))
    except (msgspec.MsgspecError, OverflowError, TypeError, UnicodeError, RecursionError) as error:
        return Record(
            number, None, repr(value)[:_HEAD_BYTES].encode("utf-8", "replace"), f"not_json: {error}"
        )


def _row_text(row: dict[Any, Any]) -> bytes:
    return str(row).encode("utf-8", "replace")[:_HEAD_BYTES]

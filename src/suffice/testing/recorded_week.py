"""Reads a week of recorded traffic: the requests, one JSON object a line, plain or zstd-compressed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from suffice.errors import ConfigError

WEEK_NAMES = ("week.jsonl.zst", "week.jsonl")


class WeekRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a recorded week."""

    id: str
    timestamp: str
    """ISO 8601 with a zone; lines may come in any order."""
    feature: str = "untagged"
    task: str | None = None
    request: dict[str, Any]
    """The body of an OpenAI chat completion request."""
    response: dict[str, Any] | None = None
    """What the model of `request` answered, if it is kept here."""
    session: str | None = None
    """What ties the requests of one conversation together; optional."""
    expected: Any = None
    """The right answer, where there is one that can be compared with."""


def week_file(path: Path) -> Path:
    """Returns the week's file: `path` itself, or the one in the folder `path`.

    Raises:
        ConfigError: There is none.
    """
    if path.is_file():
        return path
    for name in WEEK_NAMES:
        if (path / name).is_file():
            return path / name
    raise ConfigError(
        f"no recorded week at {path}: name a week.jsonl or week.jsonl.zst, or the folder that holds one",
        code="no_recorded_week",
    )


def read_week(path: Path) -> Iterator[WeekRequest]:
    """Yields the requests of a week in the order of the file.

    Args:
        path: The file, or the folder that holds it.

    Raises:
        ConfigError: There is no such file, or a line is not a recorded request; the message names the line.
    """
    file = week_file(path)
    decode = msgspec.json.Decoder(WeekRequest).decode
    for number, line in enumerate(read_lines(file), start=1):
        if line.strip():
            try:
                yield decode(line)
            except msgspec.MsgspecError as error:
                raise ConfigError(f"{file} line {number}: {error}", code="bad_recorded_week") from error


def read_lines(file: Path) -> Iterator[bytes]:
    """Yields the lines of a file; one that ends in `.zst` is decompressed on the way.

    Raises:
        ConfigError: The file is not what its name says.
    """
    with file.open("rb") as raw:
        if file.suffix != ".zst":
            yield from raw
            return
        try:
            yield from io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw))
        except zstandard.ZstdError as error:
            raise ConfigError(f"{file} is not zstd data: {error}", code="bad_recorded_week") from error

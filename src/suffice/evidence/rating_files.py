"""LEARN: ratings of people from files: CSV, or JSON lines, a rating a row.

    id,model,score,rater                 one answer: a score from 0 to 1
    id,model,against,preference,rater    two answers: the name of the better one, or `tie`
    ...,digest,against_digest            optional: which answers they were (`suffice bakeoff report --json`)

A row that cannot be read is kept out, counted and named with its line; nothing is guessed.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from suffice.errors import ConfigError
from suffice.store.ratings import Rating

_SUFFIXES = (".csv", ".jsonl", ".ndjson")


class RatingFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds."""

    ratings: tuple[Rating, ...]
    refused: tuple[tuple[int, str], ...]
    """Line and reason of each row that is none."""


def read_ratings(
    path: Path, *, now_ns: int, rater: str = "", name_of: Callable[[str], str] = str
) -> RatingFile:
    """Reads a file of ratings.

    Args:
        path: CSV or JSON lines, by its suffix.
        now_ns: When they count as made.
        rater: Who rated, where a row does not say.
        name_of: Tells the catalog's name of a model by any that it goes by.

    Raises:
        ConfigError: The file cannot be read, or not a single row is a rating.
    """
    ratings: list[Rating] = []
    refused: list[tuple[int, str]] = []
    for line, row in _rows(path):
        try:
            ratings.append(_rating(row, now_ns=now_ns, rater=rater, name_of=name_of))
        except ValueError as error:
            refused.append((line, str(error)))
    if not ratings:
        why = f"; line {refused[0][0]}: {refused[0][1]}" if refused else ""
        raise ConfigError(f"{path.name} has no rating{why}", code="no_ratings")
    return RatingFile(ratings=tuple(ratings), refused=tuple(refused))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    suffix = path.suffix.lower()
    if suffix not in _SUFFIXES:
        raise ConfigError(
            f"{path.name}: ratings are read from {', '.join(_SUFFIXES)} files", code="no_ratings"
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if suffix == ".csv":
                reader = csv.DictReader(file)
                for row in reader:
                    yield reader.line_num, {key: value for key, value in row.items() if key is not None}
                return
            for line, text in enumerate(file, start=1):
                if text.strip():
                    yield line, _object(text)
    except OSError as error:
        raise ConfigError(f"{path.name}: {error.strerror or error}", code="no_ratings") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path.name} is no UTF-8 text of ratings: {error}", code="no_ratings") from error


def _object(text: str) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return {}


def _rating(row: Mapping[str, Any], *, now_ns: int, rater: str, name_of: Callable[[str], str]) -> Rating:
    unit, model = _word(row, "id"), name_of(_word(row, "model"))
    given = str(row.get("rater") or rater)
    if row.get("against"):
        against = name_of(_word(row, "against"))
        return Rating(
            unit=unit,
            model=model,
            value=_preference(row, model, against, name_of),
            digest=str(row.get("digest") or ""),
            against=against,
            against_digest=str(row.get("against_digest") or ""),
            rater=given,
            rated_ns=now_ns,
        )
    value = _number(row.get("score"), low=0.0, name="score")
    digest = str(row.get("digest") or "")
    return Rating(unit=unit, model=model, value=value, digest=digest, rater=given, rated_ns=now_ns)


def _preference(row: Mapping[str, Any], model: str, against: str, name_of: Callable[[str], str]) -> float:
    said = row.get("preference")
    if isinstance(said, str):
        word = said.strip()
        if word.lower() == "tie":
            return 0.0
        for name, value in ((model, 1.0), (against, -1.0)):
            if name_of(word) == name:
                return value
        if word.lower() in {"model", "against"}:
            return 1.0 if word.lower() == "model" else -1.0
    return _number(said, low=-1.0, name="preference")


def _word(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"there is no {name}")
    return value.strip()


def _number(value: object, *, low: float, name: str) -> float:
    try:
        number = float(value) if isinstance(value, (str, int, float)) else math.nan
    except ValueError:
        number = math.nan
    if not low <= number <= 1:
        raise ValueError(f"{name} must be a number from {low:g} to 1")
    return number

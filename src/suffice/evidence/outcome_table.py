"""LEARN: graded answers from files, as the examples that a fit learns from.

A table has a row for each prompt and model: what was asked, the model, its score in [0, 1]; optionally the use case, an
id of the prompt, and the cost. Nothing is guessed: a score out of range is an error, a missing one is no verdict, left
out and counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from suffice.errors import PolicyError
from suffice.features import read
from suffice.layers import LAYERS
from suffice.quality.outcomes import UNTAGGED, Example, bucket_of
from suffice.types import Request

ASKED = ("request", "messages", "prompt")
"""Columns that may hold what was asked: the first of these that is there counts."""
USE_CASE = ("bucket", "feature", "task")
"""Columns that may hold the use case: the first of these that is there counts."""
_NEEDED = ("model", "score")
_MOST_UNREADABLE = 0.5


class Tally(msgspec.Struct, kw_only=True):
    """What was found in the files."""

    rows: int = 0
    unreadable: int = 0
    """Lines that are no JSON object, or rows whose request is none."""
    no_verdict: int = 0
    """Rows without a score."""
    repeated: int = 0
    """Further scores of one model for one prompt; their mean counts."""


class OutcomeTable(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes as a fit reads them."""

    examples: tuple[Example, ...]
    means: Mapping[str, float]
    """Mean score of each model, the best first."""
    tagged: bool
    """The use case is in the table, not recognised from the prompt."""
    tally: Tally


class _Item(msgspec.Struct, kw_only=True):
    asked: str
    column: str
    use_case: str | None
    group: str
    scores: dict[str, list[float]] = msgspec.field(default_factory=dict)


def read_outcomes(
    paths: Sequence[Path],
    *,
    name_of: Callable[[str], str] = str,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> OutcomeTable:
    """Returns the outcomes of some files.

    Args:
        paths: Parquet, CSV, or JSON lines, by their suffix.
        name_of: Tells the catalog's name of a model by any that it goes by; others stay as they are.
        progress: Is told how many prompts of how many have been read.

    Raises:
        PolicyError: A file cannot be read or lacks a column, a score is out of range, or fewer than two models were
            graded.
    """
    tally = Tally()
    items: dict[bytes, _Item] = {}
    for path in paths:
        _collect(path, _frame(path, tally), items, tally, name_of)
    if tally.unreadable > _MOST_UNREADABLE * max(tally.rows, 1):
        raise _bad(
            f"{tally.unreadable:,} of {tally.rows:,} rows cannot be read: is this a table of outcomes?"
        )
    models = {model for item in items.values() for model in item.scores}
    if len(models) < 2:
        found = ", ".join(sorted(models)) or "none"
        raise _bad(f"scores of two models are needed, a baseline's and a candidate's; there is: {found}")
    examples = []
    for at, item in enumerate(items.values()):
        example = _example(item, tally)
        if example is not None:
            examples.append(example)
        progress(at + 1, len(items))
    tally.repeated = sum(len(lot) - 1 for item in items.values() for lot in item.scores.values())
    return OutcomeTable(
        examples=tuple(examples),
        means=_means(examples),
        tagged=any(item.use_case is not None for item in items.values()),
        tally=tally,
    )


def _bad(what: str) -> PolicyError:
    return PolicyError(what, code="bad_outcomes")


def _frame(path: Path, tally: Tally) -> pl.DataFrame:
    readers: Mapping[str, Callable[[], pl.DataFrame]] = {
        ".parquet": lambda: pl.read_parquet(path),
        ".csv": lambda: pl.read_csv(path, infer_schema_length=None),
        ".jsonl": lambda: _lines(path, tally),
        ".ndjson": lambda: _lines(path, tally),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise _bad(f"{path.name}: outcomes are read from {', '.join(readers)} files")
    try:
        frame = reader()
    except OSError as error:
        raise _bad(f"{path.name}: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        raise _bad(f"{path.name}: {str(error).splitlines()[0]}") from error
    tally.rows += frame.height
    return _checked(path, frame)


def _lines(path: Path, tally: Tally) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    with path.open("rb") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                found = msgspec.json.decode(line, type=dict[str, Any])
            except (msgspec.MsgspecError, UnicodeDecodeError):
                tally.rows += 1
                tally.unreadable += 1
                continue
            rows.append({name: _flat(value) for name, value in found.items()})
    columns = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in columns}, strict=False)


def _flat(value: Any) -> Any:
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value


def _checked(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    if not frame.height:
        raise _bad(f"{path.name}: there is no row in it")
    missing = [name for name in _NEEDED if name not in frame.columns]
    if not any(name in frame.columns for name in ASKED):
        missing.append("prompt (or messages, or request)")
    if missing:
        raise _bad(f"{path.name} lacks {', '.join(missing)}; it has {', '.join(frame.columns)}")
    scores = frame["score"]
    numbers = scores.cast(pl.Float64, strict=False)
    if (numbers.is_null() & scores.is_not_null()).any():
        raise _bad(f"{path.name}: a score is no number")
    outside = frame.filter((numbers.is_finite() & ~numbers.is_between(0, 1)) | numbers.is_infinite())
    if outside.height:
        worst = outside["score"][0]
        raise _bad(
            f"{path.name}: {outside.height:,} scores are outside of 0 to 1, such as {worst}: rescale them"
        )
    return frame.with_columns(numbers.fill_nan(None).alias("score"))


def _collect(
    path: Path, frame: pl.DataFrame, items: dict[bytes, _Item], tally: Tally, name_of: Callable[[str], str]
) -> None:
    column = next(name for name in ASKED if name in frame.columns)
    use_case = next((name for name in USE_CASE if name in frame.columns), None)
    chosen = frame.select(
        pl.col(column),
        pl.col("model").cast(pl.String),
        pl.col("score"),
        (pl.lit(None) if use_case is None else pl.col(use_case).cast(pl.String)).alias("use_case"),
        (
            pl.col("prompt_id").cast(pl.String)
            if "prompt_id" in frame.columns
            else pl.lit(None, dtype=pl.String)
        ).alias("group"),
    )
    for asked, model, score, tag, group in chosen.iter_rows():
        if not model or asked is None:
            tally.unreadable += 1
            continue
        if score is None:
            tally.no_verdict += 1
            continue
        text = asked if isinstance(asked, str) else msgspec.json.encode(asked).decode()
        key = hashlib.sha256(f"{tag}\0{column}\0{text}".encode("utf-8", "surrogatepass")).digest()[:16]
        item = items.get(key)
        if item is None:
            items[key] = item = _Item(
                asked=text,
                column=column,
                use_case=tag or None,
                group=f"{path.name}/{group}" if group else key.hex(),
            )
        item.scores.setdefault(name_of(model), []).append(score)


def _example(item: _Item, tally: Tally) -> Example | None:
    body = _body(item.column, item.asked)
    if body is None:
        tally.unreadable += 1
        return None
    request = Request(
        api="chat_completions", provider="", model="", body=body, feature=item.use_case or UNTAGGED
    )
    features = read(request)
    return Example(
        features=features,
        scores={name: layer(features) for name, layer in LAYERS.items()},
        bucket=bucket_of(features),
        quality={model: sum(lot) / len(lot) for model, lot in item.scores.items()},
        group=item.group,
    )


def _body(column: str, asked: str) -> Mapping[str, Any] | None:
    if column == "prompt":
        return {"messages": [{"role": "user", "content": asked}]}
    try:
        if column == "messages":
            return {"messages": msgspec.json.decode(asked, type=list[Any])}
        return msgspec.json.decode(asked, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None


def _means(examples: Iterable[Example]) -> dict[str, float]:
    lots: dict[str, list[float]] = {}
    for example in examples:
        for model, score in example.quality.items():
            lots.setdefault(model, []).append(score)
    means = {model: sum(lot) / len(lot) for model, lot in lots.items()}
    return dict(sorted(means.items(), key=lambda named: (-named[1], named[0])))

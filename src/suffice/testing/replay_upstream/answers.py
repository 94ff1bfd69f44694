"""The recorded answers: what each model really said to each prompt of a week, found by prompt and model.

A folder of recorded answers holds the week (`week.jsonl.zst` or `week.jsonl`) and `answers.parquet` or
`answers.jsonl` with the columns request_id, model, message, input_tokens, output_tokens. The columns
cached_tokens, cache_write_tokens and reasoning_tokens are optional: subsets of the totals, 0 where absent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from suffice.catalog import Catalog
from suffice.errors import ConfigError
from suffice.testing.recorded_week import WeekRequest, read_lines, read_week
from suffice.testing.replay_upstream.prompt_key import MalformedRequest, prompt_key


class Call(msgspec.Struct, frozen=True):
    """One tool call of an answer."""

    name: str
    arguments: str
    """As the model wrote them: JSON, if it kept to the contract."""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer used; `input` and `output` are totals, the rest subsets of them."""

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one model answered to one prompt."""

    seed: str
    """40 hexadecimal digits that depend on prompt and model alone; every id is cut from it."""
    model: str
    created: int
    """Unix time in seconds."""
    text: str | None
    calls: tuple[Call, ...]
    tokens: Tokens


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    request_id: str
    model: str
    message: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    tool_calls: list[dict[str, Any]] | None = None


class _Prompt(msgspec.Struct, frozen=True):
    request_id: str
    created: int


class Recording:
    """Every recorded answer of a folder, by prompt and model.

    As providers do, it knows a model that was recorded under a dated name by its usual name as well.

    Args:
        prompts: Prompt key to the recorded request.
        rows: Request id and model to the recorded answer.
    """

    def __init__(self, prompts: Mapping[bytes, _Prompt], rows: Mapping[tuple[str, str], _Row]) -> None:
        self._prompts = prompts
        self._rows = rows
        self.models = tuple(sorted({model for _, model in rows}))
        name_of = Catalog.load(at_ns=0).name_of
        self._recorded = {name_of(model): model for model in self.models} | {
            model: model for model in self.models
        }

    @classmethod
    def load(cls, folder: Path) -> Recording:
        """Reads a folder of recorded answers; of two requests with the same prompt the first counts.

        Raises:
            ConfigError: A file is missing or is not what it should be.
        """
        prompts: dict[bytes, _Prompt] = {}
        for request in read_week(folder):
            try:
                key = prompt_key("chat_completions", request.request)
            except MalformedRequest as error:
                raise ConfigError(
                    f"recorded request {request.id}: {error}", code="bad_recorded_week"
                ) from error
            prompts.setdefault(key, _Prompt(request.id, _created(request)))
        return cls(prompts, {(row.request_id, row.model): row for row in _read_rows(folder)})

    def __len__(self) -> int:
        return len(self._prompts)

    def knows(self, key: bytes) -> bool:
        """Says whether the prompt was recorded, for whichever model."""
        return key in self._prompts

    def find(self, key: bytes, model: str) -> Answer | None:
        """Returns what the model answered to the prompt, or `None` if that was not recorded."""
        prompt = self._prompts.get(key)
        row = self._rows.get((prompt.request_id, self._recorded.get(model, model))) if prompt else None
        return _answer(prompt, row) if prompt and row else None


def _answer(prompt: _Prompt, row: _Row) -> Answer:
    message = msgspec.json.decode(row.message, type=_Message)
    functions = [call["function"] for call in message.tool_calls or []]
    return Answer(
        seed=hashlib.sha1(f"{prompt.request_id} {row.model}".encode(), usedforsecurity=False).hexdigest(),
        model=row.model,
        created=prompt.created,
        text=message.content,
        calls=tuple(Call(function["name"], function["arguments"]) for function in functions),
        tokens=Tokens(
            input=row.input_tokens,
            output=row.output_tokens,
            cached=row.cached_tokens or 0,
            cache_write=row.cache_write_tokens or 0,
            reasoning=row.reasoning_tokens or 0,
        ),
    )


def _created(request: WeekRequest) -> int:
    created = (request.response or {}).get("created")
    return created if isinstance(created, int) else int(datetime.fromisoformat(request.timestamp).timestamp())


def _read_rows(folder: Path) -> Iterator[_Row]:
    for name, read in (("answers.parquet", _parquet_rows), ("answers.jsonl", _jsonl_rows)):
        if (folder / name).is_file():
            try:
                yield from msgspec.convert(list(read(folder / name)), list[_Row])
            except msgspec.MsgspecError as error:
                raise ConfigError(f"{folder / name}: {error}", code="bad_recorded_answers") from error
            return
    raise ConfigError(
        f"no recorded answers in {folder}: it needs answers.parquet or answers.jsonl beside the week",
        code="no_recorded_answers",
    )


def _parquet_rows(file: Path) -> Iterable[dict[str, Any]]:
    import polars as pl  # noqa: PLC0415 -- 60 MB that a recording in JSON lines does not need

    try:
        table = pl.read_parquet(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ConfigError(f"{file} cannot be read: {error}", code="bad_recorded_answers") from error
    return table.select([name for name in _Row.__struct_fields__ if name in table.columns]).iter_rows(
        named=True
    )


def _jsonl_rows(file: Path) -> Iterable[dict[str, Any]]:
    for line in read_lines(file):
        yield msgspec.json.decode(line)

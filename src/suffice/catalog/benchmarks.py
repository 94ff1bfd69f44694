"""What models have reached on public benchmarks, from data: dated figures, each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, TypeAlias

import msgspec

from suffice.errors import ConfigError

Profiles: TypeAlias = Mapping[tuple[str, str], Mapping[str, float]]
"""(provider, model) to benchmark to score in [0, 1]."""


class Benchmark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One benchmark that scores may name."""

    name: str
    measures: str


class BenchmarkScore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `benchmarks.toml`, where each field is explained."""

    provider: str
    model: str
    benchmark: str
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]
    source: Annotated[str, msgspec.Meta(min_length=1)]
    as_of: date


class BenchmarkData(msgspec.Struct, frozen=True, kw_only=True):
    """All of `benchmarks.toml`."""

    benchmark: tuple[Benchmark, ...] = ()
    score: tuple[BenchmarkScore, ...] = ()


NO_BENCHMARKS = BenchmarkData()


def read_benchmarks(data: Mapping[str, Any]) -> BenchmarkData:
    """Returns the rows of a decoded `benchmarks.toml`.

    Raises:
        ConfigError: A row has an unknown, missing or impossible field, names a benchmark that is not listed, or does
            not come after the figure that it replaces.
    """
    if set(data) - {"benchmark", "score"}:
        raise _fault(
            f"only [[benchmark]] and [[score]] tables, not {sorted(set(data) - {'benchmark', 'score'})}"
        )
    benchmarks = tuple(
        _read(row, Benchmark, f"benchmark {number}")
        for number, row in enumerate(data.get("benchmark", []), 1)
    )
    scores = tuple(
        _read(row, BenchmarkScore, f"score {number}") for number, row in enumerate(data.get("score", []), 1)
    )
    names = [benchmark.name for benchmark in benchmarks]
    if len(set(names)) != len(names):
        raise _fault("a benchmark is listed twice")
    newest: dict[tuple[str, str, str], date] = {}
    for number, row in enumerate(scores, 1):
        if row.benchmark not in names:
            raise _fault(f"score {number} ({row.model}): {row.benchmark} is not among the benchmarks {names}")
        key = (row.provider, row.model, row.benchmark)
        if key in newest and row.as_of <= newest[key]:
            raise _fault(
                f"score {number} ({row.model}): {row.benchmark} already has a figure as of {newest[key]}; "
                f"append a newer one with a later day"
            )
        newest[key] = row.as_of
    return BenchmarkData(benchmark=benchmarks, score=scores)


def profiles_at(data: BenchmarkData, day: date) -> Profiles:
    """Returns each model's newest figures among those known on a day."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in data.score:
        if row.as_of <= day:
            found.setdefault((row.provider, row.model), {})[row.benchmark] = row.score
    return found


def _read(row: Any, kind: type[Any], where: str) -> Any:
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        name = row.get("model", row.get("name", "?")) if isinstance(row, dict) else "?"
        raise _fault(f"{where} ({name}): {error}") from error


def _fault(message: str) -> ConfigError:
    return ConfigError(f"benchmarks.toml: {message}", code="bad_catalog")

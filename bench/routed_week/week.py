"""The recorded week by the catalog's names: what each model's answer to each request scored and cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.testing.recorded_week import WeekRequest, read_week
from suffice.types import Usage

BASELINE = "gpt-4o"
CANDIDATES = ("gpt-4o-mini", "gpt-3.5-turbo")
"""Of the baseline's own provider: no other model can stand in for it in route mode."""
DELTA = 0.05


@dataclass(frozen=True)
class Answer:
    """What one model's recorded answer to one request is worth."""

    score: float
    """The benchmark's own grade, in [0, 1]."""
    nanos: int
    """Its recorded tokens at today's price."""
    output_tokens: int
    input_tokens: int = 0


@dataclass(frozen=True)
class Week:
    """All requests in the file's order, and the answers by request and model."""

    requests: list[WeekRequest]
    answers: dict[str, dict[str, Answer]]

    @property
    def buckets(self) -> dict[str, list[str]]:
        """The requests of each use case, by its tag."""
        found: dict[str, list[str]] = {}
        for one in self.requests:
            found.setdefault(one.feature, []).append(one.id)
        return dict(sorted(found.items()))


def load(data: Path) -> Week:
    """Reads it."""
    now_ns = time.time_ns()
    name_of, prices = Catalog.load(at_ns=now_ns).name_of, PriceBook({"openai": "openai"})
    wanted = {BASELINE, *CANDIDATES}
    answers: dict[str, dict[str, Answer]] = {}
    for row in pl.read_parquet(data / "answers.parquet").iter_rows(named=True):
        name = name_of(row["model"])
        if name not in wanted:
            continue
        usage = Usage(input_tokens=row["input_tokens"], output_tokens=row["output_tokens"])
        nanos = prices.cost(usage, provider="openai", model=row["model"], at_ns=now_ns).nanos
        assert nanos is not None, row["model"]
        own = answers.setdefault(row["request_id"], {})
        own[name] = Answer(row["score"], nanos, row["output_tokens"], row["input_tokens"])
    requests = list(read_week(data))
    assert all(wanted == set(answers[one.id]) for one in requests), "each model answered each request"
    return Week(requests, answers)

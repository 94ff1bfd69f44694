"""Reads the recorded week: what each model's answer to each request scored."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl

from suffice.stats.betting import Numbers
from suffice.testing.recorded_week import read_week

BASELINE = "gpt-4o-2024-08-06"
CANDIDATES = (
    "gpt-4o-mini-2024-07-18",
    "gpt-3.5-turbo-0125",
    "claude-3-haiku-20240307",
    "claude-3-5-sonnet-20240620",
)


@dataclass(frozen=True)
class Bucket:
    """One feature's requests: ids with prompt lengths, and each candidate's differences by id."""

    name: str
    lengths: list[tuple[str, int]]
    differences: dict[str, dict[str, float]]
    baseline_score: float

    def values(self, candidate: str) -> Numbers:
        return np.array([self.differences[candidate][id_] for id_, _ in self.lengths])

    def truth(self, candidate: str) -> float:
        """The difference over all requests of the bucket."""
        return float(self.values(candidate).mean())


def missing(data: Path | None) -> list[str]:
    """Says what is not there."""
    if data is None:
        return ["DATA, the folder of the recorded week"]
    return [name for name in ("week.jsonl.zst", "answers.parquet") if not (data / name).is_file()]


def load(data: Path) -> list[Bucket]:
    """Returns the buckets, by name."""
    frame = pl.read_parquet(data / "answers.parquet", columns=["request_id", "model", "score"])
    scores: dict[str, dict[str, float]] = {model: {} for model in (BASELINE, *CANDIDATES)}
    for id_, model, score in frame.iter_rows():
        if model in scores:
            scores[model][id_] = score
    lengths: dict[str, list[tuple[str, int]]] = {}
    for call in read_week(data):
        size = len(msgspec.json.encode(call.request["messages"]))
        lengths.setdefault(call.feature, []).append((call.id, size))
    return [
        Bucket(
            name=name,
            lengths=ids,
            differences={
                model: {id_: scores[model][id_] - scores[BASELINE][id_] for id_, _ in ids}
                for model in CANDIDATES
            },
            baseline_score=float(np.mean([scores[BASELINE][id_] for id_, _ in ids])),
        )
        for name, ids in sorted(lengths.items())
    ]

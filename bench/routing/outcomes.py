"""Reads the recorded outcomes: one table a file, prompts by models. Nothing is copied."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

FILES = {
    "routellm_evals": "routellm_evals",
    "zeroeval": "zeroeval",
    "mmlu_pro": "mmlu_pro",
    "bfcl": "bfcl_v1_2024_08",
    "lookahead": "lookahead_open",
    "llmrouter": "llmrouter_nim9",
    "routerbench": "routerbench_0shot_subset",
    "arena": "arena_bench_v1",
    "alpaca": "alpaca_eval2",
    "livecodebench": "livecodebench_before_2024_06",
}
"""The name of a set here to its file's."""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """One set: what each model scored on each prompt."""

    name: str
    ids: list[str]
    prompts: list[str]
    buckets: list[str]
    """The use case that each prompt's client would name: the benchmark's task, with MMLU's subject."""
    splits: list[str]
    overlaps: np.ndarray
    """(n,), whether the prompt is in RouteLLM's evaluations too."""
    models: list[str]
    quality: np.ndarray
    """(n, m), in [0, 1]; `nan` where a model did not answer."""
    cost: np.ndarray
    """(n, m), US dollars; `nan` where none was reported."""
    input_tokens: np.ndarray
    """(n,), cl100k counts."""

    @cached_property
    def groups(self) -> list[str]:
        """Prompts of the same words share a group: they never stand on both sides of a split."""
        return [
            hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()[:16] for text in self.prompts
        ]

    def of(self, model: str) -> np.ndarray:
        """Returns the scores of one model, (n,)."""
        return self.quality[:, self.models.index(model)]


def missing(folder: Path | None) -> list[str]:
    """Returns what a machine lacks to measure, in words; empty if it lacks nothing."""
    if folder is None or not str(folder).strip():
        return ["DATA is not given"]
    if not folder.is_dir():
        return [f"{folder} is no folder"]
    return [f"{file}.parquet" for file in FILES.values() if not (folder / f"{file}.parquet").is_file()]


def load(folder: Path, name: str) -> Outcomes:
    """Returns one set, its prompts in order of their ids."""
    frame = pl.read_parquet(folder / f"{FILES[name]}.parquet").with_columns(pl.col("prompt").fill_null(""))
    # One id stands for one prompt; where a file repeats an id with another prompt they are two.
    frame = frame.with_columns(row=pl.concat_str("prompt_id", "prompt", separator="\x1f"))
    prompts = frame.unique("row").sort("row")
    scores = _wide(frame, prompts, "score")
    models = sorted(set(frame["model"]))
    return Outcomes(
        name=name,
        ids=prompts["prompt_id"].to_list(),
        prompts=prompts["prompt"].to_list(),
        buckets=[bucket(name, *pair) for pair in zip(prompts["task"], prompts["prompt_id"], strict=True)],
        splits=prompts["split"].to_list(),
        overlaps=prompts["overlaps_routellm"].to_numpy().astype(bool),
        models=models,
        quality=scores.select(models).to_numpy(),
        cost=_wide(frame, prompts, "cost_usd").select(models).to_numpy(),
        input_tokens=prompts["input_tokens_est"].fill_null(0).to_numpy().astype(float),
    )


def bucket(name: str, task: str, prompt_id: str) -> str:
    """Returns the use case of a prompt: the set's task; MMLU's subject where the id names it.

    >>> bucket("routellm_evals", "mmlu", "mmlu/abstract_algebra/0")
    'mmlu/abstract_algebra'
    """
    if name == "routellm_evals" and task == "mmlu":
        return "/".join(prompt_id.split("/")[:2])
    return f"{name}/{task}" if name != "routellm_evals" else task


def _wide(frame: pl.DataFrame, prompts: pl.DataFrame, column: str) -> pl.DataFrame:
    wide = frame.pivot(on="model", index="row", values=column, aggregate_function="mean")
    return (
        prompts.select("row")
        .join(wide, on="row", how="left", maintain_order="left")
        .drop("row")
        .cast(pl.Float64)
    )

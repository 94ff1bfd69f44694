"""Trials of the recorded week: the benchmark's own grades, judged as a bake-off judges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.evidence.result import TrialResult
from suffice.evidence.trial import Graded, Row, Trial
from suffice.testing.recorded_week import read_week
from suffice.types import Usage

BASELINE = "gpt-4o"
CANDIDATES = ("gpt-4o-mini", "gpt-3.5-turbo", "claude-3-haiku-20240307")
Answers = Mapping[str, Mapping[str, Mapping[str, Graded]]]
"""Use case, candidate, request."""
ENOUGH = 2_000.0
"""E-value at which a row is sure enough among all that are tested together."""


def week_answers(recorded_data: Path) -> Answers:
    """By use case, candidate and request: the benchmark's own grades of what each model answered."""
    catalog, prices = Catalog.load(at_ns=0), PriceBook({"openai": "openai", "anthropic": "anthropic"})
    features = {one.id: one.feature for one in read_week(recorded_data / "traffic")}
    rows: dict[str, dict[str, dict[str, object]]] = {}
    for one in pl.read_parquet(recorded_data / "traffic" / "answers.parquet").iter_rows(named=True):
        rows.setdefault(one["request_id"], {})[catalog.name_of(one["model"])] = one
    found: dict[str, dict[str, dict[str, Graded]]] = {}
    for id_, by_model in rows.items():
        for candidate in CANDIDATES:
            if BASELINE in by_model and candidate in by_model:
                graded = _graded(id_, by_model[BASELINE], by_model[candidate], prices)
                found.setdefault(features[id_], {}).setdefault(candidate, {})[id_] = graded
    return found


def _graded(id_: str, baseline: dict[str, object], candidate: dict[str, object], prices: PriceBook) -> Graded:
    def cost(one: dict[str, object]) -> int | None:
        provider = "anthropic" if str(one["model"]).startswith("claude") else "openai"
        usage = Usage(input_tokens=int(one["input_tokens"]), output_tokens=int(one["output_tokens"]))  # type: ignore[call-overload] -- integers
        return prices.cost(
            usage, provider=provider, model=str(one["model"]), at_ns=1_772_000_000_000_000_000
        ).nanos

    return Graded(
        unit=id_,
        d=float(candidate["score"]) - float(baseline["score"]),  # type: ignore[arg-type] -- numbers
        baseline_cost_nanos=cost(baseline),
        candidate_cost_nanos=cost(candidate),
        baseline_tokens=int(baseline["output_tokens"]),  # type: ignore[call-overload] -- integers
        candidate_tokens=int(candidate["output_tokens"]),  # type: ignore[call-overload] -- the same
    )


def tried(answers: Answers, rng: np.random.Generator) -> list[TrialResult]:
    """A trial of every use case and candidate, in random order, that stops when it is sure."""
    results = []
    for bucket, by_candidate in answers.items():
        for candidate, graded in by_candidate.items():
            given = Row(
                trial="t1",
                bucket=bucket,
                baseline=BASELINE,
                candidate=candidate,
                grader="recorded",
                grader_version="1",
                delta=0.05,
                alpha=0.05,
                population=len(graded),
            )
            trial, units = Trial(given), list(graded.values())
            order = rng.permutation(len(units))
            for start in range(0, len(units), 20):
                trial.add([units[place] for place in order[start : start + 20]])
                if trial.verdict == "WORSE" or trial.e_value > ENOUGH:
                    break
            results.append(trial.result())
    return results

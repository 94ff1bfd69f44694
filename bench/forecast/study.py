"""One pair of models: the product's projection of one half of a week, against the other half's truth."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suffice.catalog import Catalog
from suffice.evidence.lengths import Key, lengths
from suffice.ledger.lengths import LengthOf, unknown_length
from suffice.ledger.projection import Group, Line, project
from suffice.stats.ratio import Ratio, ratio_of_sums
from suffice.testing.recorded_week import read_week

Ints = NDArray[np.int64]
Row = dict[str, Any]

AT_NS = 1_773_014_400_000_000_000
"""9 March 2026: when the recorded week begins."""
PAIRS = (
    ("openai", "gpt-4o", "gpt-4o-mini"),
    ("openai", "gpt-4o", "gpt-3.5-turbo"),
    ("anthropic", "claude-3-5-sonnet", "claude-3-haiku"),
)
UNITS = (20, 100)
"""Requests of each use case that a trial asks both models: one round, and what a verdict often takes."""


@dataclass(frozen=True)
class Calls:
    """The recorded week."""

    use_case: list[str]
    tokens: dict[str, tuple[Ints, Ints]]
    """By the catalog's name of the model: input and output of its answer to each request."""
    rates: dict[str, tuple[int, int]]
    """Picodollars per token in and out."""


def read_calls(data: Path) -> Calls:
    """Reads it."""
    catalog = Catalog.load(at_ns=AT_NS)
    by_model: dict[str, dict[str, tuple[int, int]]] = {}
    for row in pl.read_parquet(data / "answers.parquet").iter_rows(named=True):
        counts = row["input_tokens"], row["output_tokens"]
        by_model.setdefault(catalog.name_of(row["model"]), {})[row["request_id"]] = counts
    requests = list(read_week(data))
    tokens, rates = {}, {}
    for provider, *models in PAIRS:
        for model in models:
            known = catalog.resolve(provider, model)
            assert known is not None, model
            name = known.model
            own = np.array([by_model[name][one.id] for one in requests])
            tokens[model], rates[model] = (
                (own[:, 0], own[:, 1]),
                (known.rates[-1].input, known.rates[-1].output),
            )
    return Calls([one.feature for one in requests], tokens, rates)


def measure(calls: Calls, pair: tuple[str, str, str], units: int, repeats: int) -> Row:
    """Returns how far off the forecast is, with the same dice each time."""
    rng = np.random.default_rng(zlib.crc32(f"{pair} {units}".encode()))
    rows = [row for _ in range(repeats) for row in _once(calls, pair, units, rng)]
    whole = [row for row in rows if row["use_case"] is None]
    single = [row for row in rows if row["use_case"] is not None]
    return {
        "pair": pair,
        "units": units,
        "truth": float(np.mean([row["truth"] for row in whole])),
        **{f"whole_{name}": value for name, value in _errors(whole).items()},
        **{f"single_{name}": value for name, value in _errors(single).items()},
    }


def _errors(rows: list[Row]) -> Row:
    same, corrected = (
        np.array([abs(row[name] - row["truth"]) for row in rows]) for name in ("same_length", "projected")
    )
    return {
        "same_length": float(same.mean()),
        "projected": float(corrected.mean()),
        "better": float((corrected < same).mean()),
        "held": float(np.mean([row["low"] <= row["own_truth"] <= row["high"] for row in rows])),
        "band": float(np.mean([row["high"] - row["low"] for row in rows])),
        "swing": float(np.mean([row["swing"] for row in rows])),
    }


def _once(calls: Calls, pair: tuple[str, str, str], units: int, rng: np.random.Generator) -> list[Row]:
    """The forecast of the whole week and of each use case, each with its truth."""
    watched, routed, trial = [], [], []
    cases = np.array(calls.use_case)
    for name in sorted(set(calls.use_case)):
        order = rng.permutation(np.flatnonzero(cases == name))
        half = len(order) // 2
        watched.append((name, order[:half]))
        routed.append((name, order[half:]))
        trial.append((name, rng.permutation(order[:half])[:units]))
    _, baseline, candidate = pair
    seen: dict[Key, Ratio] = {}
    for name, places in trial:
        ratio = ratio_of_sums(calls.tokens[candidate][1][places], calls.tokens[baseline][1][places])
        if ratio is not None:
            seen[name, baseline, candidate] = ratio
    length_of = lengths(seen, lambda *_: None, lambda model: model)
    rows = []
    for own, later, use_case in (
        (watched, routed, None),
        *(([one], [other], one[0]) for one, other in zip(watched, routed, strict=True)),
    ):
        total = _projected(calls, pair, own, length_of)
        plain = _projected(calls, pair, own, unknown_length)
        whole = total.routed_cost_nanos
        low, high = total.band_nanos
        rows.append(
            {
                "use_case": use_case,
                "same_length": total.savings_nanos / whole,
                "projected": total.projected_nanos / whole,
                "low": low / whole,
                "high": high / whole,
                "swing": (plain.band_nanos[1] - plain.band_nanos[0]) / whole,
                "truth": _saved(calls, pair, later),
                "own_truth": _saved(calls, pair, own),
            }
        )
    return rows


def _projected(
    calls: Calls, pair: tuple[str, str, str], parts: list[tuple[str, Ints]], length_of: LengthOf
) -> Line:
    provider, baseline, candidate = pair
    into, out = calls.tokens[baseline]
    groups = [
        Group(
            provider=provider, api="chat_completions", feature=name, requested_model=baseline, served_model=baseline,
            decided_model=candidate, reason="certified", ending="complete", status=200, grade="measured",
            unknown_because=None, shadow_grade="modelled", evidence="certified", bucket=name, requests=len(places),
            input_tokens=int(into[places].sum()), cache_read_tokens=0, output_tokens=int(out[places].sum()),
            cost_nanos=_picos(calls, baseline, baseline, places) // 1000,
            shadow_nanos=_picos(calls, baseline, candidate, places) // 1000,
        )
        for name, places in parts
    ]  # fmt: skip
    return project(groups, lambda _, model: calls.rates[model][1], length_of).total


def _picos(calls: Calls, answered: str, priced: str, places: Ints) -> int:
    """What one model's answers cost at another's rates."""
    into, out = calls.tokens[answered]
    rates = calls.rates[priced]
    return int(into[places].sum()) * rates[0] + int(out[places].sum()) * rates[1]


def _saved(calls: Calls, pair: tuple[str, str, str], parts: list[tuple[str, Ints]]) -> float:
    """What the candidate's own answers cost less, as a share of the baseline's cost."""
    _, baseline, candidate = pair
    usual = sum(_picos(calls, baseline, baseline, places) for _, places in parts)
    return 1 - sum(_picos(calls, candidate, candidate, places) for _, places in parts) / usual

"""False discoveries among many rows, agreement with scipy, and what a block costs."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy.stats import binomtest, bootstrap

from stats.values import Kind, with_replacement
from suffice.stats.betting import BettingSequence, Capital, Numbers
from suffice.stats.binomial import failure_bound, rate_above, rate_below
from suffice.stats.bootstrap import paired
from suffice.stats.e_values import e_bh

ALPHA = 0.05
DELTA = 0.05
ROWS = 30
BUDGET = 400
BLOCK = 4


def run(runs: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "runs": runs,
        "discoveries": [discoveries(share, runs, rng) for share in (1.0, 0.9, 0.5, 0.2)],
        "scipy": scipy_differences(rng),
        "screen": {str(n): failure_bound(n, n, ALPHA) for n in (20, 29, 59, 100, 299)},
        "block_us": {kind: block_us(kind, rng) for kind in ("no replacement", "replacement")},
    }


def discoveries(wrong: float, runs: int, rng: np.random.Generator) -> dict[str, Any]:
    """Trials of many rows: of those certified, how many lie at the tolerance or beyond?"""
    nulls = np.zeros((ROWS, runs), dtype=bool)
    nulls[: round(wrong * ROWS)] = True
    path = np.stack(
        [_evidence(Kind(0.065, 0.015) if bad else Kind(0.02, 0.02), runs, rng) for bad in nulls[:, 0]]
    )
    passed = path >= 1 / ALPHA
    alone = passed.any(axis=2)
    at = np.where(alone, passed.argmax(axis=2), path.shape[2] - 1)
    stopped = np.take_along_axis(path, at[:, :, None], axis=2)[:, :, 0]
    ways = {
        "alone": alone,
        "stopped": np.array([e_bh(list(column), alpha=ALPHA) for column in stopped.T]).T,
        "going on": np.array([_going_on(path[:, run_]) for run_ in range(runs)]).T,
    }
    return {
        "wrong": wrong,
        "rate": {way: _false_rate(found, nulls) for way, found in ways.items()},
        "found": {way: None if nulls.all() else float(found[~nulls].mean()) for way, found in ways.items()},
    }


def _evidence(kind: Kind, runs: int, rng: np.random.Generator) -> Numbers:
    """Returns e-values after each block, shape (runs, blocks)."""
    unit = (with_replacement(kind, BUDGET, runs, rng) + 1) / 2
    capital = Capital(np.full(runs, (1 - DELTA) / 2))
    path = []
    for start in range(0, BUDGET, BLOCK):
        capital.update(unit[start : start + BLOCK])
        path.append(capital.total)
    return np.stack(path, axis=1)


def _going_on(path: Numbers) -> tuple[bool, ...]:
    """A row stops when e-BH certifies it, and keeps its e-value; shape (rows, blocks)."""
    kept = path[:, 0].copy()
    certified = np.zeros(len(path), dtype=bool)
    for now in path.T:
        kept = np.where(certified, kept, now)
        certified |= np.array(e_bh(list(kept), alpha=ALPHA))
    return e_bh(list(kept), alpha=ALPHA)


def _false_rate(found: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any]) -> float:
    return float(((found & nulls).sum(axis=0) / np.maximum(found.sum(axis=0), 1)).mean())


def scipy_differences(rng: np.random.Generator) -> dict[str, float]:
    exact = 0.0
    for n in (1, 7, 20, 59, 144, 782):
        for passes in range(0, n + 1, max(1, n // 20)):
            test = {way: binomtest(passes, n, alternative=way) for way in ("less", "greater")}
            high = test["less"].proportion_ci(1 - ALPHA, method="exact").high
            low = test["greater"].proportion_ci(1 - ALPHA, method="exact").low
            exact = max(
                exact, abs(high - rate_below(passes, n, ALPHA)), abs(low - rate_above(passes, n, ALPHA))
            )
    values = rng.choice([-1.0, 0.0, 1.0], size=300, p=[0.1, 0.75, 0.15])
    theirs = bootstrap(
        (values,), np.mean, confidence_level=0.95, method="percentile", n_resamples=50_000, rng=rng
    )
    low, high = paired(list(values), level=0.95, rng=rng, repeats=50_000)
    interval = theirs.confidence_interval
    return {"exact": exact, "bootstrap": max(abs(low - interval.low), abs(high - interval.high))}


def block_us(kind: str, rng: np.random.Generator) -> float:
    """Returns microseconds of one core for a block of 5 and both e-values after it: the middle of many sequences."""
    values = with_replacement(Kind(0.03, 0.03), 400, 1, rng)[:, 0].tolist()
    took = []
    for _ in range(25):
        seen = BettingSequence(population=400 if kind == "no replacement" else None)
        began = time.process_time()
        for start in range(0, 400, 5):
            seen.update(values[start : start + 5])
            seen.against_at_most(-DELTA)
            seen.against_at_least(-DELTA)
        took.append((time.process_time() - began) / 80 * 1e6)
    return float(np.median(took))

"""How far the lower bound lies below the mean, by the number of draws, beside bounds that may be looked at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.stats import beta, t

from stats.values import Kind, population, with_replacement, without_replacement
from suffice.stats.betting import BettingSequence, Numbers

ALPHA = 0.05
KINDS = (Kind(0.0, 0.0), Kind(0.01, 0.01), Kind(0.03, 0.03), Kind(0.1, 0.1), Kind(0.3, 0.3), Kind(0.5, 0.5))
AT = (20, 60, 100, 200, 400, 800)
SIZE = 400


def run(runs: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    rows = []
    for kind in KINDS:
        stream = with_replacement(kind, AT[-1], runs, rng)
        once = {"student": _student(stream, kind), "exact": _exact(stream, kind)}
        rows.append(
            {
                "kind": str(kind),
                "ours": _betting(stream, kind.mean, None),
                "bernstein": _bernstein(stream, kind),
                **once,
            }
        )
    finite = []
    for kind in KINDS[:-1]:
        values = population(kind, SIZE)
        stream = without_replacement(values, runs, rng)
        finite.append(
            {
                "kind": str(kind),
                "ours": _betting(stream, float(values.mean()), SIZE),
                "student": _student(stream, kind, SIZE),
            }
        )
    return {"runs": runs, "at": AT, "rows": rows, "size": SIZE, "finite": finite}


def _betting(stream: Numbers, mean: float, size: int | None) -> list[float | None]:
    found = np.full((len(AT), stream.shape[1]), np.nan)
    for run_ in range(stream.shape[1]):
        seen = BettingSequence(alpha=ALPHA, population=size)
        for start in range(0, len(stream), 4):
            seen.update(stream[start : start + 4, run_].tolist())
            if seen.n in AT:
                found[AT.index(seen.n), run_] = mean - seen.lower
    return [None if np.isnan(row).all() else float(row.mean()) for row in found]


def _bernstein(stream: Numbers, kind: Kind) -> list[float]:
    """The predictable plug-in empirical Bernstein sequence, valid at all times: Waudby-Smith and Ramdas, 3.2."""
    unit = (stream + 1) / 2
    n = np.arange(1, len(unit) + 1)[:, None]
    mean = (0.5 + np.cumsum(unit, axis=0)) / (n + 1)
    variance = (0.25 + np.cumsum((unit - mean) ** 2, axis=0)) / (n + 1)
    before = np.vstack([np.full((1, unit.shape[1]), 0.5), mean[:-1]])
    spread = np.vstack([np.full((1, unit.shape[1]), 0.25), variance[:-1]])
    stake = np.minimum(np.sqrt(2 * math.log(1 / ALPHA) / (spread * n * np.log1p(n))), 0.5)
    paid = np.cumsum((unit - before) ** 2 * (-np.log1p(-stake) - stake), axis=0)
    staked = np.cumsum(stake, axis=0)
    lower = (np.cumsum(stake * unit, axis=0) - math.log(1 / ALPHA) - paid) / staked
    best = np.maximum(np.maximum.accumulate(2 * lower - 1), -1.0)
    return [float((kind.mean - best[at - 1]).mean()) for at in AT]


def _student(stream: Numbers, kind: Kind, size: int | None = None) -> list[float | None]:
    found: list[float | None] = []
    for at in AT:
        if size is not None and at >= size:
            found.append(None)
            continue
        part = stream[:at]
        rest = 1.0 if size is None else math.sqrt(1 - at / size)
        half = t.ppf(1 - ALPHA, at - 1) * part.std(axis=0, ddof=1) / math.sqrt(at) * rest
        truth = kind.mean if size is None else float(stream.mean(axis=0)[0])
        found.append(float((truth - part.mean(axis=0) + half).mean()))
    return found


def _exact(stream: Numbers, kind: Kind) -> list[float]:
    """Clopper-Pearson on losses and on wins, half of alpha each: exact for one look at differences of -1, 0, 1."""
    found = []
    for at in AT:
        losses, wins = (stream[:at] < 0).sum(axis=0), (stream[:at] > 0).sum(axis=0)
        most_losses = np.where(
            losses == at, 1.0, beta.ppf(1 - ALPHA / 2, losses + 1, np.maximum(at - losses, 1))
        )
        least_wins = np.where(wins == 0, 0.0, beta.ppf(ALPHA / 2, np.maximum(wins, 1), at - wins + 1))
        found.append(float((kind.mean - (least_wins - most_losses)).mean()))
    return found

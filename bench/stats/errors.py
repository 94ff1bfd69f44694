"""Error under continuous peeking: in how many runs is the truth ever ruled out?"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import beta, norm

from stats.values import Kind, in_strata, population, with_replacement, without_replacement
from suffice.stats.betting import Capital, Numbers

ALPHA = 0.05
DELTAS = (0.0, 0.02, 0.05, 0.1)
SPREADS = (0.0, 0.02, 0.1, 0.3, 0.8)
HORIZON = 1_000
SIZES = (150, 400)
LOOKS = (20, 40, 60, 100, 150, 200, 300, 400, 600, 800, 1_000)


def run(runs: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    rows = []
    for delta in DELTAS:
        for spread in SPREADS:
            # Ties but for losses of delta, and as many more losses as wins.
            kind = Kind(delta + spread / 2, spread / 2)
            if kind.p_loss == 0:
                continue
            stream = with_replacement(kind, HORIZON, runs, rng)
            rows.append(_row("endless", kind, stream, per_block=1, tested=delta))
            for size in SIZES:
                values = population(kind, size)
                stream = without_replacement(values, runs, rng)
                rows.append(_row(f"{size}", kind, stream, values, per_block=1, tested=delta))
    uneven = [population(Kind(p, 0.0), 40) for p in (0.0, 0.0, 0.025, 0.3)]
    opposed = [
        population(kind, 60) for kind in (Kind(0.9, 0.0), Kind(0.0, 0.9), Kind(0.5, 0.4), Kind(0.1, 0.0))
    ]
    for name, strata in (
        ("losses in one of 4 strata only", uneven),
        ("strata that contradict each other", opposed),
    ):
        whole = np.concatenate(strata)
        kind = Kind(float((whole < 0).mean()), float((whole > 0).mean()))
        rows.append(_row(name, kind, in_strata(strata, runs, rng), whole, per_block=len(strata)))
    rows.append(_missing(runs, rng))
    return {"runs": runs, "rows": rows, "naive": naive(runs, rng)}


def _row(  # noqa: PLR0913 -- one row of a table
    how: str,
    kind: Kind,
    stream: Numbers,
    whole: Numbers | None = None,
    *,
    per_block: int,
    tested: float | None = None,
) -> dict[str, Any]:
    unit = (stream + 1) / 2
    mean, size = (kind.mean, None) if whole is None else (float(whole.mean()), whole.size)
    above = ever(unit, (1 + mean) / 2, size, per_block)
    below = ever(1 - unit, (1 - mean) / 2, size, per_block)
    row = {"how": how, "kind": str(kind), "mean": mean, "above": above, "below": below}
    return {**row, "grid": tested is not None, "tested": tested}


def ever(unit: Numbers, mean: float, size: int | None, per_block: int = 1) -> float:
    """Returns the share of runs whose capital against the truth ever reaches 1 / alpha."""
    capital = Capital(np.full(unit.shape[1], mean), population=size)
    over = np.zeros(unit.shape[1], dtype=bool)
    for start in range(0, len(unit), per_block):
        capital.update(unit[start : start + per_block])
        over |= capital.total >= 1 / ALPHA
    return float(over.mean())


def _missing(runs: int, rng: np.random.Generator) -> dict[str, Any]:
    """Half of the losses cannot be graded, and few of the rest: each run with its own bets, one after the other."""
    runs = min(runs, 2_000)
    values = np.array([-1.0] * 20 + [np.nan] * 20 + [1.0] * 4 + [0.0] * 146 + [np.nan] * 10)
    mean = float(np.nanmean(values))
    over = {1.0: 0, -1.0: 0}
    for _ in range(runs):
        order = rng.permutation(values)
        for sign in over:
            unit = (1 + sign * order) / 2
            capital = Capital(np.array([(1 + sign * mean) / 2]), population=values.size)
            for block in unit.reshape(-1, 4):
                capital.update(block)
                if capital.total[0] >= 1 / ALPHA:
                    over[sign] += 1
                    break
    kind = Kind(float((values < 0).sum()) / 170, 4 / 170)
    return {
        "how": "half of the losses have no verdict, 1 in 16 of the rest",
        "kind": str(kind),
        "mean": mean,
        "above": over[1.0] / runs,
        "below": over[-1.0] / runs,
        "grid": False,
    }


def naive(runs: int, rng: np.random.Generator) -> dict[str, Any]:
    """The same peeking with intervals that are made for one look: error by the number of draws so far."""
    kind = Kind(0.08, 0.03)
    stream = with_replacement(kind, HORIZON, runs, rng)
    n = np.arange(1, HORIZON + 1)[:, None]
    mean = np.cumsum(stream, axis=0) / n
    spread = np.sqrt(np.maximum(np.cumsum(stream**2, axis=0) / n - mean**2, 0) * n / np.maximum(n - 1, 1))
    normal = mean - norm.ppf(1 - ALPHA) * spread / np.sqrt(n) > kind.mean
    capital = Capital(np.full(runs, (1 + kind.mean) / 2))
    ours = np.zeros(stream.shape, dtype=bool)
    for at, values in enumerate(stream):
        capital.update(((values + 1) / 2)[None, :])
        ours[at] = capital.total >= 1 / ALPHA
    looked = slice(19, None)  # the first look is after 20 draws
    at = [look - 20 for look in LOOKS]
    return {
        "kind": str(kind),
        "looks": LOOKS,
        "normal": [float(x) for x in np.maximum.accumulate(normal[looked])[at].mean(axis=1)],
        "ours": [float(x) for x in np.maximum.accumulate(ours)[looked][at].mean(axis=1)],
        "failures_only": failures_only(runs, rng),
    }


def failures_only(runs: int, rng: np.random.Generator) -> list[float]:
    """Clopper-Pearson for one look, looked at after every draw: a failure rate of 5%, ever bounded below it."""
    failed = np.cumsum(rng.random((HORIZON, runs)) < 0.05, axis=0)
    n = np.arange(1, HORIZON + 1)
    table = np.array(
        [beta.ppf(1 - ALPHA, np.arange(200) + 1, np.maximum(m - np.arange(200), 1e-9)) for m in n]
    )
    below = table[n[:, None] - 1, np.minimum(failed, 199)] < 0.05
    return [float(x) for x in np.maximum.accumulate(below)[[look - 1 for look in LOOKS]].mean(axis=1)]

"""How many draws EQUIVALENT takes, beside the best fixed stake in hindsight and a size fixed in advance."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

from stats.values import Kind, population, with_replacement, without_replacement
from suffice.stats.betting import Capital, Numbers

ALPHA = 0.05
POWER = 0.8
CASES = (
    (Kind(0.0, 0.0), 0.05, None),
    (Kind(0.0, 0.0), 0.02, None),
    (Kind(0.01, 0.01), 0.05, None),
    (Kind(0.03, 0.03), 0.05, None),
    (Kind(0.03, 0.05), 0.05, None),
    (Kind(0.1, 0.1), 0.05, None),
    (Kind(0.2, 0.25), 0.05, None),
    (Kind(0.02, 0.02), 0.02, None),
    (Kind(0.0, 0.0), 0.05, 150),
    (Kind(0.03, 0.03), 0.05, 350),
    (Kind(0.03, 0.03), 0.02, 350),
    (Kind(0.12, 0.12), 0.05, 430),
    (Kind(0.014, 0.018), 0.05, 780),
    (Kind(0.014, 0.018), 0.02, 780),
)
SHARES = (1.0, 0.8, 0.6, 0.45, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.03)
HORIZON = 4_000


def run(runs: int, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    rows = []
    for kind, delta, size in CASES:
        if size is None:
            stream, truth = with_replacement(kind, HORIZON, runs, rng), kind
        else:
            values = population(kind, size)
            stream = without_replacement(values, runs, rng)
            truth = Kind(float((values < 0).mean()), float((values > 0).mean()))
        unit, m = (stream + 1) / 2, (1 - delta) / 2
        best = min(_mean_draws(_one_stake(unit, m, share, size), len(unit)) for share in SHARES)
        ours = _first(_ours(unit, m, size))
        rows.append(
            {
                "kind": str(kind),
                "delta": delta,
                "size": size,
                "best": best,
                "ours": float(np.minimum(ours, len(unit)).mean()),
                "middle": float(np.quantile(ours, 0.5)),
                "most": float(np.quantile(ours, 0.9, method="higher")),
                "fixed": fixed_size(truth, delta, size),
            }
        )
    return {"runs": runs, "power": POWER, "rows": rows}


def fixed_size(
    kind: Kind, delta: float, size: int | None, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Returns the size that a design with one look needs: the normal approximation, with the true mean and variance.

    In a finite population with its correction (Cochran, Sampling Techniques, section 4.4); none is needed without
    variance, which nobody knows in advance.
    """
    needed = (norm.ppf(1 - alpha) + norm.ppf(power)) ** 2 * kind.variance / (kind.mean + delta) ** 2
    return float(needed if size is None else needed / (1 + needed / size))


def _ours(unit: Numbers, m: float, size: int | None) -> Numbers:
    capital = Capital(np.full(unit.shape[1], m), population=size)
    found = np.empty(unit.shape)
    for at, values in enumerate(unit):
        capital.update(values[None, :])
        found[at] = capital.total
    return found


def _one_stake(unit: Numbers, m: float, share: float, size: int | None) -> Numbers:
    if size is None:
        against, shares = np.full(unit.shape, m), np.full((len(unit), 1), share)
    else:
        drawn = np.arange(len(unit))[:, None]
        before = np.cumsum(unit, axis=0) - unit
        against = np.maximum((size * m - before) / (size - drawn), 1e-12)
        shares = np.maximum(share, np.minimum(share * size / (size - drawn), 0.9))
    with np.errstate(divide="ignore"):
        return np.exp(np.minimum(np.cumsum(np.log(1 - shares + shares * unit / against), axis=0), 300))


def _first(capital: Numbers) -> Numbers:
    over = capital >= 1 / ALPHA
    return np.where(over.any(axis=0), over.argmax(axis=0) + 1.0, np.inf)


def _mean_draws(capital: Numbers, length: int) -> float:
    return float(np.minimum(_first(capital), length).mean())

"""What each rule makes of a played trial: which rows it certifies, and after how many units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from bakeoff.played import ALPHA, Played, Repeat
from suffice.stats.betting import Numbers
from suffice.stats.e_values import e_bh

Table = np.ndarray[tuple[int, int], np.dtype[np.object_]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
POWER = 0.8
SCREEN = 20


@dataclass(frozen=True)
class Ending:
    """How one row ended."""

    certified: bool
    units: int
    worse: bool = False
    dropped: bool = False


def alone(row: Played, cap: float) -> Ending:
    """Stops at the row's own verdict, the drop, or the cap."""
    for at, asked in enumerate(row.asked):
        last = at + 1 == len(row.asked) or row.asked[at + 1] > cap
        if row.dropped[at]:
            return Ending(certified=False, units=int(asked), worse=bool(row.worse[at]), dropped=True)
        if row.equivalent[at] or last:
            return Ending(certified=bool(row.equivalent[at]), units=int(asked))
    raise AssertionError("a bucket has at least one round")


def together(repeat: Repeat, cap: float) -> dict[tuple[str, str], Ending]:
    """Sweeps as the runner does: an EQUIVALENT row goes on until e-BH over all rows certifies it, or the cap."""
    at = dict.fromkeys(repeat, -1)
    believed = dict.fromkeys(repeat, False)
    while True:
        open_ = [key for key, row in repeat.items() if _goes_on(row, at[key], cap, certified=believed[key])]
        if not open_:
            break
        for key in open_:
            at[key] += 1
        answers = e_bh([float(row.e_value[at[key]]) for key, row in repeat.items()], alpha=ALPHA)
        believed = dict(zip(repeat, answers, strict=True))
    return {key: _ended(row, at[key], certified=believed[key]) for key, row in repeat.items()}


def _goes_on(row: Played, at: int, cap: float, *, certified: bool) -> bool:
    if at < 0:
        return True
    if row.dropped[at] or (row.equivalent[at] and certified):
        return False
    return at + 1 < len(row.asked) and row.asked[at + 1] <= cap


def _ended(row: Played, at: int, *, certified: bool) -> Ending:
    dropped = bool(row.dropped[at])
    return Ending(
        certified=bool(certified and row.equivalent[at] and not dropped),
        units=int(row.asked[at]),
        worse=bool(row.worse[at]),
        dropped=dropped,
    )


def fixed_size(values: Numbers, delta: float) -> int:
    """Returns the size of a design with one look for this row: no difference assumed, the true variance known.

    Normal approximation, finite population correction (Cochran, Sampling Techniques, section 4.4); at least 20, at most
    the bucket.
    """
    size = len(values)
    needed = (norm.ppf(1 - ALPHA) + norm.ppf(POWER)) ** 2 * float(values.var()) / delta**2
    return min(size, max(SCREEN, math.ceil(needed / (1 + needed / size))))


def fixed(row: Played, size: int, delta: float) -> Ending:
    """Looks once, at Student's t with the finite population correction; the mean itself where that is the bucket."""
    part, whole = row.drawn[:size], len(row.drawn)
    left = max(0.0, 1 - len(part) / whole)
    spread = part.std(ddof=1) * math.sqrt(left / len(part))
    lower = part.mean() - t.ppf(1 - ALPHA, len(part) - 1) * spread
    return Ending(certified=bool(lower > -delta), units=len(part))


def point_estimate(row: Played, delta: float) -> Ending:
    """Twenty calls, and the mean difference lies within the tolerance."""
    return Ending(certified=bool(row.drawn[:SCREEN].mean() >= -delta), units=SCREEN)


def clean(row: Played) -> Ending:
    """Twenty calls, and the candidate is worse in none of them."""
    return Ending(certified=bool((row.drawn[:SCREEN] >= 0).all()), units=SCREEN)


def every_rule(repeat: Repeat, sizes: dict[tuple[str, str], int], delta: float) -> dict[str, list[Ending]]:
    """Returns the endings of each rule, in the order of the rows."""
    found = {}
    for name, cap in CAPS.items():
        found[f"single verdict, {name}"] = [alone(row, cap) for row in repeat.values()]
    for name, cap in CAPS.items():
        found[f"e-BH, {name}"] = list(together(repeat, cap).values())
    found[FIXED] = [fixed(row, sizes[key], delta) for key, row in repeat.items()]
    found[NAIVE] = [point_estimate(row, delta) for row in repeat.values()]
    found[CLEAN] = [clean(row) for row in repeat.values()]
    return found


CAPS = {"at most 100": 100, "at most 200": 200, "whole bucket": math.inf}
FIXED = "fixed size, one look"
NAIVE = "20 calls, mean within tolerance"
CLEAN = "20 of 20 not worse"
SINGLE_200 = "single verdict, at most 200"
SINGLE_WHOLE = "single verdict, whole bucket"
E_BH_WHOLE = "e-BH, whole bucket"


def totals(endings: Table, good: Flags, per_bucket: int) -> dict[str, float]:
    """Sums one rule up.

    Args:
        endings: Shape (repeats, rows), the candidates of a bucket side by side.
        good: Which rows are truly equivalent, shape (rows,).
        per_bucket: Candidates of a bucket: they share the baseline's calls.
    """
    certified = np.vectorize(lambda one: one.certified)(endings).astype(bool)
    units = np.vectorize(lambda one: one.units)(endings).astype(float)
    dropped = np.vectorize(lambda one: one.dropped)(endings).astype(bool)
    issued = certified.sum(axis=1)
    wrong = certified[:, ~good].sum(axis=1)
    baseline = units.reshape(len(units), -1, per_bucket).max(axis=2).sum(axis=1)
    return {
        "issued": float(issued.mean()),
        "wrong_of_issued": float(wrong.sum() / max(1, issued.sum())),
        "wrong_of_bad": float(certified[:, ~good].mean()),
        "worst_row": float(certified[:, ~good].mean(axis=0).max()),
        "found": float(certified[:, good].mean()),
        "good_dropped": float(dropped[:, good].mean()),
        "units_good": float(units[:, good].mean()),
        "units_bad": float(units[:, ~good].mean()),
        "calls": float((units.sum(axis=1) + baseline).mean()),
    }

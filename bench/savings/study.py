"""One cell of the study: how often each interval covers the truth."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass

import numpy as np

from savings.population import Sessions, Week, draw
from suffice.stats.adjustment import adjusted_means
from suffice.stats.holdout import Arm, Stratum, total_difference

LEVEL = 0.95
_Z = 1.959964


@dataclass(frozen=True)
class Cell:
    """One combination of the study."""

    sessions: int
    holdout: float
    tail: str
    verbosity: float
    repeats: int

    @property
    def name(self) -> str:
        return f"{self.sessions}-{self.holdout:.2f}-{self.tail.replace(' ', '_')}-{self.verbosity}-{self.repeats}"


def measure(week: Week, cell: Cell) -> dict[str, object]:
    """Returns a cell's figures; the same dice each time."""
    rng = np.random.default_rng(zlib.crc32(cell.name.encode()))
    rows = [row for _ in range(cell.repeats) if (row := _once(week, cell, rng)) is not None]
    low, high, estimate, truth, plain_low, plain_high, modelled, billable = np.array(rows, float).T
    return {
        **asdict(cell),
        "intervals": len(rows),
        "covered": float(((low <= truth) & (truth <= high)).mean()),
        "not_overbilled": float((low <= truth).mean()),
        "bias": float((estimate - truth).mean() / truth.mean()),
        "width": float(np.median((high - low) / truth)),
        "verified_share": float(np.median(np.maximum(low, 0) / truth)),
        "plain_covered": float(((plain_low <= truth) & (truth <= plain_high)).mean()),
        "modelled_bias": float((modelled - truth).mean() / truth.mean()),
        "billable_share": float(billable.mean()),
    }


def _once(week: Week, cell: Cell, rng: np.random.Generator) -> tuple[float, ...] | None:
    drawn = draw(week, cell.sessions, cell.tail, cell.verbosity, rng)
    routed = rng.random(cell.sessions) >= cell.holdout
    cost = np.where(routed, drawn.candidate, drawn.baseline)
    strata, counted = [], np.zeros(cell.sessions, bool)
    for number in range(week.use_cases):
        of = drawn.use_case == number
        stratum = Stratum(
            holdout=Arm(cost[of & ~routed], drawn.predicted[of & ~routed]),
            treated=Arm(cost[of & routed], drawn.predicted[of & routed]),
        )
        # What the product does: a use case whose arms are too small is modelled and not billed.
        if stratum.usable:
            strata.append(stratum)
            counted |= of & routed
    if not strata:
        return None
    truth = float((drawn.baseline - drawn.candidate)[counted].sum())
    found = total_difference(strata, level=LEVEL, rng=rng)
    plain = _plain(strata)
    return (
        found.low, found.high, found.estimate, truth, *plain, _modelled(drawn, counted),
        counted.sum() / max(routed.sum(), 1),
    )  # fmt: skip


def _modelled(drawn: Sessions, counted: np.ndarray) -> float:
    return float((drawn.modelled - drawn.candidate)[counted].sum())


def _plain(strata: list[Stratum]) -> tuple[float, float]:
    """The control: the same estimate with a normal interval."""
    estimate = variance = 0.0
    for one in strata:
        at = float(np.concatenate([one.holdout.covariate, one.treated.covariate]).mean())
        before, after = (
            adjusted_means(arm.outcome[None], arm.covariate[None], at) for arm in (one.holdout, one.treated)
        )
        units = len(one.treated.outcome)
        estimate += units * float(before.mean[0] - after.mean[0])
        variance += units**2 * float(before.variance[0] + after.variance[0])
    return estimate - _Z * variance**0.5, estimate + _Z * variance**0.5

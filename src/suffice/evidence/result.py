"""LEARN: what a trial has found so far for one use case and one candidate, as one value."""

from __future__ import annotations

from typing import Literal

import msgspec

Verdict = Literal["EQUIVALENT", "WORSE", "INCONCLUSIVE"]
"""EQUIVALENT: the lower bound of the difference lies above -delta. WORSE: the upper bound lies below it. INCONCLUSIVE:
neither."""


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """How far the baseline disagrees with itself: the A/A noise floor."""

    n: int
    """Units that the baseline answered twice with a verdict on both."""
    mean_absolute: float | None
    """Mean of |second - first| score, in [0, 1]; `None` without units."""


class TrialResult(msgspec.Struct, frozen=True, kw_only=True):
    """One use case x candidate of a trial. Differences are candidate minus baseline, in [-1, 1]."""

    trial: str
    """The trial's id."""
    bucket: str
    baseline: str
    """The catalog's name."""
    candidate: str
    """The catalog's name."""
    grader: str
    grader_version: str
    advisory: bool = False
    """The grader may inform, but no certificate rests on it."""
    delta: float
    """Tolerance, in (0, 1]."""
    alpha: float
    """Error of each one-sided bound."""
    population: int
    """Units of the bucket that could have been drawn."""
    set_aside: int = 0
    """Calls of the bucket that fill up no stratum and so were never to be drawn."""
    n: int
    """Units with a verdict, in whole blocks of one unit of each stratum."""
    asked: int = 0
    """Units in whole blocks, those without a verdict included."""
    no_verdict: int = 0
    """Units asked whose answers could not be graded; they are in no mean."""
    no_verdict_reasons: dict[str, int] = {}
    mean: float | None
    lower: float
    """One-sided, valid at every moment (confidence sequence)."""
    upper: float
    """The same."""
    lower_if_lost: float | None = None
    """`lower` if every unit without a verdict had been a loss of 1: the worst that they can hide."""
    e_value: float
    """Evidence against "mean difference <= -delta": what e-BH takes."""
    e_worse: float
    """Evidence against "mean difference >= -delta"."""
    flagship_better: bool
    """The baseline is demonstrably better: `upper` < 0."""
    verdict: Verdict
    noise: Noise
    baseline_score: float | None = None
    """Mean score where the grader gives one to each answer."""
    candidate_score: float | None = None
    baseline_cost_nanos: int | None = None
    """Mean cost of a call of this bucket, in nano-dollars; `None` where a price is unknown."""
    candidate_cost_nanos: int | None = None
    output_ratio: float | None = None
    """Mean output tokens of the candidate over the baseline's."""
    spent_nanos: int = 0
    """What the trial's own calls for this row cost, grading included."""
    calls_per_month: float | None = None
    monthly_saving_nanos: int | None = None
    """At the bucket's volume, cost at stake; `None` where unknown."""
    expected_more: int | None = None
    """Samples that it is expected to need to a verdict; `None` if decided or if it cannot be said."""
    dropped: str | None = None
    """Why sampling ended early for this candidate (clearly worse, a grader that fails), or `None`."""
    sample_digest: str = ""
    """Digest of the drawn units' ids."""
    price_date: str = ""
    """ISO date of the prices."""
    history: tuple[tuple[int, float, float, float], ...] = ()
    """(n, mean, lower, upper) after each round, for the plot."""

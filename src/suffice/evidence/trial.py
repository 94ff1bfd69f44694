"""LEARN: the sequential state of one use case x candidate. Pure: takes graded units, says what they show so far.

What a unit without a verdict means (a call that failed, an answer that could not be graded):

1. It is in no mean and counted with its reason. The bounds hold for the mean over the units that have a verdict or
   would have one, whatever the others are and why (`suffice.stats.betting`, "No verdict").
2. That leaves out what the missing ones would have shown. So the lower bound is computed again with each of them as
   the worst that could be, a loss of 1 (`lower_if_lost`), and shown beside the other.
3. Where more than one unit in ten is missing, only the worst case can make a verdict EQUIVALENT.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from suffice.evidence.result import Noise, TrialResult, Verdict
from suffice.evidence.sample import digest_of
from suffice.stats.betting import BettingSequence

MOST_MISSING = 0.1
"""Share of asked units without a verdict above which only the worst case counts. House heuristic."""
SCREEN_AGAINST = 5.0
"""Evidence against "no worse than the tolerance" from which the screen drops a candidate. By Ville's inequality one
that is just within the tolerance is dropped with a probability of at most 1 in 5, a good one far more rarely; dropping
proves nothing and costs no certificate its validity. House heuristic."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one row of a trial tests."""

    trial: str
    bucket: str
    baseline: str
    """The catalog's name."""
    candidate: str
    """The catalog's name."""
    grader: str
    grader_version: str
    advisory: bool = False
    delta: float
    alpha: float
    population: int
    """Units that could have been drawn; a multiple of `strata`."""
    strata: int = 1
    whole: bool = True
    """Whether sampling can reach all of them; if not, bounds take the population for endless."""
    set_aside: int = 0
    calls_per_month: float | None = None
    price_date: str = ""


class Graded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One unit of a row: what its grader found, or why it found nothing."""

    unit: str
    d: float | None
    """Candidate minus baseline, in [-1, 1]; `None` is no verdict."""
    reason: str = ""
    """In words; where there is no verdict one snake_case code, and after a colon detail."""
    baseline_score: float | None = None
    candidate_score: float | None = None
    baseline_cost_nanos: int | None = None
    candidate_cost_nanos: int | None = None
    baseline_tokens: int | None = None
    """Output tokens."""
    candidate_tokens: int | None = None
    grading_nanos: int = 0

    @property
    def code(self) -> str:
        """The reason's code."""
        return self.reason.partition(":")[0].strip()


class _Mean:
    """A mean of what is known; `None` if nothing is."""

    def __init__(self) -> None:
        self._sum: float = 0
        self._count = 0

    def add(self, value: float | None) -> None:
        if value is not None:
            self._sum += value
            self._count += 1

    @property
    def value(self) -> float | None:
        return self._sum / self._count if self._count else None

    @property
    def nanos(self) -> int | None:
        return round(self._sum / self._count) if self._count else None


class Trial:
    """One use case x candidate: add what was graded, ask what it shows.

    Args:
        row: What is tested.
    """

    def __init__(self, row: Row) -> None:
        self.row = row
        self.differences: list[float | None] = []
        """Those of whole blocks, in order."""
        self._pending: list[Graded] = []
        self._sequence, self._worst = self._new_sequence(), self._new_sequence()
        self.missing: Counter[str] = Counter()
        """Units without a verdict, by the reason's code."""
        self._noise = _Mean()
        self._noise_count = 0
        self._units: list[str] = []
        self._means = {name: _Mean() for name in _AVERAGED}
        self._history: list[tuple[int, float, float, float]] = []

    def _new_sequence(self) -> BettingSequence:
        population = self.row.population if self.row.whole else None
        return BettingSequence(low=-1.0, high=1.0, alpha=self.row.alpha, population=population)

    def add(self, graded: Sequence[Graded]) -> None:
        """Takes units in the order in which they were drawn. They count once their block is whole."""
        self._pending += graded
        strata = self.row.strata
        whole = len(self._pending) // strata * strata
        for start in range(0, whole, strata):
            self._add_block(self._pending[start : start + strata])
        self._pending = self._pending[whole:]
        if whole and self.n:
            self._history.append((self.n, self._sequence.mean or 0.0, self.lower, self.upper))

    def _add_block(self, block: Sequence[Graded]) -> None:
        values = [unit.d for unit in block]
        self.differences += values
        self._sequence.update(values)
        self._worst.update([-1.0 if value is None else value for value in values])
        for unit in block:
            self._units.append(unit.unit)
            for name, mean in self._means.items():
                mean.add(getattr(unit, name))
            if unit.d is None:
                self.missing[unit.code or "no_verdict"] += 1

    def add_noise(self, difference: float | None) -> None:
        """Takes the difference of the baseline's two answers to one unit; `None`, no verdict, is in no mean."""
        if difference is not None:
            self._noise.add(abs(difference))
            self._noise_count += 1

    @property
    def asked(self) -> int:
        """Units in whole blocks, those without a verdict included."""
        return len(self._units)

    @property
    def n(self) -> int:
        """Units with a verdict."""
        return self._sequence.n

    @property
    def lower(self) -> float:
        """One-sided lower bound of the mean difference."""
        return self._sequence.lower

    @property
    def upper(self) -> float:
        """One-sided upper bound."""
        return self._sequence.upper

    @property
    def no_verdict(self) -> int:
        """Units without one."""
        return sum(self.missing.values())

    @property
    def missing_share(self) -> float:
        """Share of the asked units that has no verdict; 0 before any was asked."""
        return self.no_verdict / self.asked if self.asked else 0.0

    @property
    def e_value(self) -> float:
        """Evidence against "mean difference <= -delta"; of the worst case where too many units are missing."""
        sequence = self._worst if self.missing_share > MOST_MISSING else self._sequence
        return sequence.against_at_most(-self.row.delta)

    @property
    def e_worse(self) -> float:
        """Evidence against "mean difference >= -delta"."""
        return self._sequence.against_at_least(-self.row.delta)

    @property
    def verdict(self) -> Verdict:
        """What has been shown so far."""
        if self.upper < -self.row.delta:
            return "WORSE"
        lower = self._worst.lower if self.missing_share > MOST_MISSING else self.lower
        return "EQUIVALENT" if lower > -self.row.delta else "INCONCLUSIVE"

    @property
    def clearly_worse(self) -> bool:
        """Whether the screen drops this candidate: WORSE, or on the way there; see `SCREEN_AGAINST`."""
        return self.verdict == "WORSE" or self.e_worse >= SCREEN_AGAINST

    def result(
        self, *, spent_nanos: int = 0, expected_more: int | None = None, dropped: str | None = None
    ) -> TrialResult:
        """Returns what has been found so far.

        Args:
            spent_nanos: What the calls and the grading for this row cost.
            expected_more: Units that it is expected to need to a verdict.
            dropped: Why sampling ended early, if it did.
        """
        row, means = self.row, self._means
        baseline, candidate = means["baseline_cost_nanos"].nanos, means["candidate_cost_nanos"].nanos
        return TrialResult(
            trial=row.trial,
            bucket=row.bucket,
            baseline=row.baseline,
            candidate=row.candidate,
            grader=row.grader,
            grader_version=row.grader_version,
            advisory=row.advisory,
            delta=row.delta,
            alpha=row.alpha,
            population=row.population,
            set_aside=row.set_aside,
            n=self.n,
            asked=self.asked,
            no_verdict=self.no_verdict,
            no_verdict_reasons=dict(self.missing.most_common()),
            mean=self._sequence.mean,
            lower=self.lower,
            upper=self.upper,
            lower_if_lost=self._worst.lower,
            e_value=self.e_value,
            e_worse=self.e_worse,
            flagship_better=self.upper < 0,
            verdict=self.verdict,
            noise=Noise(n=self._noise_count, mean_absolute=self._noise.value),
            baseline_score=means["baseline_score"].value,
            candidate_score=means["candidate_score"].value,
            baseline_cost_nanos=baseline,
            candidate_cost_nanos=candidate,
            output_ratio=_ratio(means["candidate_tokens"].value, means["baseline_tokens"].value),
            spent_nanos=spent_nanos,
            calls_per_month=row.calls_per_month,
            monthly_saving_nanos=_monthly(baseline, candidate, row.calls_per_month),
            expected_more=expected_more if self.verdict == "INCONCLUSIVE" else None,
            dropped=dropped,
            sample_digest=digest_of(self._units),
            price_date=row.price_date,
            history=tuple(self._history),
        )


def _ratio(more: float | None, tokens: float | None) -> float | None:
    return more / tokens if tokens and more is not None else None


def _monthly(baseline_nanos: int | None, candidate_nanos: int | None, calls: float | None) -> int | None:
    if baseline_nanos is None or candidate_nanos is None or calls is None:
        return None
    return round((baseline_nanos - candidate_nanos) * calls)


_AVERAGED = (
    "baseline_score",
    "candidate_score",
    "baseline_cost_nanos",
    "candidate_cost_nanos",
    "baseline_tokens",
    "candidate_tokens",
)

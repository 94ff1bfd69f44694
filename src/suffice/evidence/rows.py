"""LEARN: the rows of a trial under way: how far each is, whether anything more is to be asked, and what it has cost.

All of it is a function of what was graded, so that a trial goes on after a kill as if there had been none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from suffice.evidence.asking import INTERRUPTED, JUDGE
from suffice.evidence.caller import Target
from suffice.evidence.grading import PairScorer, Scorer
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.result import TrialResult
from suffice.evidence.trial import Graded, Row, Trial
from suffice.stats.e_values import e_bh
from suffice.stats.forecast import expected_samples
from suffice.store.trials import TrialStore

ROUND = 20
"""Units that every open row takes in a sweep; the first is the screen."""
MOST_UNREADABLE = 0.5
_FORECAST_REPEATS = 100


class RowView(msgspec.Struct, frozen=True, kw_only=True):
    """How far a row is, for whoever watches."""

    bucket: str
    candidate: str
    """The catalog's name."""
    asked: int
    """Units that are graded, those of the round under way included."""
    units: int
    """Units that there are to ask."""
    result: TrialResult
    """As of the last whole round."""
    ended: str | None
    """Why nothing more is asked, in words; `None` while it is open."""


class OpenRow:
    """A row under way."""

    def __init__(self, plan: Plan, bucket: PlannedBucket, planned: PlannedRow) -> None:
        self.planned = planned
        self.target = Target.parse(planned.candidate)
        self.trial = Trial(row_of(plan, bucket, planned))
        self.place = 0
        """Units whose round is over."""
        self.dropped: str | None = None
        self.graded: dict[str, Graded] = {}
        self.result = self.trial.result()

    def judged(self, *, certified: bool, units: int) -> str | None:
        """Returns why nothing more is to be asked, or `None`."""
        if self.dropped is not None:
            return self.dropped
        if not self.place:
            return None
        trial = self.trial
        # A killed process says nothing of the grader, the candidate or the provider.
        unreadable = trial.no_verdict - trial.missing[INTERRUPTED]
        if unreadable > MOST_UNREADABLE * trial.asked:
            ((most, _),) = (trial.missing - Counter({INTERRUPTED: trial.asked})).most_common(1)
            self.dropped = f"{unreadable} of {trial.asked} units have no verdict, most of them: {most}"
        elif self.trial.verdict == "WORSE" or (self.place <= ROUND and self.trial.clearly_worse):
            self.dropped = f"clearly worse after {self.trial.asked} units"
        elif self.trial.verdict == "EQUIVALENT" and (certified or self.trial.row.advisory):
            return "equivalent"
        elif self.place >= units:
            return "all units asked"
        return self.dropped


class OpenBucket:
    """A use case under way."""

    def __init__(self, plan: Plan, planned: PlannedBucket, scorer: Scorer | PairScorer) -> None:
        self.planned = planned
        self.scorer = scorer
        self.baseline = Target.parse(planned.baseline)
        self.rows = [OpenRow(plan, planned, row) for row in planned.tried]
        self.noise: dict[str, float | None] = {}


class OpenRows:
    """All rows of a trial: they are judged together.

    Args:
        plan: Of the trial.
        buckets: Those in which something is tried.
    """

    def __init__(self, plan: Plan, buckets: Sequence[OpenBucket]) -> None:
        self._plan = plan
        self._buckets = buckets

    def open(self) -> list[tuple[OpenBucket, list[OpenRow]]]:
        """Returns the rows that have not ended, by use case; empty if all have."""
        certified = self._certified()
        found = [
            (bucket, [row for row in bucket.rows if self._ended(bucket, row, certified) is None])
            for bucket in self._buckets
        ]
        return [(bucket, rows) for bucket, rows in found if rows]

    def results(self, spent: Mapping[tuple[str, str], int], *, forecast: bool = False) -> list[TrialResult]:
        """Returns what was found so far, and lets every row remember it.

        Args:
            spent: What the calls of each row cost, by bucket and candidate.
            forecast: Say as well how many more units each is expected to need.
        """
        results = []
        for bucket in self._buckets:
            for row in bucket.rows:
                row.result = row.trial.result(
                    spent_nanos=spent[bucket.planned.bucket, row.planned.candidate]
                    + sum(graded.grading_nanos for graded in row.graded.values()),
                    expected_more=expected_more(row.trial, self._plan.seed) if forecast else None,
                    dropped=row.dropped,
                )
                results.append(row.result)
        return results

    def views(self) -> list[RowView]:
        """Returns how far each row is."""
        certified = self._certified()
        return [
            RowView(
                bucket=bucket.planned.bucket,
                candidate=row.planned.name,
                asked=max(row.place, len(row.graded)),
                units=len(bucket.planned.units),
                result=row.result,
                ended=self._ended(bucket, row, certified),
            )
            for bucket in self._buckets
            for row in bucket.rows
        ]

    def _certified(self) -> dict[int, bool]:
        """Returns which rows e-BH would certify now, by the row's identity; all count, as they do for certificates."""
        rows = [row for bucket in self._buckets for row in bucket.rows]
        evidence = [0.0 if row.trial.row.advisory else row.trial.e_value for row in rows]
        believed = e_bh(evidence, alpha=self._plan.alpha) if rows else ()
        return {id(row): one for row, one in zip(rows, believed, strict=True)}

    def _ended(self, bucket: OpenBucket, row: OpenRow, certified: Mapping[int, bool]) -> str | None:
        return row.judged(certified=certified.get(id(row), False), units=len(bucket.planned.units))


def row_of(plan: Plan, bucket: PlannedBucket, planned: PlannedRow) -> Row:
    """Returns what one row of a plan tests."""
    return Row(
        trial=plan.id,
        bucket=bucket.bucket,
        baseline=bucket.baseline_name,
        candidate=planned.name,
        grader=bucket.grader_name,
        grader_version=bucket.grader_version,
        advisory=bucket.advisory,
        delta=plan.delta,
        alpha=plan.alpha,
        population=bucket.population,
        strata=bucket.strata,
        whole=bucket.whole,
        set_aside=bucket.set_aside,
        calls_per_month=bucket.calls_per_month,
        price_date=plan.price_date,
    )


def expected_more(trial: Trial, seed: int) -> int | None:
    """Returns how many more units a row is expected to need to a verdict; `None` if it has one or that cannot be said.

    Args:
        trial: Of the row.
        seed: Of the dice.
    """
    seen = [value for value in trial.differences if value is not None]
    if trial.verdict != "INCONCLUSIVE" or not seen:
        return None
    row = trial.row
    forecast = expected_samples(
        seen,
        delta=row.delta,
        alpha=row.alpha,
        # What was asked without a verdict cannot be drawn again.
        population=row.population - trial.no_verdict if row.whole else None,
        rng=np.random.default_rng(seed),
        repeats=_FORECAST_REPEATS,
        seen=seen,
    )
    # 0: those with a verdict would do, and what is missing stands against it.
    return forecast.draws[1] or None


def spent_by_row(plan: Plan, store: TrialStore) -> dict[tuple[str, str], int]:
    """Returns what the calls of each row cost, by bucket and candidate: its own, and its share of the baseline's.

    What graders spent is not in it.
    """
    bucket_of = {unit.id: bucket.bucket for bucket in plan.buckets for unit in bucket.units}
    by_model: dict[tuple[str, str], int] = {}
    for call in store.calls(plan.id):
        if call.unit in bucket_of and not call.model.startswith(JUDGE):
            key = (bucket_of[call.unit], call.model)
            by_model[key] = by_model.get(key, 0) + call.spent_nanos
    spent = {}
    for bucket in plan.buckets:
        shared = by_model.get((bucket.bucket, bucket.baseline), 0)
        for place, row in enumerate(bucket.tried):
            # Whole nano-dollars: the first rows take what does not divide.
            share = shared // len(bucket.tried) + (place < shared % len(bucket.tried))
            spent[bucket.bucket, row.candidate] = share + by_model.get((bucket.bucket, row.candidate), 0)
    return spent

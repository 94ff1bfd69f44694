"""LEARN: runs a planned trial: asks, grades, and stops where there is a verdict, or nothing more may be spent.

Sweeps. In each, every row that is still open takes the next round of 20 units; then all rows are judged together:

1. WORSE, or after the first round on the way there (the screen): the candidate is dropped, the others of the use case
   go on.
2. More than half of the units without a verdict, those of killed processes aside: the row stops and says why.
3. EQUIVALENT, and e-BH over all rows certifies it: done. If e-BH would not yet certify it, sampling goes on.
4. All units asked: done.

Whatever is known is read from the journal first, and all that a sweep decides is a function of what the journal holds:
a trial that was killed goes on as if it had not been, but for the calls whose answers were lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec
import numpy as np

from suffice.errors import StoreError, SufficeError
from suffice.evidence.asking import (
    INTERRUPTED,
    JUDGE,
    Answer,
    AskedOf,
    Desk,
    MostNanos,
    NotAskedError,
    Unit,
    as_logged,
    at_work,
)
from suffice.evidence.caller import Caller, Target
from suffice.evidence.compare import difference
from suffice.evidence.grading import Answered, Ask, PairScorer, Sample, Scorer
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.result import TrialResult
from suffice.evidence.sample import Unit as DrawnUnit
from suffice.evidence.spending import Budget
from suffice.evidence.trial import Graded, Row, Trial
from suffice.stats.e_values import e_bh
from suffice.stats.forecast import expected_samples
from suffice.store.trials import State, TrialStore
from suffice.types import LoggedCall

ROUND = 20
"""Units that every open row takes in a sweep; the first is the screen."""
MOST_UNREADABLE = 0.5
NOISE = "baseline"
"""In place of the candidate, in the grades of the baseline's second answers."""
_FORECAST_REPEATS = 100


class Traffic(Protocol):
    """Where requests come from."""

    def get(self, ids: Sequence[str]) -> list[LoggedCall]:
        """Returns the logged calls of these ids; one that is not there is left out."""
        ...


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


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is over."""

    results: tuple[TrialResult, ...]
    state: State
    said: str
    """Why it is over, in words."""
    spent_nanos: int


class Deps(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs from outside."""

    traffic: Traffic
    store: TrialStore
    caller: Caller
    grader_of: Callable[[PlannedBucket, Ask], Scorer | PairScorer]
    """Makes the grader of a bucket."""
    most_nanos: MostNanos
    name_of: Callable[[str], str]
    """The catalog's name of a model."""
    now_ns: Callable[[], int]
    max_nanos: int
    """The spend cap, over all runs of the trial together."""
    asked_of: AskedOf = as_logged
    """A unit's request as a model is asked it."""
    graders_at_once: int = 4
    """Units that are graded at the same time: each may run a program, or ask a judge twice."""
    told: Callable[[Sequence[RowView], int], None] = lambda _rows, _spent: None
    """Told of every unit that is graded: how far all rows are, and what is spent."""


async def run(plan: Plan, deps: Deps, *, started: Callable[[Desk], None] = lambda _: None) -> Finished:
    """Runs a trial to its end, its cap or a pause; takes up what earlier runs have left.

    Args:
        plan: As it was stored.
        deps: What it needs.
        started: Handed the desk, whose `stop` ends the run in good order.

    Raises:
        StoreError: The journal cannot be written, or another process runs this trial.
        ConfigError: A grader cannot be used.
    """
    with deps.store.running(plan.id):
        budget = Budget(cap_nanos=deps.max_nanos, spent_nanos=deps.store.spent_nanos(plan.id))
        desk = Desk(
            plan.id,
            deps.store,
            deps.caller,
            budget,
            most_nanos=deps.most_nanos,
            name_of=deps.name_of,
            asked_of=deps.asked_of,
            now_ns=deps.now_ns,
        )
        started(desk)
        deps.store.say(plan.id, "running")
        return await _Run(plan, deps, desk).whole()


class _OpenRow:
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


class _Bucket:
    """A use case under way."""

    def __init__(self, plan: Plan, planned: PlannedBucket, scorer: Scorer | PairScorer) -> None:
        self.planned = planned
        self.scorer = scorer
        self.baseline = Target.parse(planned.baseline)
        self.rows = [_OpenRow(plan, planned, row) for row in planned.tried]
        self.noise: dict[str, float | None] = {}


class _Run:
    def __init__(self, plan: Plan, deps: Deps, desk: Desk) -> None:
        self._plan = plan
        self._deps = deps
        self._desk = desk
        self._store = deps.store
        self._grading = asyncio.Semaphore(deps.graders_at_once)
        self._buckets = [
            _Bucket(plan, bucket, deps.grader_of(bucket, desk.judge))
            for bucket in plan.buckets
            if bucket.tried
        ]
        for bucket in self._buckets:
            for row in bucket.rows:
                stored = self._store.grades(plan.id, bucket.planned.bucket, row.planned.candidate)
                row.graded = {unit: msgspec.json.decode(one, type=Graded) for unit, one in stored.items()}
            stored = self._store.grades(plan.id, bucket.planned.bucket, NOISE)
            bucket.noise = {unit: msgspec.json.decode(one, type=Graded).d for unit, one in stored.items()}

    async def whole(self) -> Finished:
        """Sweeps until every row has ended, or the trial halts."""
        while self._desk.halt is None and (open_ := self._open()):
            await self._sweep(open_)
            self._keep()
        halt = self._desk.halt if self._open() else None
        state: State = "done" if halt is None else halt.state
        said = "every row has ended" if halt is None else halt.said
        self._store.say(self._plan.id, state, said)
        results = self._results(forecast=True)
        self._put(results)
        return Finished(
            results=tuple(results),
            state=state,
            said=said,
            spent_nanos=self._store.spent_nanos(self._plan.id),
        )

    async def _sweep(self, open_: Sequence[tuple[_Bucket, Sequence[_OpenRow]]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for bucket, rows in open_:
                    group.create_task(self._round(bucket, rows))
        except BaseExceptionGroup as failed:
            # What one task raises ends the others; whoever called us is told of that one.
            raise (_first(failed) or failed) from failed

    def _certified(self) -> dict[int, bool]:
        """Returns which rows e-BH would certify now, by the row's identity."""
        rows = [row for bucket in self._buckets for row in bucket.rows if not row.trial.row.advisory]
        believed = e_bh([row.trial.e_value for row in rows], alpha=self._plan.alpha) if rows else ()
        return {id(row): one for row, one in zip(rows, believed, strict=True)}

    def _ended(self, bucket: _Bucket, row: _OpenRow, certified: Mapping[int, bool]) -> str | None:
        return row.judged(certified=certified.get(id(row), False), units=len(bucket.planned.units))

    def _open(self) -> list[tuple[_Bucket, list[_OpenRow]]]:
        certified = self._certified()
        found = [
            (bucket, [row for row in bucket.rows if self._ended(bucket, row, certified) is None])
            for bucket in self._buckets
        ]
        return [(bucket, rows) for bucket, rows in found if rows]

    async def _round(self, bucket: _Bucket, rows: Sequence[_OpenRow]) -> None:
        """Takes the next round of each row; nothing of it counts before all of it is there."""
        units = bucket.planned.units
        asked_by: dict[int, list[_OpenRow]] = {}
        for row in rows:
            for at in range(row.place, min(row.place + ROUND, len(units))):
                asked_by.setdefault(at, []).append(row)
        ids = [units[at].id for at in asked_by]
        calls = {call.id: call for call in self._deps.traffic.get(ids)}
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._unit(bucket, units[at], calls.get(units[at].id), who))
                for at, who in asked_by.items()
            ]
        if not all(task.result() for task in tasks):
            return
        for row in rows:
            part = units[row.place : row.place + ROUND]
            row.trial.add([row.graded[unit.id] for unit in part])
            for unit in part:
                if unit.twice:
                    row.trial.add_noise(bucket.noise.get(unit.id))
            row.place += len(part)

    async def _unit(
        self, bucket: _Bucket, unit: DrawnUnit, call: LoggedCall | None, rows: Sequence[_OpenRow]
    ) -> bool:
        """Asks and grades one unit for some rows; returns whether all of them have it."""
        waiting = [row for row in rows if unit.id not in row.graded]
        twice = unit.twice and unit.id not in bucket.noise
        if not waiting and not twice:
            return True
        if call is None:
            raise StoreError(
                f"the logged call {unit.id} is gone: a trial needs the calls that it was planned on",
                code="no_call",
            )
        asked = [self._baseline(bucket, call)]
        asked += [self._desk.ask(call, row.target, "0") for row in waiting]
        asked += [self._desk.ask(call, bucket.baseline, "1")] if twice else []
        answers = await asyncio.gather(*asked, return_exceptions=True)
        first, *others = answers
        told = True
        for row, answer in zip(waiting, others, strict=False):
            told &= await self._grade(bucket, call, row, (first, answer))
        if twice:
            told &= await self._grade_noise(bucket, call, (first, others[-1]))
        self._deps.told(self._views(), self._desk.budget.spent_nanos)
        return told

    async def _baseline(self, bucket: _Bucket, call: LoggedCall) -> Answer:
        logged = self._desk.logged(call, bucket.baseline) if self._plan.reuse_logged else None
        return logged or await self._desk.ask(call, bucket.baseline, "0")

    async def _grade(
        self, bucket: _Bucket, call: LoggedCall, row: _OpenRow, pair: tuple[Answer | BaseException, ...]
    ) -> bool:
        graded = await self._compared(bucket, call, pair)
        if graded is None:
            return False
        row.graded[call.id] = graded
        self._store.grade(
            self._plan.id,
            bucket.planned.bucket,
            row.planned.candidate,
            call.id,
            msgspec.json.encode(graded),
        )
        return True

    async def _grade_noise(
        self, bucket: _Bucket, call: LoggedCall, pair: tuple[Answer | BaseException, ...]
    ) -> bool:
        graded = await self._compared(bucket, call, pair)
        if graded is None:
            return False
        bucket.noise[call.id] = graded.d
        self._store.grade(self._plan.id, bucket.planned.bucket, NOISE, call.id, msgspec.json.encode(graded))
        return True

    async def _compared(
        self, bucket: _Bucket, call: LoggedCall, pair: tuple[Answer | BaseException, ...]
    ) -> Graded | None:
        """Returns what the grader says of two answers; `None` if the trial has halted before it could."""
        for answer in pair:
            if isinstance(answer, BaseException) and not isinstance(answer, NotAskedError):
                raise answer
        baseline, candidate = pair
        if not isinstance(baseline, Answer) or not isinstance(candidate, Answer):
            return None
        graded = Graded(
            unit=call.id,
            d=None,
            baseline_cost_nanos=baseline.cost_nanos,
            candidate_cost_nanos=candidate.cost_nanos,
            baseline_tokens=baseline.output_tokens,
            candidate_tokens=candidate.output_tokens,
        )
        if baseline.answered is None or candidate.answered is None:
            which, lost = (
                ("the baseline", baseline) if baseline.answered is None else ("the candidate", candidate)
            )
            return msgspec.structs.replace(graded, reason=f"{lost.reason} (of {which})")
        return await self._asked_grader(bucket, call, graded, (baseline.answered, candidate.answered))

    async def _asked_grader(
        self, bucket: _Bucket, call: LoggedCall, graded: Graded, pair: tuple[Answered, Answered]
    ) -> Graded | None:
        sample = Sample(
            id=call.id, bucket=bucket.planned.bucket, request=call.request, expected=call.expected
        )
        unit = Unit(id=call.id)
        token = at_work.set(unit)
        try:
            async with self._grading:
                found = await difference(bucket.scorer, sample, *pair)
        finally:
            at_work.reset(token)
        if unit.refused:
            return None
        return msgspec.structs.replace(
            graded,
            d=found.d,
            reason=found.reason,
            baseline_score=found.baseline,
            candidate_score=found.candidate,
            grading_nanos=found.cost_nanos or 0,
        )

    def _keep(self) -> None:
        """Writes down what has been found so far."""
        self._put(self._results())

    def _put(self, results: Sequence[TrialResult]) -> None:
        rows = [(one.bucket, one.candidate, msgspec.json.encode(one)) for one in results]
        self._store.put_results(self._plan.id, rows)

    def _results(self, *, forecast: bool = False) -> list[TrialResult]:
        spent = spent_by_row(self._plan, self._store)
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

    def _views(self) -> list[RowView]:
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


def _first(failed: BaseExceptionGroup[BaseException]) -> SufficeError | None:
    """Returns the first error of ours in a group; `None` if there is none."""
    for error in failed.exceptions:
        if isinstance(error, SufficeError):
            return error
        if isinstance(error, BaseExceptionGroup) and (found := _first(error)) is not None:
            return found
    return None


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
        population=row.population if row.whole else None,
        rng=np.random.default_rng(seed),
        repeats=_FORECAST_REPEATS,
        seen=seen,
    )
    draws = forecast.draws[1]
    return None if draws is None else max(draws - len(seen), 0)


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

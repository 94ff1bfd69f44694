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
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import msgspec

from suffice.errors import StoreError, SufficeError
from suffice.evidence.asking import Answer, AskedOf, Desk, MostNanos, as_logged
from suffice.evidence.caller import Caller
from suffice.evidence.grading import Ask, PairScorer, Scorer
from suffice.evidence.pairing import Pair, Pairing
from suffice.evidence.plan import Plan, PlannedBucket
from suffice.evidence.result import TrialResult
from suffice.evidence.rows import ROUND, OpenBucket, OpenRow, OpenRows, RowView, spent_by_row
from suffice.evidence.sample import Unit
from suffice.evidence.spending import Budget
from suffice.evidence.trial import Graded
from suffice.store.trials import State, TrialStore
from suffice.types import LoggedCall

ENDED = "ended by an error: `suffice bakeoff resume` goes on"
NOISE = "baseline"
"""In place of the candidate, in the grades of the baseline's second answers."""


class Traffic(Protocol):
    """Where requests come from."""

    def get(self, ids: Sequence[str]) -> list[LoggedCall]:
        """Returns the logged calls of these ids; one that is not there is left out."""
        ...


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
        finished: Finished | None = None
        try:
            finished = await _Run(plan, deps, desk).whole()
        finally:
            if finished is None:
                # An error, or a second signal: nothing runs any more.
                with suppress(StoreError):
                    deps.store.say(plan.id, "paused", ENDED if desk.halt is None else desk.halt.said)
        return finished


class _Run:
    def __init__(self, plan: Plan, deps: Deps, desk: Desk) -> None:
        self._plan = plan
        self._deps = deps
        self._desk = desk
        self._store = deps.store
        self._pairing = Pairing(deps.graders_at_once)
        self._buckets = [
            OpenBucket(plan, bucket, deps.grader_of(bucket, desk.judge))
            for bucket in plan.buckets
            if bucket.tried
        ]
        self._rows = OpenRows(plan, self._buckets)
        for bucket in self._buckets:
            for row in bucket.rows:
                stored = self._store.grades(plan.id, bucket.planned.bucket, row.planned.candidate)
                row.graded = {unit: msgspec.json.decode(one, type=Graded) for unit, one in stored.items()}
            stored = self._store.grades(plan.id, bucket.planned.bucket, NOISE)
            bucket.noise = {unit: msgspec.json.decode(one, type=Graded).d for unit, one in stored.items()}

    async def whole(self) -> Finished:
        """Sweeps until every row has ended, or the trial halts."""
        while self._desk.halt is None and (open_ := self._rows.open()):
            await self._sweep(open_)
            self._keep()
        halt = self._desk.halt if self._rows.open() else None
        state: State = "done" if halt is None else halt.state
        said = "every row has ended" if halt is None else halt.said
        self._store.say(self._plan.id, state, said)
        results = self._keep(forecast=True)
        return Finished(
            results=tuple(results),
            state=state,
            said=said,
            spent_nanos=self._store.spent_nanos(self._plan.id),
        )

    async def _sweep(self, open_: Sequence[tuple[OpenBucket, Sequence[OpenRow]]]) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for bucket, rows in open_:
                    group.create_task(self._round(bucket, rows))
        except BaseExceptionGroup as failed:
            # What one task raises ends the others; whoever called us is told of that one.
            raise (_first(failed) or failed) from failed

    async def _round(self, bucket: OpenBucket, rows: Sequence[OpenRow]) -> None:
        """Takes the next round of each row; nothing of it counts before all of it is there."""
        units = bucket.planned.units
        asked_by: dict[int, list[OpenRow]] = {}
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
        self, bucket: OpenBucket, unit: Unit, call: LoggedCall | None, rows: Sequence[OpenRow]
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
        self._deps.told(self._rows.views(), self._desk.budget.spent_nanos)
        return told

    async def _baseline(self, bucket: OpenBucket, call: LoggedCall) -> Answer:
        logged = self._desk.logged(call, bucket.baseline) if self._plan.reuse_logged else None
        return logged or await self._desk.ask(call, bucket.baseline, "0")

    async def _grade(self, bucket: OpenBucket, call: LoggedCall, row: OpenRow, pair: Pair) -> bool:
        graded = await self._pairing.compare(bucket.planned.bucket, bucket.scorer, call, pair)
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

    async def _grade_noise(self, bucket: OpenBucket, call: LoggedCall, pair: Pair) -> bool:
        graded = await self._pairing.compare(bucket.planned.bucket, bucket.scorer, call, pair)
        if graded is None:
            return False
        bucket.noise[call.id] = graded.d
        self._store.grade(self._plan.id, bucket.planned.bucket, NOISE, call.id, msgspec.json.encode(graded))
        return True

    def _keep(self, *, forecast: bool = False) -> list[TrialResult]:
        """Writes down what has been found so far, and returns it."""
        results = self._rows.results(spent_by_row(self._plan, self._store), forecast=forecast)
        rows = [(one.bucket, one.candidate, msgspec.json.encode(one)) for one in results]
        self._store.put_results(self._plan.id, rows)
        return results


def _first(failed: BaseExceptionGroup[BaseException]) -> SufficeError | None:
    """Returns the first error of ours in a group; `None` if there is none."""
    for error in failed.exceptions:
        if isinstance(error, SufficeError):
            return error
        if isinstance(error, BaseExceptionGroup) and (found := _first(error)) is not None:
            return found
    return None

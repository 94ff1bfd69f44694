"""Puts a bake-off's report together from the journal of trials, the log and the ratings."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from suffice.evidence.calibrating import JudgeReport
from suffice.evidence.calibrating import report as judge_report
from suffice.evidence.grading import Answered, digest_of
from suffice.evidence.judged import judged_pairs, stored_answer
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.result import TrialResult
from suffice.evidence.trial import Graded
from suffice.features import read
from suffice.report.bakeoff import BakeoffReport, Counts, Example, NotTried, Row, ShownAnswer
from suffice.store.ratings import Rated
from suffice.store.trials import TrialStore
from suffice.types import LoggedCall, Request

_BETTER_SHARE = 3
"""Of so many examples one is where the candidate did better."""


class Log(Protocol):
    """Where requests come from."""

    def get(self, ids: Sequence[str]) -> list[LoggedCall]:
        """Returns the logged calls of these ids; one that is not there is left out."""
        ...


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is read from."""

    trials: TrialStore
    log: Log
    ratings: Rated
    name_of: Callable[[str], str] = str
    """The catalog's name of a model."""


def read_report(plan: Plan, stores: Stores, *, now_ns: int, examples: int = 4) -> BakeoffReport:
    """Returns the report of a trial, also while it runs.

    Args:
        plan: The trial's.
        stores: What it is read from.
        now_ns: Unix time.
        examples: At most so many pairs for each row: those where the two differ most come first.
    """
    head = stores.trials.head(plan.id)
    results = {
        (result.bucket, result.candidate): result
        for result in (msgspec.json.decode(raw, type=TrialResult) for raw in stores.trials.results(plan.id))
    }
    rows = [
        _Reading(plan.id, bucket, row, stores).row(results[bucket.bucket, row.name], examples)
        for bucket in plan.buckets
        for row in bucket.tried
        if (bucket.bucket, row.name) in results
    ]
    return BakeoffReport(
        trial=plan.id,
        created_ns=plan.created_ns,
        now_ns=now_ns,
        state=head.state,
        said=head.said,
        delta=plan.delta,
        alpha=plan.alpha,
        price_date=plan.price_date,
        spent_nanos=stores.trials.spent_nanos(plan.id),
        reuse_logged=plan.reuse_logged,
        rows=tuple(rows),
        not_tried=tuple(_not_tried(plan)),
    )


def _not_tried(plan: Plan) -> list[NotTried]:
    found = [
        NotTried(bucket=bucket.bucket, candidate="", reason=bucket.cannot)
        for bucket in plan.buckets
        if bucket.cannot is not None
    ]
    found += [
        NotTried(bucket=bucket.bucket, candidate=row.name or row.candidate, reason=row.cannot)
        for bucket in plan.buckets
        if bucket.cannot is None
        for row in bucket.rows
        if row.cannot is not None
    ]
    return found


class _Reading:
    """One row of a trial."""

    def __init__(self, trial: str, bucket: PlannedBucket, row: PlannedRow, stores: Stores) -> None:
        self._trial = trial
        self._bucket = bucket
        self._row = row
        self._stores = stores
        stored = stores.trials.grades(trial, bucket.bucket, row.candidate)
        self._graded = [msgspec.json.decode(raw, type=Graded) for raw in stored.values()]

    def row(self, result: TrialResult, examples: int) -> Row:
        return Row(
            result=result,
            counts=counts_of(self._graded),
            examples=tuple(self._examples(examples)),
            judge=self._judge(),
        )

    def _judge(self) -> JudgeReport | None:
        if self._bucket.grader is None or self._bucket.grader.kind != "judge":
            return None
        place = (self._trial, self._bucket, self._row)
        stores = self._stores
        return judge_report(judged_pairs(stores.trials, stores.ratings, place, name_of=stores.name_of))

    def _examples(self, most: int) -> list[Example]:
        chosen = chosen_examples(self._graded, most)
        calls = {call.id: call for call in self._stores.log.get([graded.unit for graded in chosen])}
        return [self._example(graded, calls.get(graded.unit)) for graded in chosen]

    def _example(self, graded: Graded, call: LoggedCall | None) -> Example:
        expected = None if call is None else call.expected
        return Example(
            unit=graded.unit,
            d=graded.d,
            reason=graded.reason,
            asked="(the logged call is gone)" if call is None else question_of(call),
            expected=expected if expected is None or isinstance(expected, str) else _json(expected),
            baseline=self._answer(graded.unit, self._bucket.baseline, graded.baseline_score),
            candidate=self._answer(graded.unit, self._row.candidate, graded.candidate_score),
        )

    def _answer(self, unit: str, model: str, score: float | None) -> ShownAnswer:
        answer = stored_answer(self._stores.trials, self._trial, (unit, model, "0"), self._bucket.api)
        if answer is None:
            return ShownAnswer(model=model, text="(no answer)", score=score)
        return ShownAnswer(
            model=model,
            text=answer_text(answer),
            score=score,
            finish=answer.finish,
            digest=digest_of(answer),
        )


def counts_of(graded: Sequence[Graded]) -> Counts:
    """Returns how units fell out."""
    found = [one.d for one in graded if one.d is not None]
    return Counts(
        better=sum(d > 0 for d in found),
        same=sum(d == 0 for d in found),
        worse=sum(d < 0 for d in found),
        mean_absolute=sum(map(abs, found)) / len(found) if found else None,
    )


def chosen_examples(graded: Sequence[Graded], most: int) -> list[Graded]:
    """Returns the units to show: where the candidate did worse, some where it did better, then the others.

    Args:
        graded: All units of a row.
        most: So many at most; the same ones each time.
    """
    ordered = sorted(graded, key=lambda one: (-abs(one.d or 0.0), one.unit))
    worse = [one for one in ordered if one.d is not None and one.d < 0]
    better = [one for one in ordered if one.d is not None and one.d > 0]
    missing = [one for one in ordered if one.d is None]
    same = [one for one in ordered if one.d == 0]
    kept = better[: max(1, most // _BETTER_SHARE)] if most > 1 else []
    first = worse[: max(0, most - len(kept))]
    rest = [one for one in [*worse, *better, *missing, *same] if one not in first and one not in kept]
    return [*first, *kept, *rest][:most]


def question_of(call: LoggedCall) -> str:
    """Returns the last thing that a logged call asks."""
    request = Request(api=call.api, provider=call.provider, model=call.model, body=call.request)
    return read(request).question or "(no text)"


def answer_text(answer: Answered) -> str:
    """Returns what an answer says, its tool calls written as calls."""
    calls = [f"{call.name}({_arguments(call.arguments)})" for call in answer.tool_calls]
    return "\n".join([part for part in (answer.text, *calls) if part]) or "(empty)"


def _arguments(arguments: object) -> str:
    if isinstance(arguments, dict):
        return ", ".join(f"{name}={_json(value)}" for name, value in arguments.items())
    return _json(arguments)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)

"""LEARN: what a judge said of the pairs of a trial, beside what people said of the same pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from suffice.evidence.calibrating import Judged, orders_in
from suffice.evidence.graders.human import preference
from suffice.evidence.grading import Answered
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow, plan_of_any_version
from suffice.evidence.trial import Graded
from suffice.features.answers import read_answer
from suffice.store.ratings import Rated, Rating
from suffice.store.trials import Key, TrialStore
from suffice.types import ClientApi


def judged_pairs(
    store: TrialStore,
    ratings: Rated,
    place: tuple[str, PlannedBucket, PlannedRow],
    *,
    name_of: Callable[[str], str] = str,
    rated_before_ns: int | None = None,
) -> list[Judged]:
    """Returns the pairs of a row that a judge was asked about.

    Args:
        store: The journal of trials.
        ratings: What people said.
        place: The trial's id, and the row's bucket and candidate.
        name_of: Tells the catalog's name of a model by any that it goes by.
        rated_before_ns: Leaves out what people said from then on.
    """
    trial, bucket, row = place
    found = []
    for unit, raw in store.grades(trial, bucket.bucket, row.candidate).items():
        orders = orders_in(msgspec.json.decode(raw, type=Graded).reason)
        if orders is None:
            continue
        said = [one for one in ratings.of(unit) if rated_before_ns is None or one.rated_ns < rated_before_ns]
        human = _human(store, said, place, unit, name_of) if said else None
        found.append(Judged(first=orders[0], second=orders[1], human=human))
    return found


def earlier_judged(
    store: TrialStore, ratings: Rated, plan: Plan, grader_version: str, *, name_of: Callable[[str], str] = str
) -> Iterator[Judged]:
    """Yields the rated pairs of earlier trials with the same judge, as they were known when a trial was planned.

    So a trial counts verdicts the same way from its first unit to its last, however often it is resumed.

    Args:
        store: The journal of trials.
        ratings: What people said.
        plan: The trial that is to be run; trials planned after it do not count.
        grader_version: Of the judge, its settings included.
        name_of: Tells the catalog's name of a model by any that it goes by.
    """
    for head in store.heads():
        if head.created_ns >= plan.created_ns or head.id == plan.id:
            continue
        earlier = plan_of_any_version(head.plan)
        for bucket in () if earlier is None else earlier.buckets:
            if bucket.grader_version != grader_version:
                continue
            for row in bucket.tried:
                pairs = judged_pairs(
                    store,
                    ratings,
                    (head.id, bucket, row),
                    name_of=name_of,
                    rated_before_ns=plan.created_ns,
                )
                yield from (pair for pair in pairs if pair.human is not None)


def stored_answer(store: TrialStore, trial: str, key: Key, api: ClientApi) -> Answered | None:
    """Returns an answer of a trial as its grader saw it; `None` if there is none that can be read.

    Args:
        store: The journal of trials.
        trial: The trial's id.
        key: The unit, `provider/model`, and `0`, or `1` for a second answer.
        api: Of the unit's request.
    """
    call = store.call(trial, key)
    if call is None or call.body is None:
        return None
    try:
        body = msgspec.json.decode(call.body)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return read_answer(api, body, model=key[1].partition("/")[2])


def _human(
    store: TrialStore,
    said: list[Rating],
    place: tuple[str, PlannedBucket, PlannedRow],
    unit: str,
    name_of: Callable[[str], str],
) -> float | None:
    trial, bucket, row = place
    baseline, candidate = (
        stored_answer(store, trial, (unit, model, "0"), bucket.api)
        for model in (bucket.baseline, row.candidate)
    )
    return None if baseline is None or candidate is None else preference(said, baseline, candidate, name_of)

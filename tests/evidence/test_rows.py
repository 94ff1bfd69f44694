from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from grading_cases import always

from suffice.evidence.asking import INTERRUPTED
from suffice.evidence.certificate import judge
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.rows import ROUND, OpenBucket, OpenRow, OpenRows, expected_more, spent_by_row
from suffice.evidence.sample import Unit
from suffice.evidence.trial import Graded
from suffice.stats.forecast import expected_samples
from suffice.store.trials import TRIALS, Call, TrialHead, TrialStore

UNITS = tuple(Unit(f"u{number}", 0) for number in range(200))


def bucket(name: str, *candidates: str, advisory: bool = False) -> PlannedBucket:
    rows = tuple(PlannedRow(candidate=f"p/{one}", name=one) for one in candidates)
    return PlannedBucket(
        bucket=name,
        baseline="p/big",
        baseline_name="big",
        calls=200,
        population=200,
        units=UNITS,
        rows=rows,
        advisory=advisory,
    )


def plan(*buckets: PlannedBucket) -> Plan:
    return Plan(id="t", created_ns=1, seed=1, delta=0.1, alpha=0.05, price_date="2026-11-26", buckets=buckets)


def under_way(made: Plan) -> list[OpenBucket]:
    return [OpenBucket(made, one, always(1.0)) for one in made.buckets]


def grade(row: OpenRow, *differences: float | None, reason: str = "no_answer") -> None:
    """The next units of a row, a round that is over."""
    graded = [
        Graded(unit=f"u{row.place + at}", d=d, reason="" if d is not None else reason, grading_nanos=2)
        for at, d in enumerate(differences)
    ]
    row.graded |= {one.unit: one for one in graded}
    row.trial.add(graded)
    row.place += len(graded)


@pytest.fixture
def row() -> OpenRow:
    made = plan(bucket("faq", "small"))
    return OpenRow(made, made.buckets[0], made.buckets[0].rows[0])


def test_a_row_is_open_until_something_ends_it(row: OpenRow) -> None:
    assert row.judged(certified=False, units=200) is None
    grade(row, *[0.0, 0.05] * 10)
    assert row.judged(certified=True, units=200) is None
    assert row.judged(certified=True, units=ROUND) == "all units asked"


def test_equivalent_ends_a_row_once_all_rows_together_allow_it(row: OpenRow) -> None:
    grade(row, *[0.0] * 160)
    assert row.trial.verdict == "EQUIVALENT"
    assert row.judged(certified=False, units=200) is None
    assert row.judged(certified=True, units=200) == "equivalent"


def test_an_advisory_row_waits_for_nobody() -> None:
    made = plan(bucket("faq", "small", advisory=True))
    row = OpenRow(made, made.buckets[0], made.buckets[0].rows[0])
    grade(row, *[0.0] * 160)
    assert row.judged(certified=False, units=200) == "equivalent"


def test_the_screen_drops_what_is_on_the_way_to_worse_and_it_stays_dropped(row: OpenRow) -> None:
    grade(row, *[-1.0, 0.0] * 10)
    assert row.judged(certified=False, units=200) == "clearly worse after 20 units"
    assert row.judged(certified=True, units=1) == "clearly worse after 20 units"


def test_a_grader_that_says_nothing_ends_a_row_and_a_killed_process_does_not(row: OpenRow) -> None:
    grade(row, *[None] * 11, reason=f"{INTERRUPTED}: killed")
    grade(row, *[0.0] * 9)
    assert row.judged(certified=False, units=200) is None
    grade(row, *[None] * 30, reason="timeout: too slow")
    said = row.judged(certified=False, units=200)
    assert said == "30 of 50 units have no verdict, most of them: timeout"


def test_all_rows_are_judged_together() -> None:
    made = plan(bucket("faq", "small", "tiny"), bucket("code", "small"))
    buckets = under_way(made)
    rows = OpenRows(made, buckets)
    assert [(one.planned.bucket, len(open_)) for one, open_ in rows.open()] == [("faq", 2), ("code", 1)]
    grade(buckets[0].rows[0], *[0.0] * 160)
    grade(buckets[0].rows[1], *[-1.0] * 20)
    grade(buckets[1].rows[0], *[0.0, 0.05] * 10)
    (left,) = rows.open()
    assert (left[0].planned.bucket, left[1]) == ("code", buckets[1].rows)
    views = {(one.bucket, one.candidate): one for one in rows.views()}
    assert views["faq", "small"].ended == "equivalent"
    assert (views["code", "small"].asked, views["code", "small"].units, views["code", "small"].ended) == (
        20,
        200,
        None,
    )


def test_a_row_ends_as_equivalent_only_when_it_would_be_certified_beside_advisory_rows() -> None:
    made = plan(bucket("faq", "small"), *(bucket(f"talk{at}", "small", advisory=True) for at in range(5)))
    buckets = under_way(made)
    rows = OpenRows(made, buckets)
    row = buckets[0].rows[0]
    while rows.views()[0].ended is None:
        grade(row, *[0.0] * ROUND)
    assert rows.views()[0].ended == "equivalent"
    first, *others = judge([one.rows[0].trial.result() for one in buckets], fdr=made.alpha)
    assert first.refused is None
    assert all(one.refused == "advisory_grader" for one in others)


def test_results_carry_what_was_spent_and_a_forecast_where_it_is_asked_for() -> None:
    made = plan(bucket("faq", "small"))
    buckets = under_way(made)
    rows = OpenRows(made, buckets)
    grade(buckets[0].rows[0], *[0.5, -0.4] * 10)
    (plain,) = rows.results({("faq", "p/small"): 7})
    assert (plain.spent_nanos, plain.expected_more) == (7 + 20 * 2, None)
    (forecast,) = rows.results({("faq", "p/small"): 7}, forecast=True)
    assert forecast.expected_more == expected_more(buckets[0].rows[0].trial, made.seed)
    assert forecast.expected_more is not None
    assert forecast.expected_more > 0
    assert rows.views()[0].result == forecast


def test_a_row_with_a_verdict_or_without_a_grade_expects_no_more(row: OpenRow) -> None:
    assert expected_more(row.trial, 1) is None
    grade(row, *[0.0] * 160)
    assert expected_more(row.trial, 1) is None


def test_what_was_drawn_is_not_taken_off_the_units_that_are_still_needed(row: OpenRow) -> None:
    grade(row, *[0.0, 0.0, 0.0, 0.0, -1.0, 1.0, 0.0, 0.0, 0.0, 0.0] * 8)
    trial = row.trial
    assert trial.verdict == "INCONCLUSIVE"
    seen = [value for value in trial.differences if value is not None]
    forecast = expected_samples(
        seen,
        delta=trial.row.delta,
        alpha=trial.row.alpha,
        population=trial.row.population,
        rng=np.random.default_rng(1),
        repeats=100,
        seen=seen,
    )
    assert forecast.draws[1] is not None
    assert 0 < forecast.draws[1] <= len(seen)
    assert expected_more(trial, 1) == forecast.draws[1]


def test_no_more_is_expected_than_is_left_and_none_where_only_missing_verdicts_stand_against_it(
    row: OpenRow,
) -> None:
    grade(row, *[0.0] * 170, *[None] * 29)
    assert (row.trial.verdict, row.trial.row.population - row.trial.asked) == ("INCONCLUSIVE", 1)
    assert expected_more(row.trial, 1) is None


def test_the_baselines_calls_are_shared_to_the_nano_dollar_and_a_judges_are_left_out(tmp_path: Path) -> None:
    made = plan(bucket("faq", "small", "tiny", "odd"))
    store = TrialStore(tmp_path / TRIALS)
    store.plan(TrialHead(id="t", created_ns=1, state="planned", plan=made.encode()))
    for model, nanos in (("p/big", 11), ("p/small", 5), ("judge:p/big", 1_000)):
        call = Call(unit="u0", model=model, repeat="0", state="done", forecast_nanos=0, cost_nanos=nanos)
        store.settle("t", call, now_ns=1)
        store.settle("t", msgspec.structs.replace(call, unit="another's"), now_ns=1)
    spent = spent_by_row(made, store)
    assert spent == {("faq", "p/small"): 4 + 5, ("faq", "p/tiny"): 4, ("faq", "p/odd"): 3}
    store.close()

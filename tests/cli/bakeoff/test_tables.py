from __future__ import annotations

import io
from collections.abc import Callable

import msgspec
from narrow import CANDIDATES, USE_CASE, expect_whole
from rich.console import Console

from suffice.cli.bakeoff._tables import cannot, print_plan, print_results, progress_table
from suffice.evidence.plan import Plan, PlannedBucket, PlannedRow
from suffice.evidence.rows import RowView
from suffice.evidence.trial import Graded, Row, Trial

ROW = Row(
    trial="t", bucket="a [b]", baseline="big", candidate="small", grader="exact", grader_version="1", delta=0.05,
    alpha=0.1, population=40,
)  # fmt: skip
PLAN = Plan(
    id="t",
    created_ns=1,
    seed=1,
    delta=0.05,
    alpha=0.1,
    price_date="2026-11-26",
    buckets=(
        PlannedBucket(
            bucket="a [b]",
            calls=50,
            population=40,
            set_aside=2,
            left_out={"too long": 8},
            rows=(
                PlannedRow(
                    candidate="p/small",
                    name="small",
                    expected_units=None,
                    expected_nanos=None,
                    guess="a guess",
                ),
                PlannedRow(candidate="p/none", name="none", cannot="no price"),
            ),
        ),
        PlannedBucket(bucket="c", calls=3, cannot="3 requests: a round is 20"),
        PlannedBucket(
            bucket="d", calls=60, rows=(PlannedRow(candidate="p/none", name="none", cannot="no price"),)
        ),
    ),
)


def shown(print_on: Callable[[Console], None]) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    print_on(console)
    return console.export_text()


def trial(*differences: float | None) -> Trial:
    made = Trial(ROW)
    made.add(
        [Graded(unit=str(at), d=d, reason="" if d is not None else "x") for at, d in enumerate(differences)]
    )
    return made


def test_a_plan_names_what_it_leaves_out_and_what_it_does_not_know() -> None:
    text = shown(lambda console: print_plan(console, PLAN))
    for said in ("a [b]", "none expected", "unknown", "8 too long; 2 set aside", "1 rows unknown", "a guess"):
        assert said in text
    assert "not tried p/none (a [b], d): no price" in text
    assert "not tried c: 3 requests: a round is 20" in text


def test_what_cannot_be_tried_is_by_use_case_and_candidate() -> None:
    assert cannot(PLAN) == [
        ("c", "", "3 requests: a round is 20"),
        ("a [b]", "p/none", "no price"),
        ("d", "p/none", "no price"),
    ]


def test_results_say_what_is_missing_and_what_more_would_buy() -> None:
    result = trial(0.0, 0.0, None, 1.0).result(expected_more=12, dropped="clearly worse")
    advisory = msgspec.structs.replace(result, advisory=True, monthly_saving_nanos=1_600_000_000)
    text = shown(lambda console: print_results(console, [result, advisory], PLAN))
    for said in (
        "INCONCLUSIVE",
        "40 requests",
        "3 (+12)",
        "+0.333",
        "no verdict on 1 (lower bound",
        "unknown",
        "advisory: no certificate",
        "$2",
        "90%",
    ):
        assert said in text
    assert "a [b]\n" in text
    assert "    clearly worse\n" in text


def test_results_fit_a_narrow_terminal() -> None:
    named = [
        msgspec.structs.replace(
            trial(0.0, -1.0).result(expected_more=1_234, dropped="clearly worse after 20 units"),
            bucket=USE_CASE,
            candidate=candidate,
            monthly_saving_nanos=-123_456_000_000_000,
        )
        for candidate in CANDIDATES
    ]
    figures = ("-$123,456", "2 (+1,234)", "INCONCLUSIVE", "-0.500 (-")
    expect_whole(lambda console: print_results(console, named, PLAN), USE_CASE, *CANDIDATES, *figures)


def test_progress_shows_each_row_and_the_money() -> None:
    view = RowView(bucket="a", candidate="small", asked=4, units=40, result=trial(0.0).result(), ended=None)
    table = progress_table([view], 1_000_000_000, 2_000_000_000)
    text = shown(lambda console: console.print(table))
    for said in ("4 of 40", "asking", "spent $1.0000 of $2.0000"):
        assert said in text

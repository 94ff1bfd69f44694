from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sums import BAD, BIG, GOOD, NOW_NS, journal, planned, ran, write_sums

from suffice.config import GraderSettings
from suffice.evidence.graders.judge import Judge
from suffice.evidence.grading import Answered, ToolCall
from suffice.evidence.plan import Plan
from suffice.evidence.trial import Graded
from suffice.report.bakeoff import BakeoffReport
from suffice.report.bakeoff_reading import (
    Stores,
    answer_text,
    chosen_examples,
    counts_of,
    question_of,
    read_report,
)
from suffice.store.ratings import RATINGS, Rating, RatingStore
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.testing import ReplayUpstream
from suffice.types import LoggedCall


def read(folder: Path, plan: Plan, *, examples: int = 4) -> BakeoffReport:
    with closing(TrafficStore(folder / TRAFFIC, read_only=True)) as log, closing(journal(folder)) as trials:
        ratings = RatingStore(folder / RATINGS, read_only=True)
        stores = Stores(trials=trials, log=log, ratings=ratings)
        return read_report(plan, stores, now_ns=NOW_NS, examples=examples)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("sums"), {"sums": 60, "few": 7})


@pytest.fixture(scope="module")
def report(folder: Path) -> BakeoffReport:
    with ReplayUpstream.start(folder) as upstream:
        plan = planned(folder, upstream.url, GOOD, BAD)
        ran(folder, upstream.url, plan)
    return read(folder, plan)


def test_rows_are_those_of_the_journal(report: BakeoffReport) -> None:
    assert [(row.result.bucket, row.result.candidate) for row in report.rows] == [
        ("sums", "gpt-4o-mini"),
        ("sums", "gpt-3.5-turbo"),
    ]
    assert report.spent_nanos == sum(row.result.spent_nanos for row in report.rows)
    assert (report.state, report.trial) == ("done", "t1")
    assert [(one.bucket, one.reason) for one in report.not_tried] == [("few", "7 requests: a round is 20")]


def test_counts_and_examples_are_of_the_stored_answers(report: BakeoffReport) -> None:
    bad = report.rows[1]
    assert bad.counts.better == 0
    assert bad.counts.worse + bad.counts.same == bad.result.n
    assert bad.counts.mean_absolute == pytest.approx(-(bad.result.mean or 0))
    assert len(bad.examples) == 4
    for example in bad.examples:
        number = int(example.unit.rpartition("-")[2])
        assert example.d == -1.0
        assert example.asked.startswith(f"sums: what is {number} plus {number}?")
        assert example.expected == str(2 * number)
        assert (example.baseline.text, example.baseline.score) == (str(2 * number), 1.0)
        assert (example.candidate.text, example.candidate.model) == (str(2 * number + 1), f"openai/{BAD}")
        assert example.baseline.digest != example.candidate.digest


def test_as_many_examples_as_asked_for_are_read(folder: Path, report: BakeoffReport) -> None:
    with closing(journal(folder)) as trials:
        plan = Plan.decode(trials.head("t1").plan)
    assert all(row.examples == () for row in read(folder, plan, examples=0).rows)
    everything = read(folder, plan, examples=1000).rows[0]
    assert len(everything.examples) == everything.result.n
    assert report.rows[0].judge is None


def test_before_the_run_there_are_no_rows(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 40})
    plan = planned(folder, "http://127.0.0.1:9", GOOD)
    found = read(folder, plan)
    assert (found.rows, found.state) == ((), "planned")


def test_a_judges_bias_and_agreement_are_read_with_the_ratings(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 40})

    async def says_first(_body: Mapping[str, Any]) -> tuple[Mapping[str, Any], int | None]:
        return {"model": "judge", "choices": [{"message": {"content": "VERDICT: 1"}}]}, 10

    with ReplayUpstream.start(folder) as upstream:
        settings = GraderSettings(kind="judge", model=f"openai/{BIG}")
        plan = planned(folder, upstream.url, BAD, grader=settings)
        ran(folder, upstream.url, plan, grader_of=lambda _bucket, _ask: Judge(ask=says_first, model="m"))
    (row,) = read(folder, plan, examples=100).rows
    assert row.judge is not None
    differ = [example.unit for example in row.examples if example.baseline.text != example.candidate.text]
    assert row.judge.pairs == row.judge.prefers_first == len(differ) > 0
    assert (row.judge.consistent, row.judge.rated, row.judge.kappa) == (0.0, 0, None)
    store = RatingStore(folder / RATINGS)
    store.add([Rating(unit=unit, model=BIG, against=BAD, value=1.0) for unit in differ[:2]])
    store.add([Rating(unit=differ[2], model=BAD, against=BIG, value=0.0)])
    store.close()
    (row,) = read(folder, plan).rows
    assert row.judge is not None
    assert (row.judge.rated, row.judge.agreement) == (3, pytest.approx(1 / 3))


def graded(unit: str, d: float | None) -> Graded:
    return Graded(unit=unit, d=d)


def test_examples_show_losses_first_and_some_wins() -> None:
    units = [graded(f"u{at}", d) for at, d in enumerate([0.0, -1.0, 1.0, -0.5, None, -1.0, 0.5, 0.0])]
    assert [one.d for one in chosen_examples(units, 4)] == [-1.0, -1.0, -0.5, 1.0]
    assert [one.d for one in chosen_examples(units, 1)] == [-1.0]
    assert [one.d for one in chosen_examples(units, 6)] == [-1.0, -1.0, -0.5, 1.0, 0.5, None]
    assert {one.unit for one in chosen_examples(units, 100)} == {one.unit for one in units}
    assert chosen_examples(units, 0) == chosen_examples([], 5) == []
    assert chosen_examples(units, 4) == chosen_examples(list(reversed(units)), 4)


def test_units_without_a_verdict_are_in_no_count() -> None:
    counts = counts_of([graded("a", None), graded("b", -0.5), graded("c", 0.0)])
    assert (counts.better, counts.same, counts.worse, counts.mean_absolute) == (0, 1, 1, 0.25)
    assert counts_of([graded("a", None)]).mean_absolute is None


def test_an_answer_is_written_with_its_tool_calls() -> None:
    calls = (ToolCall(name="add", arguments={"a": 1, "b": "x"}), ToolCall(name="odd", arguments="{"))
    assert (
        answer_text(Answered(model="m", text="Sure.", tool_calls=calls)) == 'Sure.\nadd(a=1, b="x")\nodd("{")'
    )
    assert answer_text(Answered(model="m")) == "(empty)"


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        ({"messages": [{"role": "user", "content": "Why?"}]}, "Why?"),
        ({"messages": 7}, "(no text)"),
        ({}, "(no text)"),
    ],
)
def test_what_was_asked_is_read_from_any_request(request_: dict[str, Any], asked: str) -> None:
    call = LoggedCall(id="x", source="test", model="m", request=request_)
    assert question_of(call) == asked
    assert json.loads(msgspec.json.encode(call))["id"] == "x"

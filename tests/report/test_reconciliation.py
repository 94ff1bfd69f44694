from __future__ import annotations

import json
from pathlib import Path

import pytest
from months import NOW_NS, PERIOD, ledger, month, reconciled, written

from suffice.ledger.attribution import Part
from suffice.ledger.days import Day
from suffice.ledger.reconcile import CAUSES
from suffice.report.reconciliation import (
    WORDS,
    Report,
    as_json,
    cause_meaning,
    cause_name,
    day_name,
    money,
    percent,
    signed,
    tokens_of,
)
from suffice.testing.provider_exports import litellm_csv, openai_costs, openai_usage


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("month")
    made = month(calls=800, unseen=0.05, flex=0.05)
    files = written(
        folder, usage_json=openai_usage(made.billed, PERIOD), costs_json=openai_costs(made.billed, PERIOD)
    )
    return Report(result=reconciled(ledger(folder, made.entries), files), now_ns=NOW_NS)


def test_every_cause_has_words() -> None:
    assert set(WORDS) == set(CAUSES)
    assert all(cause_name(cause) and cause_meaning(cause).endswith(".") for cause in CAUSES)


def test_totals_are_the_sums_of_their_rows(report: Report) -> None:
    total = report.total
    assert total.nanos == sum(part.nanos for part in total.parts)
    assert total.tokens == sum(sum(part.tokens) for part in total.parts)
    assert total.requests == sum(part.requests for part in total.parts)
    for totals in (report.by_model, report.by_day):
        assert sum(one.nanos or 0 for one in totals) == total.nanos
    assert [one.name for one in report.by_day] == sorted(one.name for one in report.by_day)


def test_what_is_explained_is_said(report: Report) -> None:
    assert report.on_target
    assert report.verdict == "Explained: 100% of tokens and 100% of dollars."


def test_what_is_not_explained_is_said_plainly(tmp_path: Path) -> None:
    made = month(calls=800, flex=0.05)
    # Without tiers in the export, nothing shows why some of it was cheaper.
    files = written(tmp_path, spend_csv=litellm_csv(made.billed, PERIOD))
    report = Report(result=reconciled(ledger(tmp_path, made.entries), files), now_ns=NOW_NS)
    assert not report.on_target
    assert report.tokens_explained == 1
    assert report.verdict.startswith("Explained: 100% of tokens and 9")
    assert f"Not explained: {money(report.unexplained_nanos)}." in report.verdict
    assert report.unexplained_nanos == pytest.approx(abs(made.truth["service_tier"].nanos), rel=1e-6)


def test_json_has_both_sides_and_causes_that_add_up(report: Report) -> None:
    data = json.loads(as_json(report))
    assert data["on_target"] is True
    assert data["days"] == 7
    assert data["total"]["difference"]["cost_nanos"] == sum(part["cost_nanos"] for part in data["causes"])
    for row in data["rows"]:
        assert row["difference"]["cost_nanos"] == sum(part["cost_nanos"] for part in row["causes"])
        assert row["difference"]["tokens"] == sum(
            sum(part["tokens_by_kind"].values()) for part in row["causes"]
        )


def test_remarks_say_what_was_left_out(report: Report) -> None:
    assert report.remarks == []
    result = report.result
    result.not_billed, result.outside = 3, 4
    try:
        assert [remark.split()[-1] for remark in report.remarks] == ["3.", "4."]
    finally:
        result.not_billed = result.outside = 0


def test_figures_in_words() -> None:
    assert percent(0.999) == "99.90%"
    assert (signed(0), money(0, plus=True), money(-5_000_000)) == ("0", "$0.0000", "-$0.0050")
    assert tokens_of(Part(cause="unseen_traffic", tokens=(5, 0, 0, 0, 1))) == "+6"
    hour = 3_600_000_000_000
    assert day_name(Day(start_ns=0, end_ns=24 * hour)) == "1970-01-01"
    assert day_name(Day(start_ns=8 * hour, end_ns=32 * hour)) == "1970-01-01 from 08:00 UTC"

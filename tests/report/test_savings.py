from __future__ import annotations

import json

import msgspec
import pytest
from invoices import FORECAST, HOSTILE, savings_of, savings_report

from routed import World, play
from suffice.report.savings import as_json, forecast_words, interval, routed_share, state, unknown_shares


def test_the_three_figures_stand_apart() -> None:
    report = savings_report()
    found, said = report.savings, json.loads(as_json(report))
    assert found.measured is not None
    assert said["verified"]["savings_nanos"] == found.verified_nanos
    assert said["measured"]["savings_nanos"] == found.measured.nanos
    assert said["measured"]["low_nanos"] == found.measured.low_nanos
    assert said["modelled"]["savings_nanos"] == found.modelled.modelled_nanos
    assert (
        len(
            {
                said["verified"]["savings_usd"],
                said["measured"]["savings_usd"],
                said["modelled"]["savings_usd"],
            }
        )
        == 3
    )
    for name in ("bucket", "feature", "model", "day"):
        rows = said[f"by_{name}"]
        assert (
            sum(row["measured_nanos"] or 0 for row in rows)
            == said["measured_before_overhead"]["savings_nanos"]
        )
    assert (
        sum(row["cost_nanos"] + row["allowance_nanos"] for row in said["overhead"]["by_kind"])
        == (said["overhead"]["total_nanos"])
    )


def test_what_is_not_billed_says_why() -> None:
    states = {one.bucket: state(one) for one in savings_report().savings.strata}
    assert states["faq"] == "measured"
    assert "never billed" in states["bare"]
    assert "no certificate" in states[HOSTILE]


def test_the_notes_count_what_is_left_out() -> None:
    notes = " ".join(savings_report().notes)
    assert "20" not in notes.split()
    assert "modelled and never billed" in notes
    assert (
        "In faq, sessions with a call of unknown cost are kept out of both arms: 1 of routed (0.3%)." in notes
    )
    assert savings_report([]).notes == (
        "Nothing is measured in this period, so nothing is verified and no fee is due.",
    )
    bare = savings_report(savings=savings_of(play(World()).outcomes, certified=lambda *_: False))
    assert "No certificate held" in bare.notes[0]


def test_no_figure_is_said_and_not_zero() -> None:
    report = savings_report([])
    assert (report.verified, report.measured) == ("none", "none")
    said = json.loads(as_json(report))
    assert (said["verified"]["savings_nanos"], said["measured"]) == (None, None)
    assert "no use case" in interval(None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "the forecast held"),
        ({"measured_low": 0.1, "measured_high": 0.2}, "the forecast was off"),
        ({"measured": None, "measured_low": None, "measured_high": None}, "nothing is measured yet"),
    ],
)
def test_the_forecast_is_held_against_its_outcome(fields: dict[str, float | None], words: str) -> None:
    assert words in forecast_words(msgspec.structs.replace(FORECAST, **fields))


def test_the_period_and_the_probability_are_said() -> None:
    report = savings_report()
    assert report.span == "2026-03-01 00:00 UTC to 2026-04-01 00:00 UTC"
    assert {routed_share(one) for one in report.savings.strata} == {"80%", "100%"}
    assert unknown_shares(report.savings.strata[1]) == ""

from __future__ import annotations

import json

import msgspec
import pytest
from entries import START_NS
from reports import report

from suffice.ledger.projection import Kept
from suffice.report.page import render
from suffice.report.summary import as_json, at, dollars, share, shown, why
from suffice.report.terminal import next_step


@pytest.mark.parametrize(("now", "day"), [(0, 1), (0.99, 1), (1, 2), (13.5, 14), (-1, 1)])
def test_days_are_counted_from_the_first_request(now: float, day: int) -> None:
    assert report(now=now).day == day


def test_less_than_a_day_makes_no_month() -> None:
    young = report(hours=23.9)
    assert young.month(10**9) is None
    assert "too little" in young.basis


def test_a_month_is_scaled_from_what_was_covered_or_said() -> None:
    assert report(hours=48).month(2_000_000_000) == "$30.00"
    assert report(hours=1, observed_days=7).month(7_000_000_000) == "$30.00"
    assert "as you said" in report(observed_days=7).basis


def test_json_has_money_as_integers_and_as_text() -> None:
    told = json.loads(as_json(report(observed_days=30)))
    assert told["projection"]["savings_nanos"] == 15_000_000_000
    assert told["projection"]["savings_usd"] == "$15.000000000"
    assert told["projection"]["savings_low_nanos"] == 14_000_000_000
    assert told["projection"]["savings_at_same_length_nanos"] == 15_000_000_000
    assert told["projection"]["grade"] == "modelled"
    assert told["projection"]["fee_now_usd"] == "$0.00"
    assert told["projection"]["month"]["savings_usd"] == "$15.00"
    assert told["spend"]["unknown_costs"] == {"no_price": 2}
    assert told["kept_on_baseline"][0]["text"] == "no known kind of task was recognised"


def test_small_and_large_amounts_are_shown_with_fitting_precision() -> None:
    assert (dollars(12_345_678_901), dollars(123_456_789), dollars(-500)) == ("$12.35", "$0.1235", "$0.0000")


def test_shares_times_and_reasons_have_words() -> None:
    assert (share(1, 4), share(0, 0)) == ("25.0%", "-")
    assert at(START_NS) == "2026-11-24 00:00 UTC"
    assert at(None) == "-"
    assert why(Kept(reason="never_heard_of")) == "never heard of"


def test_control_and_direction_characters_are_made_visible() -> None:
    assert shown("a\x1b[2J\u202eb\x07") == "a\ufffd[2J\ufffdb\ufffd"


def test_the_report_says_what_the_decisions_rest_on() -> None:
    projection = msgspec.structs.replace(report().projection, evidence={"prior": 1_200, "calibrated": 3})
    text = report(projection=projection, serving_evidence="calibrated").assumptions[1]
    assert "1,200 on defaults for each kind of task (prior), 3 on estimates fitted on outcomes" in text
    assert "Nothing is claimed about quality before a bake-off" in text
    assert 'serving asks for evidence = "calibrated" ([policy])' in text
    projection = msgspec.structs.replace(projection, evidence={"certified": 5})
    certified = report(projection=projection)
    assert "Nothing is claimed" not in certified.assumptions[1]
    told = json.loads(as_json(certified))["projection"]
    assert (told["evidence"], told["serving_evidence"]) == ({"certified": 5}, "certified")
    assert told["assumptions"] == list(certified.assumptions)


def test_once_something_was_routed_it_says_where_that_is_measured() -> None:
    assert report().assumptions[-1].startswith("Nothing was routed")
    routed = report(projection=msgspec.structs.replace(report().projection, routed=1_811))
    assert routed.assumptions[-1].startswith("1,811 requests were routed already")
    assert "`suffice savings` measures" in next_step(routed)
    assert "Routed already" in render(routed)
    assert "nothing was routed" not in render(routed)


def test_before_anything_would_route_nothing_is_said_to_rest_on_anything() -> None:
    assert "Of the requests" not in report().assumptions[1]

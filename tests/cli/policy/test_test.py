from __future__ import annotations

import json
from pathlib import Path

import pytest
from policed import Desk, policy

from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.types import LoggedCall, Usage


@pytest.fixture
def week(desk: Desk) -> Path:
    """Eight tickets and two letters, asked of a flagship."""
    path = desk.folder / "week.jsonl"
    lines = [
        {
            "id": f"r{number}",
            "timestamp": f"2026-11-2{number % 5}T10:00:00+00:00",
            "feature": "tickets" if number < 8 else "letters",
            "request": {
                "model": "gpt-5.4",
                "messages": [{"role": "user", "content": f"Where is parcel {number}?"}],
            },
            "response": {"usage": {"prompt_tokens": 1_000, "completion_tokens": 100, "total_tokens": 1_100}},
        }
        for number in range(10)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_draft_is_tested_against_what_is_in_use(desk: Desk, week: Path) -> None:
    draft = desk.write(policy(desk.fresh()))
    told = desk.told("policy", "test", "--week", week, "--policy", draft)
    assert (told["requests"], told["routed_requests"], told["routed_share"]) == (10, 8, 0.8)
    assert (told["grade"], told["passed"], told["failures"]) == ("modelled", True, [])
    assert told["spend_nanos"] > told["savings_nanos"] > told["savings_adjusted_nanos"] > 0
    assert told["quality"]["lower"] == pytest.approx(0.8 * -0.021)
    assert [(one["bucket"], one["requests"]) for one in told["changed"]] == [("tickets", 8)]
    assert told["kept"] == {"no_certificate": 2}
    desk.publish(policy(desk.fresh()))
    assert desk.told("policy", "test", "--week", week, "--policy", "current")["changed_requests"] == 0
    assert desk.told("policy", "test", "--week", week, "--against", "none")["changed_requests"] == 8


def test_the_page_says_what_it_rests_on(desk: Desk, week: Path) -> None:
    done = desk.run("policy", "test", "--week", week, "--policy", desk.write(policy(desk.fresh())))
    assert done.exit_code == 0, done.output
    text = " ".join(done.stdout.split())
    for said in (
        "8 (80.0%)",
        "modelled",
        "union bound",
        "at least 95%",
        "8 decisions differ from none",
        "r0, r1, r2",
    ):
        assert said in text, said


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (["--max-quality-loss", "0.01"], "the mean score may change by -0.0168, below -0.01"),
        (["--min-savings", "0.99"], "less than 99.0%"),
    ],
)
def test_a_limit_that_is_broken_fails_the_job(desk: Desk, week: Path, limits: list[str], said: str) -> None:
    draft = desk.write(policy(desk.fresh()))
    done = desk.run("policy", "test", "--week", week, "--policy", draft, *limits)
    assert done.exit_code == 1
    assert said in done.stderr
    assert desk.told("policy", "test", "--week", week, "--policy", draft, *limits, code=1)["passed"] is False


def test_imported_calls_are_tested_too(desk: Desk) -> None:
    store = TrafficStore(desk.data / TRAFFIC)
    body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "Where is my parcel?"}]}
    usage = Usage(input_tokens=100, output_tokens=10)
    store.add(
        [
            LoggedCall(id="a", source="log", model="gpt-5.4", request=body, feature="tickets", usage=usage),
            LoggedCall(id="b", source="log", model="somebody-elses", request=body),
        ]
    )
    store.close()
    told = desk.told("policy", "test", "--traffic", "--policy", desk.write(policy(desk.fresh())))
    assert (told["requests"], told["unreadable"], told["routed_requests"]) == (1, 1, 1)


def test_what_is_missing_or_unreadable_is_said(desk: Desk, week: Path) -> None:
    assert desk.run("policy", "test").exit_code == 2
    assert desk.run("policy", "test", "--week", week, "--traffic").exit_code == 2
    assert "no traffic at" in desk.run("policy", "test", "--traffic").output
    week.write_text(week.read_text().replace("2026-11-20T10:00:00+00:00", "yesterday"))
    done = desk.run("policy", "test", "--week", week)
    assert done.exit_code == 2
    assert "'yesterday' is no ISO time" in done.output


def test_certificates_can_be_judged_at_another_time(desk: Desk, week: Path) -> None:
    draft = desk.write(policy(desk.fresh()))
    told = desk.told("policy", "test", "--week", week, "--policy", draft, "--as-of", "2020-01-01")
    assert told["routed_requests"] == 0

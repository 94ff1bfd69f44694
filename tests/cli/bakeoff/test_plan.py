from __future__ import annotations

import json
from pathlib import Path

from bakeoffs import bakeoff, configured, sums_at, trial_of
from sums import GOOD, journal

from suffice.evidence.plan import Plan


def test_a_plan_is_printed_with_its_forecast_and_kept(tmp_path: Path) -> None:
    done = bakeoff(sums_at(tmp_path), "plan", "--candidate", GOOD, "--candidate", "anthropic/other")
    assert done.exit_code == 0, done.output
    for shown in (
        "sums",
        "100",
        "numeric",
        "gpt-4o-mini",
        "a guess: 90 of 100",
        "Expected:",
        "another wire format",
    ):
        assert shown in done.stdout
    head = journal(tmp_path).head(trial_of(done))
    plan = Plan.decode(head.plan)
    assert (head.state, plan.id, plan.delta) == ("planned", head.id, 0.1)


def test_json_is_the_plan_itself(tmp_path: Path) -> None:
    done = bakeoff(sums_at(tmp_path), "plan", "--candidate", GOOD, "--seed", 3, "--delta", 0.02, "--json")
    plan = Plan.decode(done.stdout.encode())
    assert (plan.seed, plan.delta, plan.rows) == (3, 0.02, 1)
    assert Plan.decode(journal(tmp_path).head(plan.id).plan) == plan


def test_what_the_command_line_says_of_graders_counts_before_the_file(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    configured(tmp_path, "http://127.0.0.1:9", grader='[graders.sums]\nkind = "numeric"\n')
    for text in ("exact,ignore_case=true", "sums:exact,ignore_case=true"):
        done = bakeoff(config, "plan", "--candidate", GOOD, "--grader", text, "--json")
        grader = json.loads(done.stdout)["buckets"][0]["grader"]
        assert grader == {"kind": "exact", "ignore_case": True}


def test_nothing_to_try_is_an_error_with_the_reasons_above_it(tmp_path: Path) -> None:
    config = sums_at(tmp_path, count=7)
    done = bakeoff(config, "plan", "--candidate", GOOD)
    assert done.exit_code == 2
    assert "7 requests: a round is 20" in done.stdout
    assert "nothing can be tried" in done.stderr
    assert not (tmp_path / "trials.db").exists()


def test_a_mistake_in_an_option_is_named(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    for arguments, said in (
        (("--grader", "exakt"), 'did you mean "exact"?'),
        (("--grader", "exact,spaces"), "KEY=VALUE"),
        (("--grader", "exact,spaces=1"), "no grader has a key 'spaces'"),
        (("--bucket", "tickets"), "there are: sums"),
        (("--delta", "0"), "--delta"),
    ):
        done = bakeoff(config, "plan", "--candidate", GOOD, *arguments)
        assert done.exit_code == 2, done.output
        assert said in done.stderr


def test_without_a_log_it_says_what_makes_one(tmp_path: Path) -> None:
    done = bakeoff(configured(tmp_path, "http://127.0.0.1:9"), "plan")
    assert done.exit_code == 1
    assert "suffice import" in done.stderr

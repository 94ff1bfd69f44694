from __future__ import annotations

import json
from pathlib import Path

import msgspec
from bakeoffs import bakeoff, configured, sums_at, trial_of
from sums import GOOD, write_sums

from suffice.evidence.result import TrialResult
from suffice.testing import ReplayUpstream


def test_before_it_has_run_the_plan_is_shown(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD))
    shown = bakeoff(config, "show")
    assert "Expected:" in shown.stdout
    assert f"{trial} planned; spent $0.0000" in shown.stdout


def test_results_are_shown_and_read_back_from_json(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100, "few": 7})
    with ReplayUpstream.start(tmp_path) as upstream:
        config = configured(tmp_path, upstream.url)
        trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD, "--seed", 1))
        bakeoff(config, "run", "--max-usd", 5)
    shown = bakeoff(config, "show", trial)
    for text in ("EQUIVALENT", "not tried few: 7 requests", "100 requests", f"{trial} done"):
        assert text in shown.stdout
    document = json.loads(bakeoff(config, "show", trial, "--json").stdout)
    (result,) = [msgspec.convert(one, TrialResult) for one in document["results"]]
    assert (result.verdict, result.trial) == ("EQUIVALENT", trial)
    assert document["trial"]["spent_nanos"] == result.spent_nanos
    assert document["not_tried"] == [
        {"bucket": "few", "candidate": None, "reason": "7 requests: a round is 20"}
    ]


def test_trials_are_listed_the_newest_first(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    ids = [trial_of(bakeoff(config, "plan", "--candidate", GOOD)) for _ in range(2)]
    assert [line.split()[0] for line in bakeoff(config, "show", "--list").stdout.splitlines()] == ids[::-1]
    assert [one["id"] for one in json.loads(bakeoff(config, "show", "--list", "--json").stdout)] == ids[::-1]


def test_without_a_trial_it_says_what_makes_one(tmp_path: Path) -> None:
    done = bakeoff(sums_at(tmp_path), "show")
    assert done.exit_code == 1
    assert "`suffice bakeoff plan` makes one" in done.stderr

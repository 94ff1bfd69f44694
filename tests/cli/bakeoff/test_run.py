from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from bakeoffs import GRADER, bakeoff, configured, sums_at, trial_of
from sums import BAD, GOOD, journal, write_sums

from suffice.app import settings_from, traffic_from
from suffice.store.traffic import TRAFFIC, TrafficStore
from suffice.testing import ReplayOptions, ReplayUpstream


def test_a_planned_trial_runs_to_its_verdicts(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path) as upstream:
        config = configured(tmp_path, upstream.url)
        trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD, "--candidate", BAD, "--seed", 1))
        done = bakeoff(config, "run", trial, "--max-usd", 5)
    assert done.exit_code == 0, done.output
    for shown in ("EQUIVALENT", "gpt-4o-mini", "gpt-3.5-turbo", "100 requests", "done: every row has ended"):
        assert shown in done.stdout
    assert journal(tmp_path).head(trial).state == "done"


def test_json_has_the_results_and_nothing_else_on_standard_output(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path) as upstream:
        config = configured(tmp_path, upstream.url, bakeoff="delta = 0.1\nmax_usd = 5")
        bakeoff(config, "plan", "--candidate", GOOD, "--seed", 1)
        done = bakeoff(config, "run", "--json")
    document = json.loads(done.stdout)
    assert document["state"] == "done"
    assert document["results"][0]["verdict"] == "EQUIVALENT"
    assert document["spent_nanos"] == sum(result["spent_nanos"] for result in document["results"])


def test_nothing_is_spent_that_nobody_agreed_to(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    bakeoff(config, "plan", "--candidate", GOOD)
    done = bakeoff(config, "run")
    assert done.exit_code == 2
    assert "--max-usd" in done.stderr


def test_a_cap_that_is_reached_is_no_error(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    bakeoff(config, "plan", "--candidate", GOOD)
    done = bakeoff(config, "run", "--max-usd", 0.01)
    assert done.exit_code == 0, done.output
    assert "capped: $0.0000 of $0.0100 are spent" in done.stdout


def test_a_pause_is_an_error_that_says_why(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path, ReplayOptions(fault_rates=("402=1",))) as upstream:
        config = configured(tmp_path, upstream.url)
        trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD))
        done = bakeoff(config, "run", "--max-usd", 5)
    assert done.exit_code == 1
    assert f"trial {trial} is paused" in done.stderr
    assert "quota or credit is used up" in done.stderr


def test_a_provider_elsewhere_needs_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(write_sums(tmp_path, {"sums": 100}), "https://api.example.com")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    bakeoff(config, "plan", "--candidate", GOOD)
    done = bakeoff(config, "run", "--max-usd", 5)
    assert done.exit_code == 2
    assert "no key for openai: the variable OPENAI_API_KEY is not set" in done.stderr
    done = bakeoff(config, "run", "--max-usd", 5, "--key-env", "openai")
    assert "is not PROVIDER=VARIABLE" in done.stderr


def test_a_trial_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    assert "`suffice bakeoff plan` makes one" in bakeoff(config, "run", "--max-usd", 1).stderr
    bakeoff(config, "plan", "--candidate", GOOD)
    done = bakeoff(config, "run", "nothing", "--max-usd", 1)
    assert done.exit_code == 1
    assert "there is no trial nothing; there are: " in done.stderr


def test_a_trial_reads_sealed_traffic_and_seals_what_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_CAPTURES", "0f" * 32)
    write_sums(tmp_path, {"sums": 40})
    with closing(TrafficStore(tmp_path / TRAFFIC, read_only=True)) as plain:
        calls = list(plain.calls())
    for path in tmp_path.glob(f"{TRAFFIC}*"):
        path.unlink()
    with ReplayUpstream.start(tmp_path) as upstream:
        config = configured(
            tmp_path, upstream.url, grader=GRADER + '[captures]\nkey = "env:KEY_OF_CAPTURES"\n'
        )
        with closing(traffic_from(settings_from(config))) as sealed:
            sealed.add(calls)
        bakeoff(config, "plan", "--candidate", GOOD, "--seed", 1)
        done = bakeoff(config, "run", "--max-usd", 5)
    assert done.exit_code == 0, done.output
    assert "EQUIVALENT" in done.stdout or "INCONCLUSIVE" in done.stdout
    with closing(sqlite3.connect(tmp_path / "trials.db")) as connection:
        assert connection.execute("SELECT DISTINCT sealed FROM calls").fetchall() == [(1,)]

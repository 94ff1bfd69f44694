from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from pathlib import Path

from bakeoffs import bakeoff, configured, trial_of
from sums import BIG, GOOD, journal, write_sums

from suffice.store.trials import TRIALS, TrialStore
from suffice.testing import ReplayOptions, ReplayUpstream


def test_a_capped_trial_goes_on_with_more_money_and_asks_nothing_twice(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path) as upstream:
        config = configured(tmp_path, upstream.url)
        bakeoff(config, "plan", "--candidate", GOOD, "--seed", 1)
        assert "capped:" in bakeoff(config, "run", "--max-usd", 0.17).stdout
        done = bakeoff(config, "resume", "--max-usd", 5)
        bodies = [json.loads(served.body) for served in upstream.served]
    assert "EQUIVALENT" in done.stdout, done.output
    asked = Counter((body["messages"][0]["content"], body["model"]) for body in bodies)
    assert max(count for (_, model), count in asked.items() if model != BIG) == 1


def test_what_was_interrupted_is_asked_again_only_if_told(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    with ReplayUpstream.start(tmp_path) as upstream:
        config = configured(tmp_path, upstream.url)
        trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD, "--seed", 1))
        plan = json.loads(journal(tmp_path).head(trial).plan)
        first = plan["buckets"][0]["units"][0][0]
        with closing(TrialStore(tmp_path / TRIALS)) as store:
            store.intend(trial, (first, f"openai/{GOOD}", "0"), forecast_nanos=7, now_ns=1)
        (before,) = json.loads(bakeoff(config, "resume", "--max-usd", 5, "--json").stdout)["results"]
        assert before["no_verdict_reasons"] == {"interrupted": 1}
        again = bakeoff(config, "resume", "--max-usd", 5, "--again-interrupted", "--json")
        (after,) = json.loads(again.stdout)["results"]
    assert "1 calls are asked again" in again.stderr
    assert after["no_verdict"] == 0
    assert after["spent_nanos"] > before["spent_nanos"]


def test_what_failed_is_asked_again_only_if_told(tmp_path: Path) -> None:
    write_sums(tmp_path, {"sums": 100})
    faulty = ReplayOptions(fault_rates=("404=0.1",), seed=2)
    with ReplayUpstream.start(tmp_path, faulty) as broken, ReplayUpstream.start(tmp_path) as upstream:
        config = configured(tmp_path, broken.url)
        bakeoff(config, "plan", "--candidate", GOOD, "--seed", 1)
        (before,) = json.loads(bakeoff(config, "run", "--max-usd", 5, "--json").stdout)["results"]
        assert before["no_verdict_reasons"].keys() == {"rejected"}
        config = configured(tmp_path, upstream.url)
        (same,) = json.loads(bakeoff(config, "resume", "--max-usd", 5, "--json").stdout)["results"]
        assert same == before
        again = bakeoff(config, "resume", "--max-usd", 5, "--again-failed", "--json")
        (after,) = json.loads(again.stdout)["results"]
    assert after["no_verdict"] == 0

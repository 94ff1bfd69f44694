"""A trial is killed at random: no call is sent twice, and it ends as if nobody had killed it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from bakeoffs import bakeoff, configured, trial_of
from sums import BAD, GOOD, HAIKU, journal, write_sums

from suffice.evidence.trial import Graded
from suffice.testing import ReplayOptions, ReplayUpstream

KILLS = 4
WANTED = ("--candidate", GOOD, "--candidate", BAD, "--candidate", f"other/{HAIKU}", "--seed", 1)


def start(config: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "suffice",
        "bakeoff",
        *arguments,
        "--config",
        str(config),
        "--max-usd",
        "9",
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(upstream: ReplayUpstream, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while len(upstream.served) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)


def keys(upstream: ReplayUpstream) -> Counter[str]:
    """How often each call came in: its key stands for unit, model and repeat."""
    return Counter(dict(one.headers)["idempotency-key"] for one in upstream.served)


def grades(folder: Path, trial: str) -> dict[tuple[str, str], Graded]:
    with closing(journal(folder)) as store:
        return {
            (candidate, unit): msgspec.json.decode(grade, type=Graded)
            for candidate in (f"openai/{GOOD}", f"openai/{BAD}", f"other/{HAIKU}", "baseline")
            for unit, grade in store.grades(trial, "sums", candidate).items()
        }


def states(folder: Path, trial: str) -> Counter[str]:
    with closing(journal(folder)) as store:
        return Counter(call.state for call in store.calls(trial))


@pytest.mark.chaos
@pytest.mark.timeout(180)
def test_kills_in_the_middle_of_a_trial_pay_for_nothing_twice(tmp_path: Path) -> None:
    rng = random.Random(11)
    folder, calm = (write_sums(tmp_path / name, {"sums": 120}) for name in ("killed", "calm"))
    with ReplayUpstream.start(folder, ReplayOptions(latency_ms=15)) as upstream:
        config = configured(folder, upstream.url, bakeoff="delta = 0.03")
        trial = trial_of(bakeoff(config, "plan", *WANTED))
        killed = 0
        for _ in range(KILLS):
            process = start(config, "run", trial)
            wait_for(upstream, len(upstream.served) + rng.randint(4, 18), process)
            killed += process.poll() is None
            process.kill()
            process.communicate()
        process = start(config, "resume", trial)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        # A provider may see a call end after the process that made it is gone.
        upstream.wait_served(sum(states(folder, trial).values()) - states(folder, trial)["interrupted"])
        assert killed == KILLS
        assert max(keys(upstream).values()) == 1, "a call was sent twice"
        interrupted = states(folder, trial)["interrupted"]
        assert interrupted > 0, "no kill hit a call: the test shows nothing"
        after_kills = grades(folder, trial)

        process = start(config, "resume", trial, "--again-interrupted", "--json")
        out, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        mended = json.loads(out)
        assert max(keys(upstream).values()) <= 2
        assert sum(count - 1 for count in keys(upstream).values()) <= interrupted
        # A row that is dropped earlier now than it was no longer needs all of what was lost.
        assert states(folder, trial).keys() <= {"done", "again"}

    with ReplayUpstream.start(calm) as upstream:
        config = configured(calm, upstream.url, bakeoff="delta = 0.03")
        other = trial_of(bakeoff(config, "plan", *WANTED))
        undisturbed = json.loads(bakeoff(config, "run", other, "--max-usd", 9, "--json").stdout)
    expected = grades(calm, other)
    lost = {key for key, graded in after_kills.items() if graded.code == "interrupted"}
    assert lost
    same = after_kills.keys() & expected.keys() - lost
    assert len(same) > 100
    assert {key: after_kills[key] for key in same} == {key: expected[key] for key in same}
    assert [without_money(one) for one in mended["results"]] == [
        without_money(one) for one in undisturbed["results"]
    ]
    assert mended["spent_nanos"] > undisturbed["spent_nanos"], "what may have been paid for is counted"


def without_money(result: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in result.items() if name not in {"trial", "spent_nanos"}}


@pytest.mark.chaos
def test_a_second_process_is_kept_out_while_the_first_lives_and_not_after_it_is_killed(
    tmp_path: Path,
) -> None:
    folder = write_sums(tmp_path, {"sums": 60})
    with ReplayUpstream.start(folder, ReplayOptions(latency_ms=200)) as upstream:
        config = configured(folder, upstream.url)
        trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD))
        first = start(config, "run", trial)
        wait_for(upstream, 1, first)
        second = bakeoff(config, "run", trial, "--max-usd", 5)
        assert second.exit_code == 1
        assert "is running in another process" in second.stderr
        first.kill()
        first.communicate()
        assert bakeoff(config, "resume", trial, "--max-usd", 5).exit_code == 0
        assert max(keys(upstream).values()) == 1

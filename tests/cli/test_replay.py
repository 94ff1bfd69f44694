from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recorded import write_answers
from suffice.testing import ReplayOptions, ReplayUpstream
from suffice.testing.replay_upstream.server import bind, url_of

SIZE = 6


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_answers(tmp_path_factory.mktemp("answers"))


@pytest.fixture(scope="module")
def upstream(answers: Path) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(answers) as upstream:
        yield upstream


def replay(week: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "suffice", "replay", week, *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("api", ["chat", "responses", "messages", "mixed"])
def test_a_week_is_played_and_summed_up(answers: Path, upstream: ReplayUpstream, api: str) -> None:
    done = replay(answers / "week.jsonl", "--to", upstream.url, "--api", api, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["sent"], summary["ok"], summary["failed"], summary["left"]) == (SIZE, SIZE, 0, 0)
    assert "answered well" in done.stderr


def test_a_folder_and_a_url_with_v1_will_do(answers: Path, upstream: ReplayUpstream) -> None:
    done = replay(answers, "--to", f"{upstream.url}/v1/", "--limit", "2", "--json")
    assert json.loads(done.stdout)["sent"] == 2


def test_a_replay_goes_on_where_it_stopped(answers: Path, upstream: ReplayUpstream, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    first = replay(answers, "--to", upstream.url, "--state", state, "--limit", "4", "--json")
    second = replay(answers, "--to", upstream.url, "--state", state, "--json")
    summaries = [json.loads(done.stdout) for done in (first, second)]
    assert [(summary["sent"], summary["skipped"]) for summary in summaries] == [(4, 0), (2, 4)]


def test_what_failed_is_shown_and_tried_again(answers: Path, tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with ReplayUpstream.start(answers, ReplayOptions(fault_rates=("429=1",))) as busy:
        done = replay(answers, "--to", busy.url, "--state", state, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["failures"] == {"status 429": SIZE}
    assert "Rate limit reached" in done.stderr
    with ReplayUpstream.start(answers) as fine:
        again = replay(answers, "--to", fine.url, "--state", state, "--json")
    assert (again.returncode, json.loads(again.stdout)["ok"]) == (0, SIZE)


def test_ctrl_c_ends_it_with_a_summary(answers: Path, upstream: ReplayUpstream) -> None:
    program = [
        sys.executable,
        "-m",
        "suffice",
        "replay",
        answers,
        "--to",
        upstream.url,
        "--speed",
        "0.1",
        "--json",
    ]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        before = len(upstream.served)
        while len(upstream.served) == before:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        out, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert json.loads(out)["left"] == SIZE - json.loads(out)["sent"] > 0
    assert b"not sent" in said
    assert b"Traceback" not in said


def test_nobody_there_is_told_with_the_fix(answers: Path) -> None:
    with bind(0) as listening:
        nobody = url_of(listening)
    done = replay(answers, "--to", nobody)
    assert done.returncode == 2
    assert f"suffice serve --port {nobody.rpartition(':')[2]}" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--to", "localhost:8080"), "is no URL"),
        (("--to", "http://x", "--speed", "fast"), "neither 'max' nor a number"),
        (("--to", "http://x", "--speed", "0"), "neither 'max' nor a number"),
    ],
)
def test_mistakes_are_told(answers: Path, options: tuple[str, ...], said: str) -> None:
    done = replay(answers, *options)
    assert done.returncode == 2
    assert said in done.stderr

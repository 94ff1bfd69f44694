from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from recorded import HELLO, write_answers
from suffice.cli.replay_upstream import command
from suffice.testing.replay_upstream.server import bind, url_of


def start(answers: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    arguments = [
        sys.executable,
        "-m",
        "suffice",
        "replay-upstream",
        "--answers",
        answers,
        "--port",
        "0",
        *options,
    ]
    process = subprocess.Popen(arguments, stderr=subprocess.PIPE)
    said = process.stderr.readline().decode()
    assert said.startswith("replays 6 prompts of 4 models on http://"), said
    return process, said.split()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "log.jsonl"
    process, url = start(write_answers(tmp_path / "answers"), "--log", str(log), "--fault", "418=1")
    body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": HELLO}]}
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}/v1/chat/completions", json.dumps(body).encode(), timeout=5)
    with caught.value as error:
        assert error.code == 418
    process.send_signal(number)
    said = process.communicate(timeout=10)[1]
    assert process.returncode == (0 if number == signal.SIGINT else -signal.SIGTERM)
    assert b"Traceback" not in said
    assert json.loads(log.read_text())["status"] == 418


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--fault", "often"), "write, for example, 429=0.01"), (("--fault", "x=0.5"), "no such fault: 'x'")],
)
def test_a_mistyped_fault_is_told(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    answers = write_answers(tmp_path)
    arguments = [sys.executable, "-m", "suffice", "replay-upstream", "--answers", answers, *options]
    done = subprocess.run(arguments, capture_output=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr.decode()


def test_a_taken_port_and_a_folder_without_a_week_are_told(tmp_path: Path) -> None:
    with bind(0) as taken:
        port = url_of(taken).rpartition(":")[2]
        result = CliRunner().invoke(
            command, ["--answers", str(write_answers(tmp_path / "a")), "--port", port]
        )
    assert "choose another with --port" in str(result.exception)
    result = CliRunner().invoke(command, ["--answers", str(tmp_path)])
    assert "no recorded week" in str(result.exception)

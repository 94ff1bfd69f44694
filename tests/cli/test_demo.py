"""The whole demo as a user runs it: what it leaves behind, what it says when it cannot, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from recorded import HELLO, MODELS, TEXTS, write_answers
from suffice.testing.replay_upstream.server import bind, url_of


def free_port() -> int:
    with bind(0) as listening:
        return int(url_of(listening).rpartition(":")[2])


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "suffice", "demo", *map(str, arguments)]


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=110)


@contextmanager
def started(out: IO[str] | int, *arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """A demo in the background, which a failing test does not leave behind."""
    with subprocess.Popen(command(*arguments), stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_whole_job_on_generated_traffic(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    done = demo("--port", port, "--once", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    sent = (out / "traffic" / "week.jsonl").read_text().count("\n")
    assert f"{sent:,} requests of one week" in done.stdout
    assert json.loads((out / "report.json").read_text())
    assert "<html" in (out / "report.html").read_text()
    assert (out / "data" / "ledger.db").stat().st_size > 0
    assert f"http://127.0.0.1:{port}" in done.stdout
    assert nobody_listens(port)
    again = demo("--port", port, "--once", "--out", out, "--seed", "2")
    assert again.returncode == 0, again.stdout + again.stderr


def test_a_recorded_week_and_a_proxy_that_stays_until_ctrl_c(tmp_path: Path) -> None:
    port, answers = free_port(), write_answers(tmp_path / "answers")
    log = (tmp_path / "said").open("w+")
    with log, started(log, "--port", port, "--data", answers, "--out", tmp_path / "out") as process:
        deadline = time.monotonic() + 60
        while "stays up" not in (tmp_path / "said").read_text():
            assert process.poll() is None, (tmp_path / "said").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        body = {"model": MODELS[0], "messages": [{"role": "user", "content": HELLO}]}
        url = f"http://127.0.0.1:{port}/v1/chat/completions"
        with urllib.request.urlopen(url, json.dumps(body).encode(), timeout=10) as answer:
            assert json.load(answer)["choices"][0]["message"]["content"] == TEXTS[HELLO]
            assert answer.headers["x-suffice-decision"]
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(30) == 0
    assert nobody_listens(port)


def test_a_terminated_demo_ends_its_children(tmp_path: Path) -> None:
    port, answers = free_port(), write_answers(tmp_path / "answers")
    with started(subprocess.DEVNULL, "--port", port, "--data", answers, "--out", tmp_path / "out") as process:
        deadline = time.monotonic() + 60
        while nobody_listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(40) == 128 + signal.SIGTERM
    assert nobody_listens(port)


def test_a_taken_port_is_told_with_the_fix(tmp_path: Path) -> None:
    with bind(0) as taken:
        port = int(url_of(taken).rpartition(":")[2])
        done = demo("--port", port, "--once", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr
    assert f"make demo PORT={port + 1}" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").write_text("mine")
    done = demo("--port", free_port(), "--once", "--out", tmp_path)
    assert done.returncode == 2
    assert "no demo made it" in done.stderr
    assert (tmp_path / "data" / "ledger.db").read_text() == "mine"


def test_requests_that_fail_fail_the_demo(tmp_path: Path) -> None:
    answers = write_answers(tmp_path / "answers")
    lines = [json.loads(line) for line in (answers / "week.jsonl").read_text().splitlines()]
    lines[0]["request"]["model"] = "gpt-1"
    (answers / "week.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = demo("--port", free_port(), "--data", answers, "--once", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "1 of 6 requests failed" in done.stderr
    assert "gpt-1" in done.stdout


@pytest.mark.parametrize("missing", ["week.jsonl", "answers.jsonl"])
def test_a_folder_without_a_recording_is_told(tmp_path: Path, missing: str) -> None:
    answers = write_answers(tmp_path / "answers")
    (answers / missing).unlink()
    done = demo("--port", free_port(), "--data", answers, "--once", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "no recorded" in done.stderr

"""The whole demo as a user runs it: what it leaves behind, what it says when it cannot, how it ends."""

from __future__ import annotations

import json
import os
import re
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

import msgspec
import pytest

from recorded import HELLO, MODELS, TEXTS, write_answers
from suffice.app import LEDGER, policies_from, settings_from
from suffice.evidence.publish import in_use
from suffice.evidence.result import TrialResult
from suffice.ledger.chain import verify
from suffice.ledger.entry import Entry
from suffice.ledger.invoice import Invoice
from suffice.policy.published import Published
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TRIALS, TrialStore
from suffice.testing.recorded_week import WeekRequest, read_week
from suffice.testing.replay_upstream.server import bind, url_of
from suffice.types import Outcome


def free_port() -> int:
    with bind(0) as listening:
        return int(url_of(listening).rpartition(":")[2])


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "suffice", "demo", *map(str, arguments)]


def demo(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=380)


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


@pytest.mark.timeout(400)
def test_the_whole_job_on_generated_traffic(tmp_path: Path) -> None:
    port, out = free_port(), tmp_path / "out"
    done = demo("--port", port, "--once", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"http://127.0.0.1:{port}" in done.stdout
    assert nobody_listens(port)
    weeks = [list(read_week(out / "traffic" / f"week-{number}.jsonl")) for number in (1, 2, 3)]
    entries = settled(out)
    assert len([one for one in entries if one.outcome.leg == "served"]) == sum(map(len, weeks))
    assert {one.outcome.status for one in entries} == {200}
    assert {one.outcome.fault for one in entries} == {None}
    check_watched(out, len(weeks[0]))
    certified = check_proved(out, weeks[0], done.stdout)
    check_routed([one.outcome for one in entries], certified)
    check_saved(out, done.stdout)


def settled(out: Path) -> list[Entry]:
    store = SqliteStore(out / "data" / LEDGER, read_only=True)
    try:
        audit = verify(store.links())
        assert audit.sound, audit.problems
        assert store.unchained() == []
        entries = list(store.entries())
        assert audit.entries == len(entries)
    finally:
        store.close()
    return entries


def check_watched(out: Path, requests: int) -> None:
    report = json.loads((out / "report.json").read_text())
    assert report["total"]["requests"] == requests
    assert report["projection"]["savings_nanos"] > 0
    assert "<html" in (out / "report.html").read_text()


def check_proved(out: Path, week: list[WeekRequest], said: str) -> set[tuple[str, str]]:
    """Verdicts against what the generator really drew: the scores that no grader has seen."""
    store = TrialStore(out / "data" / TRIALS, read_only=True)
    (head,) = store.heads()
    results = [msgspec.json.decode(row, type=TrialResult) for row in store.results(head.id)]
    store.close()
    truth = differences(out / "traffic" / "answers.jsonl", week)
    verdicts = {(one.bucket, one.candidate): one.verdict for one in results}
    assert {"EQUIVALENT", "WORSE"} <= set(verdicts.values())
    assert verdicts["price-reasoning", "gpt-5.4-mini"] == "WORSE"
    assert verdicts["support-intent", "gpt-5.4-mini"] == "EQUIVALENT"
    assert verdicts["refund-agent", "gpt-5.4-mini"] == "EQUIVALENT"
    assert all(truth[key] <= -0.05 for key, verdict in verdicts.items() if verdict == "WORSE")
    certified = {(one.bucket, one.candidate) for one in policies(out).certificates}
    assert len(certified) >= 5
    assert all(verdicts[key] == "EQUIVALENT" and truth[key] > -0.05 for key in certified)
    assert f"* certified, {len(certified)} of {len(results)}" in said
    return certified


def differences(answers: Path, week: list[WeekRequest]) -> dict[tuple[str, str], float]:
    """Mean score against the baseline's, over all of the week."""
    scores: dict[tuple[str, str], float] = {}
    for line in answers.read_text().splitlines():
        row = json.loads(line)
        scores[row["request_id"], row["model"]] = row["score"]
    found: dict[tuple[str, str], list[float]] = {}
    for request in week:
        baseline = scores[request.id, request.request["model"]]
        for model in ("gpt-5.4-mini", "gpt-5.4-nano"):
            found.setdefault((request.feature, model), []).append(scores[request.id, model] - baseline)
    return {key: sum(values) / len(values) for key, values in found.items()}


def policies(out: Path) -> Published:
    published = in_use(policies_from(settings_from(out / "suffice.toml")))[1]
    assert published is not None
    return published


def check_routed(outcomes: list[Outcome], certified: set[tuple[str, str]]) -> None:
    routed = [one for one in outcomes if one.arm == "routed"]
    holdout = [one for one in outcomes if one.arm == "holdout"]
    assert {(one.bucket, one.sent_model) for one in routed} <= certified
    assert {one.sent_model for one in holdout} == {""}
    assert 0.07 < len(holdout) / (len(routed) + len(holdout)) < 0.13
    assert "price-reasoning" not in {one.bucket for one in routed}
    arms: dict[tuple[str, str], list[str]] = {}
    for one in [*routed, *holdout]:
        arms.setdefault((one.session, one.bucket), []).append(one.arm)
    several = [names for names in arms.values() if len(names) > 1]
    assert len(several) > 50
    assert all(len(set(names)) == 1 for names in several)


def check_saved(out: Path, said: str) -> None:
    invoice = Invoice.decode((out / "invoice.json").read_bytes(), name="invoice.json")
    assert invoice.verified_nanos is not None
    assert 0 < invoice.verified_nanos < invoice.modelled_nanos
    assert invoice.fee_nanos == invoice.verified_nanos * 20 // 100
    assert any(item.kind == "overhead" and item.nanos < 0 for item in invoice.items)
    for page in ("savings.html", "invoice.html"):
        assert "<html" in (out / page).read_text()
    assert "Every hash follows from the one before" in said
    assert f"sound: {invoice.fee_nanos} nano-dollars" in said
    assert re.search(r"\$\d+\.\d{4} verified", said)


def test_an_old_demo_is_replaced_and_small_traffic_is_only_watched(tmp_path: Path) -> None:
    answers, out = write_answers(tmp_path / "answers"), tmp_path / "out"
    for _ in range(2):
        done = demo("--port", free_port(), "--data", answers, "--once", "--out", out)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "This recording ends here" in done.stdout
        assert json.loads((out / "report.json").read_text())["total"]["requests"] == 6
    assert not (out / "invoice.json").exists()


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

"""The live guard in the whole proxy: a candidate that does harm is found, taken back on all workers, and told of."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from listening import listening
from live import LiveProxy, running_proxy
from route_proxy import BASELINE, CHEAPER, certified, chat, config, publish

from recorded import SENTIMENT, write_answers
from suffice.testing import ReplayUpstream

WITHIN_S = 30.0
FEATURE = "reviews"


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    """An upstream whose cheaper model answers wrongly."""
    folder = write_answers(tmp_path_factory.mktemp("answers"))
    path = folder / "answers.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        if line["model"] == CHEAPER:
            line["message"] = json.dumps({"role": "assistant", "content": "negative"})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with ReplayUpstream.start(folder) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


def guarded(upstream: str, more: str = "") -> str:
    lines = f"""
mode = "route"
[route]
holdout = 0.3
ramp = [1.0]
[guard]
shadow_share = 1.0
interval_s = 0.2
{more}
[graders."*"]
kind = "exact"
reference = "baseline"
"""
    return config(upstream, lines)


def ask(port: int, session: str, *, stream: bool = False) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "authorization": "Bearer sk-test",
        "x-suffice-feature": FEATURE,
        "x-suffice-session": session,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/v1/chat/completions", chat(SENTIMENT, stream=stream), headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
        return {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def status(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "suffice", "status", "--json", "--config", str(folder / "suffice.toml")]
    environ = {**os.environ, "WEBHOOK_KEY": "k-1"}
    said = subprocess.run(command, check=True, capture_output=True, env=environ).stdout
    found: dict[str, Any] = json.loads(said)
    return found


def the_bucket(folder: Path) -> dict[str, Any]:
    return next(one for one in status(folder)["buckets"] if one["bucket"] == FEATURE)


def all_back(proxy: LiveProxy) -> bool:
    return all(ask(proxy.port, f"later-{number}")["x-suffice-model"] == BASELINE for number in range(12))


def test_a_candidate_that_does_harm_goes_back_to_the_baseline(tmp_path: Path, worse: ReplayUpstream) -> None:
    publish(tmp_path / "data", certified(FEATURE))
    with listening() as (url, came):
        more = f'webhook = "{url}"\nwebhook_secret = "env:WEBHOOK_KEY"\n'
        with running_proxy(
            tmp_path, guarded(worse.url, more), workers=2, environ={"WEBHOOK_KEY": "k-1"}
        ) as proxy:
            models = {ask(proxy.port, f"s-{n}", stream=n % 2 == 0)["x-suffice-model"] for n in range(30)}
            assert models == {BASELINE, CHEAPER}
            wait_for(lambda: all_back(proxy))
            wait_for(lambda: len(came) >= 2)
            entries = [entry.outcome for entry in proxy.ledger(at_least=60)]
        shadows = [one for one in entries if one.leg == "shadow"]
        served = {one.id: one for one in entries if one.leg == "served"}
        assert len(shadows) >= 8
        for one in shadows:
            answered = served[one.parent]
            other = CHEAPER if answered.arm == "holdout" else ""
            assert (one.sent_model, one.requested_model, one.bucket) == (other, BASELINE, FEATURE)
            assert one.usage is not None
        assert {served[one.parent].arm for one in shadows} == {"routed", "holdout"}
    headers, body = came[1]
    at, digits = (part.partition("=")[2] for part in headers["x-suffice-signature"].split(","))
    assert hmac.new(b"k-1", f"{at}.".encode() + body, hashlib.sha256).hexdigest() == digits
    assert came[0][0]["x-suffice-event"] == headers["x-suffice-event"]
    event = json.loads(body)
    assert (event["what"], event["bucket"], event["candidate"]) == ("demoted", FEATURE, CHEAPER)
    assert event["upper"] < 0
    bucket = the_bucket(tmp_path)
    assert bucket["mode"] == "observe"
    assert bucket["reason"].startswith("guard: worse:")
    assert bucket["last_event"] == event
    assert [one["state"] for one in bucket["candidates"] if one["candidate"] == CHEAPER] == ["voided"]


def test_a_candidate_that_answers_alike_stays(tmp_path: Path, good: ReplayUpstream) -> None:
    publish(tmp_path / "data", certified(FEATURE))
    with running_proxy(tmp_path, guarded(good.url)) as proxy:
        for number in range(20):
            ask(proxy.port, f"s-{number}")
        wait_for(lambda: _pairs(tmp_path) == 20)
        assert not (tmp_path / "data" / "events.jsonl").exists()
    (one,) = [one for one in the_bucket(tmp_path)["candidates"] if one["candidate"] == CHEAPER]
    assert (one["state"], one["mean"]) == ("fine", 0.0)
    assert one["routed"]["sessions"] + one["holdout"]["sessions"] == 20


def test_a_day_spends_no_more_than_it_may(tmp_path: Path, good: ReplayUpstream) -> None:
    publish(tmp_path / "data", certified(FEATURE))
    with running_proxy(tmp_path, guarded(good.url, "shadow_usd_per_day = 0.0\n")) as proxy:
        ask(proxy.port, "s-1")
        wait_for(lambda: proxy.health()["shadows"]["dropped"] == {"allowance": 1})
        assert [one.outcome.leg for one in proxy.ledger(at_least=1)] == ["served"]


def test_feedback_is_kept_counted_by_arm_and_once(tmp_path: Path, good: ReplayUpstream) -> None:
    publish(tmp_path / "data", certified(FEATURE))
    with running_proxy(tmp_path, guarded(good.url)) as proxy:
        answers = [ask(proxy.port, f"s-{number}") for number in range(12)]
        for answer in answers:
            for _ in range(2):
                said = {"decision": answer["x-suffice-decision"], "thumbs": "down", "corrected": "positive"}
                assert tell(proxy.port, said) == (
                    202,
                    {"decision": said["decision"], "accepted": ["thumbs", "corrected"]},
                )
        assert tell(proxy.port, {"decision": "0" * 30, "score": 0.1})[0] == 202
        assert tell(proxy.port, {"decision": "x"})[0] == 400
        wait_for(lambda: _feedback(tmp_path) == 12)
    (one,) = [one for one in the_bucket(tmp_path)["candidates"] if one["candidate"] == CHEAPER]
    arms = [answer["x-suffice-arm"] for answer in answers]
    for arm in ("routed", "holdout"):
        assert one[arm]["with_signal"].get("feedback", 0) == arms.count(arm)


def tell(port: int, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/v1/feedback", json.dumps(said), {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _candidate(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = next(
        one for one in the_bucket(folder)["candidates"] if one["candidate"] == CHEAPER
    )
    return found


def _pairs(folder: Path) -> int:
    return int(_candidate(folder)["pairs"])


def _feedback(folder: Path) -> int:
    found = _candidate(folder)
    return sum(found[arm]["with_signal"].get("feedback", 0) for arm in ("routed", "holdout") if found[arm])

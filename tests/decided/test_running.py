"""What is decided in a running proxy: the stakes header, hot swap of what was learned, decisions on record."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from learned import artifact as artifact_of
from live import LiveProxy, providers, running_proxy

from recorded import HELLO, SENTIMENT, write_answers
from suffice.cli import main
from suffice.store.artifacts import DIRECTORY, POINTER, Artifacts
from suffice.testing import ReplayUpstream

WITHIN_S = 20.0


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


@pytest.fixture
def proxy(upstream: ReplayUpstream, tmp_path: Path) -> Iterator[LiveProxy]:
    with running_proxy(tmp_path, providers(upstream.url)) as proxy:
        yield proxy


def ask(port: int, prompt: str = SENTIMENT, **headers: str) -> tuple[int, dict[str, str]]:
    body = json.dumps({"model": "gpt-5.4", "messages": [{"role": "user", "content": prompt}]})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(
            "POST", "/v1/chat/completions", body, {"content-type": "application/json", **named}
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def explained(folder: Path, *arguments: str) -> Any:
    ended = CliRunner().invoke(
        main, ["explain", "--config", str(folder / "suffice.toml"), "--json", *arguments]
    )
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_stakes_keep_the_baseline_and_never_fail_a_request(proxy: LiveProxy, tmp_path: Path) -> None:
    sent = {"0.001": "prior_suffices", "25": "stakes", "very high": "stakes_unreadable"}
    ids = {}
    for stakes, reason in sent.items():
        status, headers = ask(proxy.port, x_suffice_stakes_usd=stakes)
        assert (status, headers["x-suffice-reason"]) == (200, reason)
        ids[stakes] = headers["x-suffice-decision"]
    proxy.ledger(at_least=3)
    told = explained(tmp_path, "--decision", ids["25"])
    assert (told["choice"]["reason"], told["stakes_usd"]) == ("stakes", "$25.000000000")
    assert {one["veto"] for one in told["candidates"]} == {"stakes"}


def test_a_past_decision_is_explained_as_the_same_request_is(proxy: LiveProxy, tmp_path: Path) -> None:
    _, headers = ask(proxy.port, x_suffice_feature="tagging")
    proxy.ledger(at_least=1)
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"model": "gpt-5.4", "messages": [{"role": "user", "content": SENTIMENT}]}))
    past = explained(tmp_path, "--decision", headers["x-suffice-decision"])
    now = explained(tmp_path, str(path), "--feature", "tagging")
    assert past.pop("id") == headers["x-suffice-decision"]
    assert now.pop("id") is None
    assert past == now
    assert past["choice"]["model"] != "gpt-5.4"
    assert past["serving"]["reason"] == "no_certificate"


def test_no_text_of_a_prompt_is_on_record(proxy: LiveProxy, tmp_path: Path) -> None:
    secret = "xylophone-42-zebra"
    _, headers = ask(proxy.port, f"{HELLO} {secret} Classify {secret} in one word, {secret}.")
    proxy.ledger(at_least=1)
    told = explained(tmp_path, "--decision", headers["x-suffice-decision"])
    assert "xylophone" not in json.dumps(told)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"xylophone" not in kept


def test_what_is_learned_is_put_to_use_under_load_without_a_failed_request(
    proxy: LiveProxy, tmp_path: Path
) -> None:
    artifacts = Artifacts(tmp_path / "data" / DIRECTORY)
    learned = [artifact_of(delta) for delta in (0.01, 0.02, 0.03)]
    stop, statuses = threading.Event(), []

    def load() -> None:
        while not stop.is_set():
            statuses.append(ask(proxy.port)[0])

    clients = [threading.Thread(target=load) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        wait_for(lambda: len(statuses) > 5)
        for artifact in learned:
            artifacts.publish(artifact.fingerprint, artifact.encode())
            wait_for(lambda wanted=artifact.fingerprint: proxy.health()["predictor"] == wanted)  # type: ignore[misc] -- a default binds it
            already = len(statuses)
            wait_for(lambda seen=already: len(statuses) > seen + 5)  # type: ignore[misc] -- the same
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert set(statuses) == {200}
    entries = proxy.ledger(at_least=len(statuses))
    assert {entry.outcome.predictor for entry in entries} == {"prior", *(one.fingerprint for one in learned)}
    assert {entry.outcome.policy for entry in entries} == {proxy.health()["policy"]}
    assert proxy.health()["faults"] == {}


def test_a_broken_artifact_changes_nothing_and_is_told(proxy: LiveProxy, tmp_path: Path) -> None:
    artifacts, good = Artifacts(tmp_path / "data" / DIRECTORY), artifact_of(0.01)
    artifacts.publish(good.fingerprint, good.encode())
    wait_for(lambda: proxy.health()["predictor"] == good.fingerprint)
    artifacts.publish("0" * 12, good.encode())
    wait_for(lambda: proxy.health()["artifact_error"] is not None)
    health = proxy.health()
    assert "another fingerprint" in health["artifact_error"]
    assert (health["predictor"], health["faults"]) == (good.fingerprint, {"reload": 1})
    assert ask(proxy.port)[0] == 200
    (tmp_path / "data" / DIRECTORY / POINTER).unlink()
    wait_for(lambda: proxy.health()["predictor"] == "prior")
    assert proxy.health()["artifact_error"] is None
    assert "another fingerprint" in proxy.log

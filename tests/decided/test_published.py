"""A published policy in a running proxy: hot swap under load on all workers, beside what was learned; explanations."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from learned import artifact as artifact_of
from live import LiveProxy, providers, running_proxy
from policed import Desk, policy

from load import Client
from recorded import SENTIMENT, write_answers
from suffice.policy.published import Published
from suffice.store.artifacts import DIRECTORY, Artifacts
from suffice.testing import ReplayUpstream

WITHIN_S = 20.0
OBSERVE = '[observation]\nevidence = "certified"\n'


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ask(port: int, feature: str = "tickets") -> dict[str, str]:
    body = json.dumps({"model": "gpt-5.4", "messages": [{"role": "user", "content": SENTIMENT}]})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"content-type": "application/json", "x-suffice-feature": feature}
        connection.request("POST", "/v1/chat/completions", body, headers)
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
        time.sleep(0.02)


def on_all(proxy: LiveProxy, published: str | None, predictor: str = "prior") -> None:
    """Waits until every worker has answered with this policy and predictor."""
    seen: dict[int, tuple[Any, Any]] = {}

    def all_of_them() -> bool:
        health = proxy.health()
        seen[health["worker"]] = (health["published"], health["predictor"])
        return len(seen) == 2 and set(seen.values()) == {(published, predictor)}

    wait_for(all_of_them)


def test_a_policy_is_put_to_use_on_all_workers_under_load_without_a_failed_request(
    upstream: ReplayUpstream, desk: Desk
) -> None:
    one, two = (policy(desk.fresh(trial=name)) for name in ("t1", "t2"))
    learned = artifact_of(0.01)
    with running_proxy(desk.folder, OBSERVE + providers(upstream.url), workers=2) as proxy:
        stop = threading.Event()
        clients = [Client(proxy.port, number, stop) for number in range(4)]
        for client in clients:
            client.start()
        try:
            on_all(proxy, None)
            assert ask(proxy.port)["x-suffice-reason"] == "no_certificate"
            desk.publish(one)
            on_all(proxy, one.fingerprint)
            assert ask(proxy.port)["x-suffice-reason"] == "certified_suffices"
            assert ask(proxy.port, "other")["x-suffice-reason"] == "no_certificate"
            Artifacts(desk.data / DIRECTORY).publish(learned.fingerprint, learned.encode())
            on_all(proxy, one.fingerprint, learned.fingerprint)
            desk.publish(two)
            on_all(proxy, two.fingerprint, learned.fingerprint)
            assert desk.run("policy", "rollback").exit_code == 0
            on_all(proxy, one.fingerprint, learned.fingerprint)
            assert desk.run("policy", "rollback", "none").exit_code == 0
            on_all(proxy, Published().fingerprint, learned.fingerprint)
            assert ask(proxy.port)["x-suffice-reason"] == "no_certificate"
        finally:
            stop.set()
            for client in clients:
                client.join()
        assert [client.broken for client in clients] == [0] * 4
        seen = [id_ for client in clients for id_ in client.seen]
        assert len(seen) > 20
        assert {entry.outcome.id for entry in proxy.ledger(at_least=len(seen) + 4)} >= set(seen)
        assert proxy.health()["faults"] == {}


def test_a_policy_that_cannot_be_used_changes_nothing_and_is_told(
    upstream: ReplayUpstream, desk: Desk
) -> None:
    good = policy(desk.fresh())
    with running_proxy(desk.folder, OBSERVE + providers(upstream.url)) as proxy:
        desk.publish(good)
        wait_for(lambda: proxy.health()["published"] == good.fingerprint)
        assert proxy.health()["certificates"] == {"valid": 1, "expired": 0, "voided": 0}
        broken = policy(desk.fresh(bucket="letters"), scheme="0123456789ab")
        Artifacts(desk.data / "policies", suffix=".json").publish(broken.fingerprint, broken.encode())
        wait_for(lambda: proxy.health()["artifact_error"] is not None)
        health = proxy.health()
        assert "bucket scheme 0123456789ab cannot be read" in health["artifact_error"]
        assert (health["published"], health["faults"]) == (good.fingerprint, {"reload": 1})
        assert ask(proxy.port)["x-suffice-reason"] == "certified_suffices"


def test_the_certificate_that_counted_is_explained(upstream: ReplayUpstream, desk: Desk) -> None:
    first = policy(desk.fresh())
    with running_proxy(desk.folder, OBSERVE + providers(upstream.url)) as proxy:
        desk.publish(first)
        wait_for(lambda: proxy.health()["published"] == first.fingerprint)
        routed, kept = ask(proxy.port), ask(proxy.port, "letters")
        proxy.ledger(at_least=2)
        desk.run("policy", "rollback", "none")
        found = [certificates(desk, id_["x-suffice-decision"]) for id_ in (routed, kept)]
    counted = found[0]["gpt-5.4-nano"]
    assert counted["certificate"]["trial"] == "t1"
    assert counted["certificate_text"].startswith("certified by trial t1, n = 160, until ")
    assert (
        found[0]["gpt-5.4-mini"]["certificate_text"]
        == "no trial has certified it in the place of this baseline"
    )
    assert found[1]["gpt-5.4-nano"]["certificate"] is None
    assert (
        found[1]["gpt-5.4-nano"]["certificate_text"]
        == "it has no certificate in 'letters', only in 'tickets'"
    )


def certificates(desk: Desk, id_: str) -> dict[str, Any]:
    told = desk.told("explain", "--decision", id_)
    return {one["model"]: one for one in told["candidates"]}

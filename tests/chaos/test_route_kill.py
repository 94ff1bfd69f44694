"""Workers in route mode are killed while a cheaper model fails now and then: each leg is in the ledger once."""

from __future__ import annotations

import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
import route_proxy as routed
from live import LiveProxy, running_proxy
from route_proxy import CHEAPER

from recorded import HELLO, SENTIMENT, write_answers
from suffice.testing import ReplayUpstream

KILLS, CLIENTS = 12, 6


class Client(threading.Thread):
    """Asks one thing after another; every third time the cheaper model fails. Notes what it saw complete."""

    def __init__(self, port: int, number: int, stop: threading.Event) -> None:
        super().__init__()
        self._port, self._number, self._stop_at = port, number, stop
        self.seen: dict[str, str] = {}
        self.broken = self.failed = 0

    def run(self) -> None:
        count = 0
        while not self._stop_at.is_set():
            count += 1
            try:
                self._one(count)
            except (OSError, http.client.HTTPException):
                self.broken += 1
                time.sleep(0.01)

    def _one(self, count: int) -> None:
        stream = self._number % 2 == 0
        headers = {
            "content-type": "application/json",
            "x-suffice-feature": "faq",
            "x-suffice-session": f"{self._number}-{count}",
        }
        if count % 3 == 0:
            headers |= {"x-replay-fault": "500", "x-replay-fault-model": CHEAPER}
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            body = routed.chat(HELLO if stream else SENTIMENT, stream=stream)
            connection.request("POST", "/v1/chat/completions", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            self.failed += answer.status != 200
            if stream and b"data: [DONE]" not in text:
                raise ConnectionError
            self.seen[answer.headers["x-suffice-decision"]] = answer.headers["x-suffice-reason"]
        finally:
            connection.close()


@pytest.mark.chaos
@pytest.mark.timeout(180)
def test_kills_lose_no_leg_and_double_none(tmp_path: Path) -> None:
    rng, stop = random.Random(11), threading.Event()
    routed.publish(tmp_path / "proxy" / "data", routed.certified("faq"))
    patient = "[limits]\nbreaker_calls = 1000\nbreaker_least_calls = 1000\n"
    with (
        ReplayUpstream.start(write_answers(tmp_path / "answers")) as upstream,
        running_proxy(tmp_path / "proxy", routed.config(upstream.url) + patient, workers=2) as proxy,
    ):
        clients = [Client(proxy.port, number, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        killed = [kill_one(proxy, rng) for _ in range(KILLS)]
        time.sleep(1.0)
        stop.set()
        for client in clients:
            client.join()
        seen = {id_: reason for client in clients for id_, reason in client.seen.items()}
        entries = proxy.ledger(at_least=len(seen))
    assert len(set(killed)) == KILLS
    assert sum(client.failed for client in clients) == 0
    assert sum(client.broken for client in clients) > 0, "no kill hit a request: the test shows nothing"
    recorded = Counter(entry.outcome.id for entry in entries)
    assert set(recorded.values()) == {1}
    served = {entry.outcome.id: entry.outcome for entry in entries if entry.outcome.leg == "served"}
    thrown = Counter(entry.outcome.parent for entry in entries if entry.outcome.leg == "discarded")
    assert seen.keys() <= served.keys()
    fell_back = {id_ for id_, reason in seen.items() if reason == "candidate_failed"}
    assert len(fell_back) > 20
    assert {id_: thrown[id_] for id_ in seen} == {id_: int(id_ in fell_back) for id_ in seen}
    # A worker that died between the two calls leaves the first one's cost, and no answer that anyone saw.
    assert set(thrown.values()) == {1}
    assert not (thrown.keys() - served.keys()) & seen.keys()
    assert all(served[id_].signals == ("fallback",) for id_ in fell_back)


def kill_one(proxy: LiveProxy, rng: random.Random) -> int:
    time.sleep(0.2 + rng.random() * 0.6)
    deadline = time.monotonic() + 20
    while not (workers := proxy.worker_pids()):
        assert time.monotonic() < deadline, proxy.log
        time.sleep(0.05)
    pid = rng.choice(workers)
    os.kill(pid, signal.SIGKILL)
    return pid

"""Workers are killed at random under load: what a client saw complete is in the ledger, once."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from live import LiveProxy, providers, running_proxy

from load import Client
from recorded import write_answers
from suffice.testing import ReplayUpstream

KILLS = 20
CLIENTS = 6


@pytest.mark.chaos
@pytest.mark.timeout(180)
def test_twenty_kills_under_load_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    rng = random.Random(7)
    stop = threading.Event()
    with (
        ReplayUpstream.start(write_answers(tmp_path / "answers")) as upstream,
        running_proxy(tmp_path / "proxy", providers(upstream.url), workers=2) as proxy,
    ):
        clients = [Client(proxy.port, number, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        killed = [kill_one(proxy, rng) for _ in range(KILLS)]
        time.sleep(1.0)
        stop.set()
        for client in clients:
            client.join()
        seen = [decision for client in clients for decision in client.seen]
        entries = proxy.ledger(at_least=len(seen))
    recorded = Counter(entry.outcome.id for entry in entries)
    assert len(set(killed)) == KILLS
    assert len(seen) > KILLS
    assert sum(client.broken for client in clients) > 0, "no kill hit a request: the test shows nothing"
    assert [decision for decision in seen if recorded[decision] == 0] == []
    assert [decision for decision, count in recorded.items() if count > 1] == []


def kill_one(proxy: LiveProxy, rng: random.Random) -> int:
    time.sleep(0.2 + rng.random() * 0.8)
    deadline = time.monotonic() + 20
    while not (workers := proxy.worker_pids()):
        assert time.monotonic() < deadline, proxy.log
        time.sleep(0.05)
    pid = rng.choice(workers)
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.chaos
@pytest.mark.timeout(120)
def test_a_killed_supervisor_leaves_spools_that_the_next_start_recovers(tmp_path: Path) -> None:
    stop = threading.Event()
    with ReplayUpstream.start(write_answers(tmp_path / "answers")) as upstream:
        with running_proxy(tmp_path / "proxy", providers(upstream.url)) as proxy:
            client = Client(proxy.port, 1, stop)
            client.start()
            time.sleep(1.0)
            workers = proxy.worker_pids()
            os.kill(proxy.process.pid, signal.SIGKILL)
            proxy.process.wait()
            time.sleep(0.5)
            stop.set()
            client.join()
            deadline = time.monotonic() + 15
            while any(Path(f"/proc/{pid}").exists() for pid in workers):
                assert time.monotonic() < deadline, "a worker outlived its supervisor"
                time.sleep(0.1)
            port = proxy.port
        with running_proxy(tmp_path / "proxy", providers(upstream.url), port=port) as again:
            recorded = Counter(entry.outcome.id for entry in again.ledger(at_least=len(client.seen)))
    assert len(client.seen) > 20
    assert all(recorded[decision] == 1 for decision in client.seen)
    assert max(recorded.values()) == 1

"""The ledger is locked, spoiled and deleted under load: no request notices, and none is missing afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from live import LiveProxy, providers, running_proxy

from load import Client
from recorded import write_answers
from suffice.app import LEDGER
from suffice.testing import ReplayUpstream

Trouble = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def locked(ledger: Path) -> Iterator[None]:
    """Another process holds the database for itself."""
    with closing(sqlite3.connect(ledger, isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def spoiled(ledger: Path) -> Iterator[None]:
    """The file is no database for a while; then a copy of it is put back."""
    copy = ledger.with_suffix(".copy")
    with closing(sqlite3.connect(ledger, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    spoil = ledger.with_suffix(".spoil")
    spoil.write_bytes(b"this is no database " * 1000)
    for end in ("-wal", "-shm"):
        ledger.with_name(ledger.name + end).unlink(missing_ok=True)
    spoil.rename(ledger)
    yield
    shutil.copy(copy, spoil)
    spoil.rename(ledger)


@pytest.mark.chaos
@pytest.mark.timeout(120)
@pytest.mark.parametrize("trouble", [locked, spoiled])
def test_a_ledger_in_trouble_costs_no_request_and_no_record(tmp_path: Path, trouble: Trouble) -> None:
    stop = threading.Event()
    with (
        ReplayUpstream.start(write_answers(tmp_path / "answers")) as upstream,
        running_proxy(tmp_path / "proxy", providers(upstream.url)) as proxy,
    ):
        clients = [Client(proxy.port, number, stop) for number in range(2)]
        for client in clients:
            client.start()
        wait_for_entries(proxy)
        with trouble(proxy.data / LEDGER):
            served = sum(len(client.seen) for client in clients)
            time.sleep(3)
            assert sum(len(client.seen) for client in clients) > served, "requests waited for the ledger"
        time.sleep(0.5)
        stop.set()
        for client in clients:
            client.join()
        seen = [decision for client in clients for decision in client.seen]
        recorded = Counter(entry.outcome.id for entry in proxy.ledger(at_least=len(seen), timeout_s=40))
    assert sum(client.broken for client in clients) == 0
    assert [decision for decision in seen if recorded[decision] != 1] == []
    assert max(recorded.values()) == 1


def wait_for_entries(proxy: LiveProxy) -> None:
    deadline = time.monotonic() + 20
    while not proxy._entries():
        assert time.monotonic() < deadline, proxy.log
        time.sleep(0.05)


@pytest.mark.chaos
@pytest.mark.timeout(120)
def test_a_deleted_ledger_is_made_anew_while_requests_go_on(tmp_path: Path) -> None:
    stop = threading.Event()
    with (
        ReplayUpstream.start(write_answers(tmp_path / "answers")) as upstream,
        running_proxy(tmp_path / "proxy", providers(upstream.url)) as proxy,
    ):
        client = Client(proxy.port, 1, stop)
        client.start()
        wait_for_entries(proxy)
        for file in proxy.data.glob(f"{LEDGER}*"):
            file.unlink()
        before = len(client.seen)
        while len(client.seen) < before + 20:
            time.sleep(0.02)
        stop.set()
        client.join()
        recorded = Counter(entry.outcome.id for entry in proxy.ledger(at_least=len(client.seen)))
    # The worker's spool is still there, so not even what was deleted is gone.
    assert client.broken == 0
    assert [decision for decision in client.seen if recorded[decision] != 1] == []

from __future__ import annotations

import asyncio
import signal
from contextlib import closing
from typing import Any

import pytest
import uvicorn
from uvicorn.supervisors import multiprocess

from suffice.app.supervisor import Process, Server


async def app(scope: Any, receive: Any, send: Any) -> None: ...


def config() -> uvicorn.Config:
    made = uvicorn.Config(app, log_config=None, server_header=False, date_header=False)
    made.load()
    return made


class Counting(Server):
    looks = 0

    async def on_tick(self, counter: int) -> bool:
        self.looks += 1
        return await super().on_tick(counter)


def test_a_server_at_rest_looks_once_and_ends_when_a_signal_says_so() -> None:
    async def run() -> int:
        server = Counting(config())
        serving = asyncio.ensure_future(server.main_loop())
        await asyncio.sleep(0.3)
        assert not serving.done()
        server.handle_exit(signal.SIGTERM, None)
        await asyncio.wait_for(serving, 10)
        assert server.should_exit
        return server.looks

    assert asyncio.run(run()) == 1


def test_a_signal_that_comes_before_it_serves_is_not_lost() -> None:
    async def run() -> bool:
        server = Server(config())
        server.handle_exit(signal.SIGINT, None)
        await asyncio.wait_for(server.main_loop(), 10)
        return server.should_exit

    assert asyncio.run(run())


def test_a_worker_is_asked_now_and_then_whether_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    worker = Process(config(), [])
    monkeypatch.setattr(worker.process, "is_alive", lambda: True)
    monkeypatch.setattr(worker, "ping", lambda timeout: bool(asked.append(timeout)))
    with closing(worker.parent_conn), closing(worker.child_conn):
        assert [worker.is_alive(3) for _ in range(20)] == [True] * 9 + [False] + [True] * 9 + [False]
        assert asked == [3, 3]
        monkeypatch.setattr(worker.process, "is_alive", lambda: False)
        assert not worker.is_alive()


def test_whatever_uvicorn_starts_as_a_worker_runs_this_server() -> None:
    assert multiprocess.Process is Process
    worker = multiprocess.Process(config(), [])
    with closing(worker.parent_conn), closing(worker.child_conn):
        assert type(worker.server) is Server
        assert worker.server is worker.server

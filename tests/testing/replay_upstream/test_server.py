from __future__ import annotations

import threading

import pytest

from suffice.errors import ConfigError
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.app import ReplayApp
from suffice.testing.replay_upstream.server import ReplayServer, bind, url_of


def test_a_taken_port_is_told_with_the_fix() -> None:
    with bind(0) as listening:
        port = int(url_of(listening).rpartition(":")[2])
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port} .*--port"):
            bind(port)


def test_a_server_says_when_it_is_ready_and_ends_when_told(recording: Recording) -> None:
    ready = threading.Event()
    server = ReplayServer(ReplayApp(recording), ready.set)
    listening = bind(0)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    assert ready.wait(10)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()
    assert listening.fileno() == -1

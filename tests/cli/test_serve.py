from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from live import providers, running_proxy
from raw import OK, raw_provider


def serve(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "suffice", "serve", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_port_in_use_is_said_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = serve(tmp_path, "--port", str(port))
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_this_machine_is_said_to_be_none(tmp_path: Path, host: str) -> None:
    (tmp_path / "suffice.toml").write_text(f'[server]\nhost = "{host}"\n')
    ended = serve(tmp_path, "--port", "0")
    assert ended.returncode == 2
    assert f"cannot listen on {host}:0 (" in ended.stderr
    assert "Unknown error" not in ended.stderr
    assert "host in [server] must be a name or an address of this machine" in ended.stderr


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::1", "[::1]"])
def test_an_ipv6_address_is_taken_and_shown_as_a_url(tmp_path: Path, host: str) -> None:
    (tmp_path / "suffice.toml").write_text(f'[server]\nhost = "{host}"\n')
    command = [sys.executable, "-m", "suffice", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
    assert "listens on http://[::1]:" in first


def test_a_mistake_in_the_file_stops_the_start_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "suffice.toml").write_text('mode = "observe"\n\n[server]\nprot = 8080\n')
    ended = serve(tmp_path, "--config", "suffice.toml", "--port", "0")
    assert ended.returncode == 2
    assert "suffice.toml:4" in ended.stderr
    assert 'did you mean "port"' in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_the_proxy_starts_and_ends_in_good_order(tmp_path: Path, workers: int) -> None:
    with running_proxy(tmp_path, "", workers=workers) as proxy:
        assert proxy.health()["mode"] == "observe"
        deadline = time.monotonic() + 10
        while len(proxy.worker_pids()) < workers:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        proxy.process.send_signal(signal.SIGTERM)
        assert proxy.process.wait(timeout=20) == 0
    assert "Traceback" not in proxy.log
    assert f"http://127.0.0.1:{proxy.port}" in proxy.log
    # On one line, however long the folder's name: logs are read line by line.
    assert f"ledger in {tmp_path}" in proxy.log.splitlines()[0]


def test_a_worker_that_dies_is_replaced_also_while_the_file_is_half_edited(tmp_path: Path) -> None:
    with running_proxy(tmp_path, "[server]\nmax_header_kib = 32\n") as proxy:
        (died,) = proxy.worker_pids()
        (tmp_path / "suffice.toml").write_text("[server\n")
        os.kill(died, signal.SIGKILL)
        deadline = time.monotonic() + 15
        while True:
            with suppress(OSError):
                if proxy.health()["worker"] != died:
                    break
            assert time.monotonic() < deadline, proxy.log
            time.sleep(0.1)
    assert "Traceback" not in proxy.log


def test_the_port_is_free_for_a_successor_while_the_last_requests_end(tmp_path: Path) -> None:
    asked, ended = threading.Event(), threading.Event()

    def answer(_head: bytes) -> bytes:
        asked.set()
        ended.wait(20)
        return OK

    with raw_provider(answer) as provider, running_proxy(tmp_path / "a", providers(provider.url)) as old:
        with ThreadPoolExecutor() as pool:
            url = f"{old.url}/v1/files"
            last = pool.submit(lambda: urllib.request.urlopen(url, timeout=30).status)
            assert asked.wait(10)
            old.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 10
            with suppress(ConnectionRefusedError):
                while time.monotonic() < deadline:
                    socket.create_connection(("127.0.0.1", old.port), timeout=1).close()
                    time.sleep(0.1)
            with running_proxy(tmp_path / "b", "", port=old.port) as new:
                assert new.health()["status"] == "ok"
                assert not last.done(), "the old one has a request under way still"
                ended.set()
                assert last.result() == 200
        assert old.process.wait(timeout=20) == 0

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from live import running_proxy


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

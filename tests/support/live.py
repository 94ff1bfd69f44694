"""The real proxy in its own processes, for tests that drive it from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from suffice.app import LEDGER, SPOOLS
from suffice.errors import StoreError
from suffice.ledger.entry import Entry
from suffice.store.sqlite import SqliteStore

START_S = 20.0


class LiveProxy:
    """A running `suffice serve`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, data: Path, log: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.data = data
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
            return json.load(answer)

    def worker_pids(self) -> list[int]:
        """The worker processes: children of the supervisor that are not Python's resource tracker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if "spawn_main" in _command(int(pid))]

    def ledger(self, *, at_least: int = 0, timeout_s: float = 20.0) -> list[Entry]:
        """All entries, once the spools are empty and there are as many as expected."""
        deadline = time.monotonic() + timeout_s
        while True:
            # First: what is moved between the two looks would be missing.
            moved = not self._spooled()
            entries = self._entries()
            if (len(entries) >= at_least and moved) or time.monotonic() > deadline:
                return entries
            time.sleep(0.05)

    def _entries(self) -> list[Entry]:
        store = SqliteStore(self.data / LEDGER, read_only=True)
        try:
            return list(store.entries())
        except StoreError as error:
            if error.code != "no_ledger":
                raise
            return []
        finally:
            store.close()

    def _spooled(self) -> bool:
        """Whether a spool holds a line that the recorder has not moved yet."""
        store = SqliteStore(self.data / LEDGER, read_only=True)
        try:
            moved = store.offsets()
        except StoreError:
            moved = {}
        finally:
            store.close()
        return any(
            file.stat().st_size > moved.get(file.name, 0) for file in (self.data / SPOOLS).glob("*.jsonl")
        )

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_proxy(
    folder: Path,
    config: str,
    *,
    workers: int = 1,
    port: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[LiveProxy]:
    """Starts `suffice serve` on a configuration of these lines; its data goes to `folder/data`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "suffice.toml"
    path.write_text(config + '\n[data]\ndirectory = "data"\n')
    port = port or free_port()
    log = folder / "serve.log"
    command = [sys.executable, "-m", "suffice", "serve", "--config", str(path), "--port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            stdout=out,
            stderr=out,
            env={**os.environ, **(environ or {})},
        )
    proxy = LiveProxy(process, port, folder / "data", log)
    try:
        wait_until_up(proxy)
        yield proxy
    finally:
        proxy.stop()


def wait_until_up(proxy: LiveProxy) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if proxy.process.poll() is not None:
            break
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            proxy.health()
            return
        time.sleep(0.05)
    raise AssertionError(f"the proxy did not start:\n{proxy.log}")


def providers(upstream: str) -> str:
    """Configuration lines that point both built-in providers at a replay upstream."""
    return f'[providers.openai]\nbase_url = "{upstream}/v1"\n[providers.anthropic]\nbase_url = "{upstream}"\n'

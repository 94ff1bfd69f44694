"""Starts the programs under test on a core of their own, and reads what they used from the kernel."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

# Straight to this machine, whatever proxy the environment names for the world outside.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
_STRAIGHT = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}

CORES = sorted(os.sched_getaffinity(0))
TESTED_CORE, OTHER_CORE = CORES[0], CORES[-1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(core: int, command: Sequence[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command]


class Program:
    """A program with all its children; both are what is measured."""

    def __init__(
        self, command: Sequence[str], *, core: int, log: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            pinned(core, command),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **_STRAIGHT, **(env or {})},
            # Ctrl-C reaches the benchmark alone, which then stops what it started, in order.
            start_new_session=True,
        )

    def wait_for(self, url: str, *, timeout_s: float) -> None:
        """Returns when the URL answers, with whatever status; if it does not, the program is stopped.

        Raises:
            RuntimeError: The program ended, or did not answer in time.
        """
        try:
            self._wait_for(url, time.monotonic() + timeout_s)
        except BaseException:
            self.stop()
            raise

    def _wait_for(self, url: str, deadline: float) -> None:
        while time.monotonic() < deadline and self.process.poll() is None:
            if answers(url):
                return
            time.sleep(0.1)
        raise RuntimeError(f"did not start, see {Path(self._log.name).name}")

    def tree(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def cpu_s(self) -> float:
        """CPU seconds of all processes that are alive."""
        return sum(cpu_s(process) for process in self.tree())

    def settled_cpu_s(self, *, still_s: float = 1.2, timeout_s: float = 15) -> float:
        """CPU seconds once the program has finished what it does after its answers, such as recording them.

        Args:
            still_s: How long it has to be at rest: suffice's recorder looks for new outcomes twice a second.
            timeout_s: After this it is taken as it is.
        """
        deadline = time.monotonic() + timeout_s
        before = self.cpu_s()
        while time.monotonic() < deadline:
            time.sleep(still_s)
            now = self.cpu_s()
            # The kernel counts in hundredths: one of them is a program that idles.
            if now - before <= 0.021:
                return now
            before = now
        return before

    def stop(self) -> None:
        """Ends the program in good order, and what is left of its children by force."""
        try:
            processes = self.tree()
        except psutil.NoSuchProcess:
            processes = []
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for process in processes:
            # psutil tells a process from another one that got its id.
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._log.close()


def answers(url: str) -> bool:
    """Tells whether a URL answers at all."""
    try:
        _open(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def fetch(url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Returns what a URL answers.

    Raises:
        OSError: It does not answer, or with an error.
    """
    with _open(urllib.request.Request(url, data=body, headers=dict(headers or {})), timeout=60) as response:
        return bytes(response.read())


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def rss_mib(process: psutil.Process) -> float:
    return float(process.memory_info().rss / 1024 / 1024)

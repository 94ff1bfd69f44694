"""A provider and a proxy in front of it, for one scenario or for several that leave them as they were."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from faults.asking import Arm, ask
from faults.measured import Measured
from faults.proxied import SPARE_KEY, Mode, Proxy
from faults.scenarios import Outage, Scenario
from processes import free_port
from suffice.testing import ReplayOptions, ReplayUpstream, key_digest

DISK_MIB = 24


class Provider:
    """A replay upstream that can be taken down and up again at the same address."""

    def __init__(self, answers: Path, log: Path) -> None:
        self._answers, self._log = answers, log
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._running: ReplayUpstream | None = None

    def up(self) -> None:
        """Starts it."""
        options = ReplayOptions(port=self._port, log=self._log)
        self._running = ReplayUpstream.start_process(self._answers, options)

    def down(self) -> None:
        """Stops it."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def calls(self, key: str) -> int:
        """How many calls came with a key."""
        digest = key_digest(key)
        lines = self._log.read_bytes().splitlines() if self._log.exists() else []
        return sum(msgspec.json.decode(line).get("key_digest") == digest for line in lines)


class Stage:
    """Both of them, running.

    Args:
        provider: Up.
        proxy: Up.
    """

    def __init__(self, provider: Provider, proxy: Proxy) -> None:
        self._provider = provider
        self._proxy = proxy

    def measure(self, scenario: Scenario) -> Measured:
        """Plays one scenario; returns what both sides and the ledger say."""
        began = time.monotonic()
        direct, proxied = asyncio.run(self._play(scenario))
        return Measured(
            scenario=scenario,
            mode=self._proxy.mode,
            direct=direct,
            proxied=proxied,
            books=self._proxy.books(proxied),
            calls=(
                self._provider.calls(direct.key),
                self._provider.calls(proxied.key) + self._provider.calls(SPARE_KEY),
            ),
            took_s=time.monotonic() - began,
        )

    async def _play(self, scenario: Scenario) -> tuple[Arm, Arm]:
        """Runs both arms at the same time, and what disturbs them meanwhile."""
        direct = Arm(key=f"direct, {scenario.name}", feature=scenario.tag)
        proxied = Arm(key=f"proxied, {scenario.name}", feature=scenario.tag)
        disturbing = asyncio.ensure_future(scenario.disturb(self._proxy))
        outage = asyncio.ensure_future(self._take_down(scenario.outage))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(ask(self._provider.url, direct, scenario.load))
                group.create_task(ask(self._proxy.url, proxied, scenario.load))
        finally:
            for task in (disturbing, outage):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        return direct, proxied

    async def _take_down(self, outage: Outage | None) -> None:
        if outage is None:
            return
        await asyncio.sleep(outage[0])
        await asyncio.to_thread(self._provider.down)
        await asyncio.sleep(outage[1])
        await asyncio.to_thread(self._provider.up)


@contextmanager
def stage(mode: Mode, answers: Path, folder: Path, scenario: Scenario | None = None) -> Iterator[Stage]:
    """Starts both, and ends them.

    Args:
        mode: Of the proxy.
        answers: What the provider has recorded.
        folder: To be made.
        scenario: What it is for; `None` for several that need nothing of their own.

    Raises:
        PermissionError: A small disk is needed and cannot be mounted.
        RuntimeError: The proxy did not start.
    """
    folder.mkdir(parents=True)
    provider = Provider(answers, folder / "served.jsonl")
    workers = 1 if scenario is None else scenario.workers
    with _data(folder, small=scenario is not None and scenario.data == "small disk") as data:
        provider.up()
        try:
            elsewhere = scenario is not None and scenario.elsewhere
            proxy = Proxy(folder, provider.url, mode, data, workers, elsewhere=elsewhere)
            try:
                yield Stage(provider, proxy)
            finally:
                proxy.stop()
        finally:
            provider.down()


@contextmanager
def _data(folder: Path, *, small: bool) -> Iterator[Path]:
    data = folder / "data"
    data.mkdir()
    if not small:
        yield data
        return
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(data)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise PermissionError("a small disk cannot be mounted here: that needs the rights of root")
    try:
        yield data
    finally:
        subprocess.run(["umount", str(data)], capture_output=True, check=False)

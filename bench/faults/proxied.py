"""The proxy under test, in its own processes, and what its ledger holds afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import msgspec

from faults.asking import Arm
from faults.recording import CHEAPER
from processes import answers, fetch, free_port
from suffice.app import LEDGER
from suffice.errors import StoreError
from suffice.ledger.chain import verify
from suffice.store.sqlite import SqliteStore

Mode = Literal["observe", "route"]
# Pauses are short as the scenarios are: a breaker that one has opened is to be closed again in the next.
_CONFIG = """\
mode = "{mode}"
[policy]
evidence = "prior"
bar = 0.05
allow = ["{cheaper}"]
[route]
holdout = 0.0
ramp = [1.0]
[limits]
breaker_pause_s = 0.5
breaker_longest_pause_s = 1.0
[providers.openai]
base_url = "{upstream}/v1"
[data]
directory = "{data}"
"""
_ELSEWHERE = """\
[elsewhere."openai/{cheaper}"]
provider = "spare"
[providers.spare]
base_url = "{upstream}/v1"
key = "env:SPARE_KEY"
prices = "openai"
"""
SPARE_KEY = "elsewhere"
_CLOCK = """\
import time
_real = time.time_ns
def time_ns():
    try:
        with open({path!r}) as file:
            return _real() + int(file.read() or 0)
    except (OSError, ValueError):
        return _real()
time.time_ns = time_ns
"""
"""Python runs it first in every process of the proxy: its wall clock is then as far off as a file says."""
_START_S, _SETTLE_S, _LOOKS = 30.0, 30.0, 16


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of a run."""

    entries: int
    missing: int
    """Answers that a client got and no entry knows."""
    doubled: int
    sound: bool
    """The chain verifies, and every entry is in it."""
    caught: int
    """Faults of suffice's own, which no client may notice; of one worker."""
    killed: int
    legs: Counter[str]
    signals: Counter[str]


class Proxy:
    """A running `suffice serve`.

    Args:
        folder: For its configuration and its log.
        upstream: URL of the provider.
        mode: The mode.
        data: Its data directory.
        workers: How many.
        elsewhere: The cheaper model is served elsewhere too: at the same address, where no fault is asked for.
    """

    def __init__(  # noqa: PLR0913 -- made in one place
        self, folder: Path, upstream: str, mode: Mode, data: Path, workers: int, *, elsewhere: bool = False
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.mode = mode
        self.killed = 0
        config = folder / "suffice.toml"
        lines = _CONFIG + (_ELSEWHERE if elsewhere else "")
        config.write_text(lines.format(mode=mode, upstream=upstream, data=data, cheaper=CHEAPER))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._log = (folder / "serve.log").open("ab")
        self._clock = folder / "clock"
        (folder / "sitecustomize.py").write_text(_CLOCK.format(path=str(self._clock)))
        command = [sys.executable, "-m", "suffice", "serve", "--config", str(config)]
        path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", str(workers)],
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path, "SPARE_KEY": SPARE_KEY},
        )
        deadline = time.monotonic() + _START_S
        while not answers(f"{self.url}/healthz"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"suffice did not start, see {folder}/serve.log")
            time.sleep(0.05)

    def serving(self) -> set[int]:
        """The ids of the worker processes that answer."""
        found = set()
        for _ in range(_LOOKS):
            with suppress(OSError, ValueError):
                found.add(int(self._health()["worker"]))
        return found

    def _health(self) -> dict[str, Any]:
        return dict(json.loads(fetch(f"{self.url}/healthz")))

    def set_clock(self, off_ns: int) -> None:
        """Sets the wall clock of all its processes off, in one step."""
        part = self._clock.with_suffix(".part")
        part.write_text(str(off_ns))
        part.replace(self._clock)

    def faults(self) -> int:
        """How often something of suffice's own failed and was caught, such as writing an outcome down."""
        try:
            return sum(self._health()["faults"].values())
        except (OSError, ValueError):
            return 0

    def kill(self, pid: int) -> None:
        """Kills a worker without a warning."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed += 1

    def books(self, arm: Arm) -> Books:
        """Returns what the ledger holds of a run once nothing waits to be written."""
        deadline = time.monotonic() + _SETTLE_S
        while (books := self._books(arm)).missing and time.monotonic() < deadline:
            time.sleep(0.1)
        return books

    def _books(self, arm: Arm) -> Books:
        store = SqliteStore(self.data / LEDGER, read_only=True)
        try:
            outcomes = [entry.outcome for entry in store.entries()]
            sound = verify(store.links()).sound and not store.unchained()
        except StoreError:
            outcomes, sound = [], False
        finally:
            store.close()
        found = Counter(outcome.id for outcome in outcomes)
        outcomes = [outcome for outcome in outcomes if outcome.feature == arm.feature]
        return Books(
            entries=len(outcomes),
            missing=sum(found[one] == 0 for one in set(arm.answered)),
            doubled=sum(count - 1 for count in found.values()),
            sound=sound,
            caught=self.faults(),
            killed=self.killed,
            legs=Counter(outcome.leg for outcome in outcomes),
            signals=Counter(signal for outcome in outcomes for signal in outcome.signals),
        )

    def stop(self) -> None:
        """Ends it in good order."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._log.close()

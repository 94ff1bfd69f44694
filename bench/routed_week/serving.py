"""One run: the whole week through `suffice serve`, and what its ledger and `suffice savings` say of it."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from processes import TESTED_CORE, Program, free_port
from routed_week.certifying import certify, suffice
from routed_week.week import Week
from suffice.app import LEDGER
from suffice.evidence.result import TrialResult
from suffice.ledger.chain import verify
from suffice.ledger.entry import Entry
from suffice.store.sqlite import SqliteStore
from suffice.testing import ReplayUpstream

_CONFIG = """\
mode = "observe"
[observation]
evidence = "certified"
[route]
holdout = {holdout}
ramp = [1.0]
salt = "{salt}"
[providers.openai]
base_url = "{upstream}/v1"
[data]
directory = "data"
"""
_START_S, _SETTLE_S = 30.0, 60.0
_SWITCH_S = 2.0
"""Until every worker has seen the switch: twice what it may take."""
STREAMED = 3
"""Every third request is streamed."""


@dataclass(frozen=True)
class Run:
    """What came of it."""

    trial: list[TrialResult]
    served: dict[str, str]
    """Request to the model whose answer the client got."""
    kept: dict[str, Entry]
    """Request to its entry in the ledger."""
    extra: list[Entry]
    """Calls that answered no client."""
    savings: dict[str, Any]
    """As `suffice savings --json` says it."""
    sound: bool
    """The ledger's chain verifies."""

    @property
    def arms(self) -> Counter[str]:
        """Requests by the arm that the dice put them in; "" where nothing was certified."""
        return Counter(entry.outcome.arm for entry in self.kept.values())


def play(
    recorded: tuple[Week, Path], folder: Path, *, seed: int, holdout: float, tick: Callable[[], None]
) -> Run:
    """Certifies, watches the week, serves it in route mode, and reads the books.

    Args:
        recorded: What is sent, and the folder that it was read from.
        folder: Empty: the run's own.
        seed: Of the trial's order; it is the salt of the holdout as well.
        holdout: Share of sessions that stay on the baseline.
        tick: Called after each request.
    """
    week, traffic = recorded
    config, data = folder / "suffice.toml", folder / "data"
    upstream = ReplayUpstream.start_process(traffic)
    try:
        config.write_text(_CONFIG.format(holdout=holdout, salt=seed, upstream=upstream.url))
        trial = certify(week, config, data, np.random.default_rng(seed))
        port = free_port()
        command = [sys.executable, "-m", "suffice", "serve", "--config", str(config), "--port", str(port)]
        proxy = Program([*command, "--workers", "1"], core=TESTED_CORE, log=folder / "serve.log")
        try:
            proxy.wait_for(f"http://127.0.0.1:{port}/healthz", timeout_s=_START_S)
            watched = _send(week, port, "watched ", tick)
            suffice("mode", "route", "--config", str(config))
            time.sleep(_SWITCH_S)
            answered = _send(week, port, "", tick)
            _settled(data, {*watched, *answered})
        finally:
            proxy.stop()
    finally:
        upstream.stop()
    entries, sound = _read(data)
    by_id = {entry.outcome.id: entry for entry in entries}
    return Run(
        trial=trial,
        served=dict(answered.values()),
        kept={id_: by_id[decision] for decision, (id_, _) in answered.items()},
        extra=[entry for entry in entries if entry.outcome.leg != "served"],
        savings=json.loads(suffice("savings", "--config", str(config), "--json")),
        sound=sound,
    )


def _send(week: Week, port: int, before: str, tick: Callable[[], None]) -> dict[str, tuple[str, str]]:
    """Sends all, one after another; returns by decision which request it was and which model answered.

    The names of the sessions begin with `before`.
    """
    answered = {}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        for number, one in enumerate(week.requests):
            body = {**one.request, **({} if number % STREAMED else {"stream": True})}
            headers = {
                "content-type": "application/json",
                "authorization": "Bearer bench",
                "x-suffice-feature": one.feature,
                # Recorded requests belong to no conversation: each is a session of its own.
                "x-suffice-session": f"{before}{one.id}",
            }
            connection.request("POST", "/v1/chat/completions", json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"request {number} was answered with {answer.status}")
            answered[answer.headers["x-suffice-decision"]] = (one.id, answer.headers["x-suffice-model"])
            tick()
    return answered


def _settled(data: Path, expected: set[str]) -> None:
    """Waits until the ledger has all served calls, and nothing more comes."""
    deadline, seen = time.monotonic() + _SETTLE_S, -1
    while time.monotonic() < deadline:
        time.sleep(1)
        entries, _ = _read(data)
        if len(entries) == seen and expected <= {entry.outcome.id for entry in entries}:
            return
        seen = len(entries)
    raise RuntimeError(f"the ledger lacks calls after {_SETTLE_S:.0f} s")


def _read(data: Path) -> tuple[list[Entry], bool]:
    store = SqliteStore(data / LEDGER, read_only=True)
    try:
        return list(store.entries()), verify(store.links()).sound and not store.unchained()
    finally:
        store.close()

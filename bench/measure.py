"""What is measured, and how: windows of load, alternating between the contenders, into `Readings`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psutil

import load
from contenders import Contender
from figures import FLAT_OVER, Memory, Readings, Rounds, Sample
from processes import OTHER_CORE, fetch, pinned, rss_mib
from stream_server import EVENTS
from suffice.app import LEDGER
from suffice.store.sqlite import SqliteStore

CONNECTIONS = 16
SLICE_S = 2
SLICES = 200
"""At most: a slow machine is not watched for ever."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured."""

    rounds: int
    seconds: int
    """Of a window of load; a slow contender's is twice as long."""
    streams: int
    """One after another on each of 16 connections, and alone for the time to the first chunk."""
    requests: int
    """That memory is watched over."""


FULL = Plan(rounds=5, seconds=4, streams=12, requests=FLAT_OVER)
QUICK = Plan(rounds=2, seconds=2, streams=2, requests=20_000)

Tell = Callable[[str], None]
"""Told what comes next, once before each window."""


def alternating(contenders: Sequence[Contender], rounds: int) -> Iterator[tuple[int, Contender]]:
    """Yields every contender once a round, each round begun by another."""
    for number in range(rounds):
        at = number % len(contenders)
        for contender in (*contenders[at:], *contenders[:at]):
            yield number + 1, contender


def warm_up(folder: Path, contenders: Sequence[Contender], tell: Tell) -> None:
    for contender in contenders:
        tell(f"warming up {contender.name}")
        load.run(folder, contender, connections=CONNECTIONS, seconds=2)


def _loaded(folder: Path, contender: Contender, into: Readings, **how: Any) -> load.Reading:
    reading = load.run(folder, contender, **how)
    if not reading.requests:
        raise RuntimeError(f"{contender.name} answered nothing in a window of load")
    into.failed[contender.name] = into.failed.get(contender.name, 0) + reading.failed
    return reading


def cpu(folder: Path, contenders: Sequence[Contender], plan: Plan, into: Readings, tell: Tell) -> None:
    """CPU time per request of a contender's whole tree of processes, with what it does after its answers."""
    into.cpu_us, into.per_s = _empty(contenders), _empty(contenders)
    for number, contender in alternating(contenders, plan.rounds):
        tell(f"CPU, round {number}: {contender.name}")
        assert contender.program is not None
        before = contender.program.settled_cpu_s()
        seconds = plan.seconds * (2 if contender.slow else 1)
        reading = _loaded(folder, contender, into, connections=CONNECTIONS, seconds=seconds)
        used_s = contender.program.settled_cpu_s() - before
        into.cpu_us[contender.name].append(used_s / reading.requests * 1e6)
        into.per_s[contender.name].append(reading.requests / reading.us * 1e6)


def latency(folder: Path, contenders: Sequence[Contender], plan: Plan, into: Readings, tell: Tell) -> None:
    """The median wait for an answer with one request at a time."""
    into.p50_ms = _empty(contenders)
    for number, contender in alternating(contenders, plan.rounds):
        tell(f"latency, round {number}: {contender.name}")
        reading = _loaded(folder, contender, into, connections=1, seconds=plan.seconds)
        into.p50_ms[contender.name].append(reading.p50_us / 1000)


def streams(contenders: Sequence[Contender], plan: Plan, into: Readings, tell: Tell) -> None:
    """CPU time per chunk of many streams, and the wait for the first chunk of a single one."""
    into.first_ms = _empty(contenders)
    into.chunk_us = _empty([contender for contender in contenders if contender.program is not None])
    for number, contender in alternating(contenders, plan.rounds):
        tell(f"streams, round {number}: {contender.name}")
        first_ms, _ = _read_streams(contender.port, connections=1, streams=plan.streams)
        into.first_ms[contender.name].append(first_ms)
        if contender.program is None:
            continue
        before = contender.program.settled_cpu_s()
        _, events = _read_streams(contender.port, connections=16, streams=plan.streams)
        used_s = contender.program.settled_cpu_s() - before
        into.chunk_us[contender.name].append(used_s / events * 1e6)


def _read_streams(port: int, *, connections: int, streams: int) -> tuple[float, int]:
    script = Path(__file__).parent / "stream_client.py"
    command = [sys.executable, str(script), str(port), f"--connections={connections}", f"--streams={streams}"]
    done = subprocess.run(
        pinned(OTHER_CORE, command), capture_output=True, text=True, check=True, timeout=120
    )
    reading = json.loads(done.stdout)
    expected = connections * streams * EVENTS
    if reading["events"] != expected:
        raise RuntimeError(f"{reading['events']} events came of {expected} that were sent")
    return float(reading["first_ms"]), expected


def memory(folder: Path, contender: Contender, plan: Plan, into: Readings, tell: Tell) -> None:
    """Watches memory while requests go by, then looks up each of them in the ledger."""
    assert contender.program is not None
    assert contender.data is not None
    ids = folder / "answered.txt"
    url = f"http://127.0.0.1:{contender.port}/healthz"
    worker = psutil.Process(json.loads(fetch(url))["worker"])
    supervisor = psutil.Process(contender.program.process.pid)
    samples = [Sample(0, rss_mib(worker), rss_mib(supervisor))]
    for _ in range(SLICES):
        sent = samples[-1].requests
        if sent >= plan.requests:
            break
        tell(f"memory, {sent:,} of {plan.requests:,} requests")
        reading = _loaded(folder, contender, into, connections=CONNECTIONS, seconds=SLICE_S, ids=ids)
        samples.append(Sample(sent + reading.requests, rss_mib(worker), rss_mib(supervisor)))
    contender.program.settled_cpu_s()
    answered = ids.read_text().split()
    with closing(SqliteStore(contender.data / LEDGER, read_only=True)) as store:
        recorded = {entry.outcome.id for entry in store.entries()}
    into.memory = Memory(
        samples=samples,
        answered=len(answered),
        missing=len(answered) - len(set(answered) & recorded),
        entries=len(recorded),
    )


def _empty(contenders: Sequence[Contender]) -> Rounds:
    return {contender.name: [] for contender in contenders}

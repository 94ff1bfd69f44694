"""From readings to figures: medians with their spread, ratios within a round, tables, targets. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

DIRECT, CONTROL, OURS, LITELLM, PORTKEY = "provider directly", "nginx", "suffice", "LiteLLM", "Portkey"
WORKER_MIB = 120
FLAT_OVER = 200_000
"""Requests. Fewer can show that a target is missed, and not that it is met."""
FLAT = 0.05
"""The largest share by which memory may grow and still be called flat: the allocator's own play."""

Verdict = Literal["met", "missed", "not measured"]
Rounds = dict[str, list[float]]
"""Readings of each contender, one a round; those of a round were taken one after another."""


class Sample(msgspec.Struct, frozen=True):
    """Resident memory after so many requests, in MiB."""

    requests: int
    worker_mib: float
    supervisor_mib: float


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What became of memory, and of the requests in the ledger, while requests went by."""

    samples: list[Sample]
    answered: int
    """Answers that the load read to their end, each with a decision's id."""
    missing: int
    """Of these ids, how many the ledger lacks."""
    entries: int
    """Entries of the ledger, with those that the end of a load cut off."""


class Readings(msgspec.Struct, kw_only=True):
    """All that one run measured."""

    cpu_us: Rounds = msgspec.field(default_factory=dict)
    per_s: Rounds = msgspec.field(default_factory=dict)
    p50_ms: Rounds = msgspec.field(default_factory=dict)
    chunk_us: Rounds = msgspec.field(default_factory=dict)
    first_ms: Rounds = msgspec.field(default_factory=dict)
    memory: Memory | None = None
    skipped: dict[str, str] = msgspec.field(default_factory=dict)
    failed: dict[str, int] = msgspec.field(default_factory=dict)
    """Requests that were answered with an error, or not at all."""


class Table(msgspec.Struct, frozen=True):
    """A table before it is printed; the first column holds names, the others figures."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""


class Target(msgspec.Struct, frozen=True):
    """A promise, and what was measured of it."""

    what: str
    measured: str
    bound: str
    verdict: Verdict


def together(
    one: Sequence[float], other: Sequence[float], combine: Callable[[float, float], float]
) -> list[float]:
    """Combines two contenders' readings round by round, so that what disturbed a round disturbs both."""
    return [combine(a, b) for a, b in zip(one, other, strict=True)]


def ratio(rounds: Rounds, name: str, to: str) -> list[float]:
    """How many times as much a contender takes as another; empty where one of them is missing."""
    if name not in rounds or to not in rounds:
        return []
    return together(rounds[name], rounds[to], lambda a, b: a / b)


def added(rounds: Rounds, name: str) -> list[float]:
    """What a contender adds to the provider's own figure; empty where one of them is missing."""
    if name not in rounds or DIRECT not in rounds:
        return []
    return together(rounds[name], rounds[DIRECT], lambda a, b: a - b)


def shown(values: Sequence[float], digits: int = 2) -> str:
    """The median with the smallest and the largest, or a dash.

    >>> shown([3.0, 1.0, 2.0], 1), shown([])
    ('2.0 (1.0 to 3.0)', '-')
    """
    if not values:
        return "-"
    low, middle, high = (
        f"{value:,.{digits}f}" for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def tables(readings: Readings) -> list[Table]:
    """All figures of a run."""
    made = [_cpu(readings), _latency(readings), _streams(readings)]
    if readings.memory is not None:
        made.append(_memory(readings.memory))
    return [table for table in made if table.rows]


def _cpu(readings: Readings) -> Table:
    cpu = readings.cpu_us
    rows = [
        [
            name,
            shown(values, 0),
            "1" if name == CONTROL else shown(ratio(cpu, name, CONTROL)),
            "1" if name == OURS else shown(ratio(cpu, name, OURS)),
            shown(readings.per_s[name], 0),
            f"{readings.failed.get(name, 0)}",
        ]
        for name, values in cpu.items()
    ]
    columns = ["", "CPU us/request", "x nginx", "x suffice", "requests/s", "failed requests"]
    note = (
        "User and system time of all processes of a contender, also for what it does after it has answered; "
        "16 connections."
    )
    return Table("CPU per request, on one core", columns, rows, note)


def _latency(readings: Readings) -> Table:
    rows = [
        [name, shown(values, 3), "" if name == DIRECT else shown(added(readings.p50_ms, name), 3)]
        for name, values in readings.p50_ms.items()
    ]
    return Table("Latency at concurrency 1", ["", "p50 ms", "added ms"], rows)


def _streams(readings: Readings) -> Table:
    first = readings.first_ms
    rows = [
        [
            name,
            shown(readings.chunk_us.get(name, []), 1),
            shown(values, 3),
            "" if name == DIRECT else shown(added(first, name), 3),
        ]
        for name, values in first.items()
    ]
    columns = ["", "CPU us/chunk", "first chunk ms", "added ms"]
    note = (
        "Streams of 202 events, 2 ms apart. CPU with 16 streams at a time, and with the request's own share in it; "
        "the first chunk with one stream at a time."
    )
    return Table("Streaming", columns, rows, note)


def _memory(memory: Memory) -> Table:
    rows = [
        [f"after {sample.requests:,} requests", f"{sample.worker_mib:.1f}", f"{sample.supervisor_mib:.1f}"]
        for sample in marks(memory.samples)
    ]
    note = (
        f"Of {memory.answered:,} requests that were answered, {memory.answered - memory.missing:,} are in the ledger, "
        f"looked up one by one by the id in the answer. It holds {memory.entries:,} entries: a load's end "
        "breaks off requests that are under way, and these are entries too."
    )
    return Table("Resident memory of suffice", ["", "worker MiB", "supervisor MiB"], rows, note)


def marks(samples: Sequence[Sample]) -> list[Sample]:
    """The samples at the start, after a tenth, in the middle and at the end."""
    chosen = [_nearest(samples, share) for share in (0, 0.1, 0.5, 1)]
    return [sample for at, sample in enumerate(chosen) if sample not in chosen[:at]]


def _nearest(samples: Sequence[Sample], share: float) -> Sample:
    return min(samples, key=lambda sample: abs(sample.requests - samples[-1].requests * share))


def growth(samples: Sequence[Sample]) -> float:
    """By which share the worker's memory at the end is above that after a tenth, when it is warm."""
    return samples[-1].worker_mib / _nearest(samples, 0.1).worker_mib - 1


def targets(readings: Readings) -> list[Target]:
    """What was promised, beside what was measured."""
    cpu = readings.cpu_us
    return [
        _judged("CPU of suffice per request", cpu.get(OURS, []), Bound(200, "us"), 0),
        _judged("CPU of suffice, times nginx", ratio(cpu, OURS, CONTROL), Bound(12, "x")),
        _judged("CPU of LiteLLM, times suffice", ratio(cpu, LITELLM, OURS), Bound(60, "x", least=True), 1),
        _judged("CPU of Portkey, times suffice", ratio(cpu, PORTKEY, OURS), Bound(5, "x", least=True), 1),
        _judged("p50 added at concurrency 1", added(readings.p50_ms, OURS), Bound(0.7, "ms"), 3),
        _judged("CPU of suffice per chunk of a stream", readings.chunk_us.get(OURS, []), Bound(15, "us"), 1),
        _judged("added to the first chunk of a stream", added(readings.first_ms, OURS), Bound(1, "ms"), 3),
        *_of_memory(readings.memory),
    ]


class Bound(msgspec.Struct, frozen=True):
    """What a median must not exceed, or with `least` not fall below."""

    value: float
    unit: str
    least: bool = False

    def __str__(self) -> str:
        return f"{'at least' if self.least else 'at most'} {self.value:g} {self.unit}"


def _judged(what: str, values: Sequence[float], bound: Bound, digits: int = 2) -> Target:
    if not values:
        return Target(what, "-", str(bound), "not measured")
    middle = statistics.median(values)
    good = middle >= bound.value if bound.least else middle <= bound.value
    return Target(what, f"{shown(values, digits)} {bound.unit}", str(bound), "met" if good else "missed")


def _verdict(good: bool, *, enough: bool) -> Verdict:
    if not good:
        return "missed"
    return "met" if enough else "not measured"


def _of_memory(memory: Memory | None) -> list[Target]:
    names = (
        "largest resident memory of a worker",
        "its growth after the first tenth of requests",
        "requests missing in the ledger",
    )
    bounds = (f"at most {WORKER_MIB} MiB", f"at most {FLAT:.0%} over {FLAT_OVER:,}", f"none of {FLAT_OVER:,}")
    if memory is None:
        return [Target(name, "-", bound, "not measured") for name, bound in zip(names, bounds, strict=True)]
    largest, grown = max(sample.worker_mib for sample in memory.samples), growth(memory.samples)
    measured = (
        (f"{largest:.1f} MiB", largest <= WORKER_MIB),
        (f"{grown:.1%} over {memory.answered:,} requests", grown <= FLAT),
        (f"{memory.missing} of {memory.answered:,} requests", memory.missing == 0),
    )
    return [
        Target(name, figure, bound, _verdict(good, enough=memory.answered >= FLAT_OVER))
        for name, bound, (figure, good) in zip(names, bounds, measured, strict=True)
    ]

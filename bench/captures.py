"""Measures what captures cost: CPU time per request and per chunk, and the wait, against suffice without them.

All run side by side and take turns in one run, on one worker each; nginx as a plain proxy is the control that other
machines can be compared by. `make bench-captures`, some three minutes; all traffic stays on this machine.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

import contenders
import load
import machine
import measure
import upstream
from contenders import KEY_OF_CAPTURES, Contender
from figures import Readings
from processes import fetch

OFF = "off"
ON = f'[captures]\nenabled = true\nkey = "env:{KEY_OF_CAPTURES}"\n'
SETTINGS = {
    OFF: "",
    "as it comes": ON,
    "1 %": ON + "share = 0.01\nper_bucket = 100000\n",
    "100 %": ON + "share = 1.0\nper_bucket = 100000\n",
}
"""Lines of configuration by name. As it comes: 100 calls of each bucket and day."""


class Run:
    """Readings of one run."""

    def __init__(self, plan: measure.Plan, console: Console) -> None:
        self.plan = plan
        self.tell: Callable[[str], None] = partial(console.print, style="dim")
        self.readings = Readings()
        self.p99_ms: dict[str, list[float]] = {name: [] for name in SETTINGS}
        self.written: dict[str, str] = {}


def whole_answers(folder: Path, run: Run) -> None:
    with ExitStack() as stack:
        program, provider = upstream.start_answering(folder)
        stack.callback(program.stop)
        started = _start(folder, provider, stack, contenders.nginx)
        measure.warm_up(folder, started, run.tell)
        measure.cpu(folder, started, run.plan, run.readings, run.tell)
        measure.latency(folder, started, run.plan, run.readings, run.tell)
        # A fixed rate well below what any of them can do: what waits then, waits for captures.
        ours = [contender for contender in started if contender.name in SETTINGS]
        for number, contender in measure.alternating(ours, run.plan.rounds):
            run.tell(f"wait of many, round {number}: {contender.name}")
            reading = load.run(folder, contender, connections=4, seconds=run.plan.seconds)
            run.p99_ms[contender.name].append(reading.p99_us / 1000)
        for contender in ours:
            health = json.loads(fetch(f"http://127.0.0.1:{contender.port}/healthz"))
            captures = health["captures"] or {"written": 0, "lost": {}}
            lost = ", ".join(f"{count:,} {why}" for why, count in captures["lost"].items())
            run.written[contender.name] = f"{captures['written']:,}" + (f" ({lost})" if lost else "")
            if health["faults"]:
                raise RuntimeError(f"{contender.name}: {health['faults']}")


def streams(folder: Path, run: Run) -> None:
    with ExitStack() as stack:
        program, provider = upstream.start_streaming(folder)
        stack.callback(program.stop)
        started = _start(folder, provider, stack, contenders.nginx_streams)
        measure.streams(started, run.plan, run.readings, run.tell)


def _start(folder: Path, provider: int, stack: ExitStack, control: contenders.Start) -> list[Contender]:
    started = [control(folder, provider)]
    for number, (name, more) in enumerate(SETTINGS.items()):
        contender = contenders.suffice(folder, provider, name=f"suffice-{number}", more=more)
        contender.name = name
        started.append(contender)
    for contender in started:
        assert contender.program is not None
        stack.callback(contender.program.stop)
    return started


def _row(run: Run, name: str) -> list[str]:
    readings = run.readings
    cells = [name]
    for values in (readings.cpu_us, readings.chunk_us):
        own, control = statistics.median(values[name]), statistics.median(values[OFF])
        low, high = min(values[name]), max(values[name])
        cells += [f"{own:.1f} ({low:.1f}-{high:.1f})", f"{own / control:.2f}"]
    cells.append(f"{statistics.median(readings.p50_ms[name]):.2f}")
    p99 = run.p99_ms.get(name)
    cells.append(f"{statistics.median(p99):.1f}" if p99 else "")
    return [*cells, run.written.get(name, "")]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/captures.py", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short and few rounds: a look, not a figure")
    asked = parser.parse_args()
    console = Console(width=160)
    if lacking := machine.missing():
        console.print("The benchmark cannot run here:", *lacking, sep="\n  ", highlight=False)
        return 2
    # Whoever ends it ends what it started, in order.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    run = Run(measure.QUICK if asked.quick else measure.FULL, console)
    disturbance = machine.Disturbance()
    with tempfile.TemporaryDirectory(prefix="suffice-bench-") as name:
        folder = Path(name)
        load.write_bodies(folder)
        whole_answers(folder, run)
        streams(folder, run)
    table = Table(title="What captures cost, of suffice's tree of processes")
    for head in (
        "Captures", "CPU us per request", "ratio to off", "CPU us per chunk", "ratio to off", "p50 ms, alone",
        "p99 ms, 4 at full load", "Written",
    ):  # fmt: skip
        table.add_column(head)
    for contender in ("nginx", *SETTINGS):
        table.add_row(*_row(run, contender))
    console.print(table)
    console.print(f"During the run, other programs used {disturbance.shown()}.", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())

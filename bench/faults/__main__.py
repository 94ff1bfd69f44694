"""Faults under load, with the provider called directly as the control in the same run. `make bench-faults`.

The real proxy in its own processes, a replay upstream as the provider, and the official OpenAI SDK with its own two
retries as the client, directly and through the proxy at the same time. Nothing leaves this machine. A full run takes
about four minutes.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

import machine
from faults import page
from faults.measured import Measured
from faults.proxied import Mode
from faults.recording import write
from faults.scenarios import Scenario, scenarios
from faults.stage import stage

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "bench-out" / "faults"


def measure(
    mode: Mode, wanted: Sequence[Scenario], answers: Path, tell: Callable[[str], None]
) -> Iterator[Measured]:
    """Yields what each scenario shows. Those that need nothing of their own share a proxy.

    What may not be done here is told and left out.
    """
    shared = [one for one in wanted if not one.alone]
    if shared:
        with stage(mode, answers, OUT / f"{mode}-shared") as made:
            yield from map(made.measure, shared)
    for one in wanted:
        if not one.alone:
            continue
        try:
            with stage(mode, answers, OUT / f"{mode}-{one.tag}", one) as made:
                yield made.measure(one)
        except PermissionError as why:
            tell(f"{one.name} is left out: {why}")


def main() -> int:
    """Measures what is asked for, prints it, and writes the page if asked; 1 if a promise is broken."""
    options = _arguments()
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, _leave)
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    answers = write(OUT / "answers")
    found: list[Measured] = []
    modes: list[Mode] = ["observe", "route"] if options.mode == "both" else [options.mode]
    began = time.monotonic()
    disturbance = machine.Disturbance()
    for mode in modes:
        wanted = [
            one
            for one in scenarios(options.scale)
            if mode in one.modes and (not options.only or one.name in options.only)
        ]
        for one in measure(mode, wanted, answers, console.print):
            kept = "kept" if one.kept else "BROKEN"
            console.print(f"{mode}: {one.scenario.name}: {kept}, {one.took_s:.0f} s", highlight=False)
            found.append(one)
    run = page.Run(
        took_s=time.monotonic() - began,
        scale=options.scale,
        processor=machine.describe()["processor"],
        others=disturbance.shown(),
    )
    sys.stdout.write(page.text(found, run))
    if options.write:
        page.write(found, run, ROOT / "docs" / "safety.md")
    return 0 if all(one.kept for one in found) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mode", choices=["observe", "route", "both"], default="both")
    parser.add_argument("--scale", type=float, default=1.0, help="of requests and seconds; 0.3 for a look")
    parser.add_argument("--only", action="append", default=[], help="a scenario by its name; may be repeated")
    parser.add_argument("--write", action="store_true", help="write the section of docs/safety.md")
    return parser.parse_args()


def _leave(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


if __name__ == "__main__":
    sys.exit(main())

"""Measures suffice beside the provider itself, nginx, LiteLLM's proxy and Portkey's gateway, in one run.

CPU time per request, latency, streams, memory. All traffic stays on this machine. A full run takes some eight
minutes; the first one takes longer, as it installs LiteLLM and Portkey into folders of their own under bench-out/.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import psutil
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import contenders
import load
import machine
import measure
import page
import upstream
from contenders import Contender, Skipped, Start
from figures import CONTROL, DIRECT, LITELLM, OURS, PORTKEY, Readings
from processes import Program

OUT = Path(__file__).resolve().parents[1] / "bench-out"
WHOLE: dict[str, Start] = {
    CONTROL: contenders.nginx,
    OURS: contenders.suffice,
    PORTKEY: contenders.portkey,
    LITELLM: contenders.litellm,
}
STREAMING: dict[str, Start] = {CONTROL: contenders.nginx_streams, OURS: contenders.suffice}
OPTIONAL = {LITELLM, PORTKEY}
WINDOWS_OF_MEMORY = 30
"""As many as a fast machine needs, for the progress bar."""


class Run:
    """One run: what is asked of it, what it has read, how far it is."""

    def __init__(self, asked: argparse.Namespace, progress: Progress) -> None:
        self.plan = measure.QUICK if asked.quick else measure.FULL
        only = {name.lower() for name in asked.only}
        # The control is always there: without it no figure says anything about another machine.
        self.names = [name for name in WHOLE if not only or name.lower() in only or name == CONTROL]
        self.readings = Readings()
        self.folder = OUT / "run"
        self._progress = progress
        self._bar = progress.add_task("starting")

    def tell(self, what: str) -> None:
        self._progress.update(self._bar, description=what, advance=1)

    def expect(self, windows: int) -> None:
        self._progress.reset(self._bar, total=windows)

    def start(self, starts: dict[str, Start], provider: int, stack: ExitStack) -> list[Contender]:
        """Starts proxies in front of a provider; one that cannot run here is left out, with the reason."""
        names = [name for name in self.names if name in starts]
        self.expect(len(names))
        started = []
        for name in names:
            self.tell(f"starting {name}{', after installing it if need be' if name in OPTIONAL else ''}")
            try:
                contender = starts[name](self.folder, provider)
                assert contender.program is not None
                stack.callback(contender.program.stop)
                if starts is WHOLE:
                    load.check(self.folder, contender)
            except (Skipped, RuntimeError) as why:
                if name not in OPTIONAL:
                    raise
                self.readings.skipped[name] = str(why)
            else:
                started.append(contender)
        return started


def whole_answers(run: Run) -> None:
    """CPU time and latency of all contenders."""
    with ExitStack() as stack:
        provider = _started(stack, upstream.start_answering(run.folder))
        proxies = run.start(WHOLE, provider, stack)
        everyone = [Contender(DIRECT, provider), *proxies]
        run.expect((1 + run.plan.rounds) * len(proxies) + run.plan.rounds * len(everyone))
        measure.warm_up(run.folder, proxies, run.tell)
        measure.cpu(run.folder, proxies, run.plan, run.readings, run.tell)
        measure.latency(run.folder, everyone, run.plan, run.readings, run.tell)


def streams(run: Run) -> None:
    """Streams through nginx and suffice."""
    with ExitStack() as stack:
        provider = _started(stack, upstream.start_streaming(run.folder))
        everyone = [Contender(DIRECT, provider), *run.start(STREAMING, provider, stack)]
        run.expect(run.plan.rounds * len(everyone))
        measure.streams(everyone, run.plan, run.readings, run.tell)


def memory(run: Run) -> None:
    """Memory of a fresh suffice, and its ledger."""
    with ExitStack() as stack:
        provider = _started(stack, upstream.start_answering(run.folder))
        contender = contenders.suffice(run.folder, provider)
        assert contender.program is not None
        stack.callback(contender.program.stop)
        run.expect(WINDOWS_OF_MEMORY)
        measure.memory(run.folder, contender, run.plan, run.readings, run.tell)


def _started(stack: ExitStack, started: tuple[Program, int]) -> int:
    program, port = started
    stack.callback(program.stop)
    return port


def main() -> int:
    """Runs what is asked for; returns the exit code."""
    asked = _arguments()
    console = Console()
    console.width = max(console.width, 100)
    if lacking := machine.missing():
        console.print("The benchmark cannot run here:", *lacking, sep="\n  ", highlight=False)
        return 2
    if machine.cores() < 2:
        console.print("[yellow]There is one core only: the load disturbs what it measures.[/]")
    signal.signal(signal.SIGTERM, _leave)
    described = machine.describe()
    shutil.rmtree(OUT / "run", ignore_errors=True)
    (OUT / "run").mkdir(parents=True)
    load.write_bodies(OUT / "run")
    parts = [whole_answers, streams] + [memory] * (not asked.skip_memory and _asks_for(asked, OURS))
    disturbance = machine.Disturbance()
    try:
        readings = _measure(asked, parts, console)
    except KeyboardInterrupt:
        console.print("[yellow]Interrupted; everything that was started has been stopped.[/]")
        return 130
    except (RuntimeError, psutil.Error, subprocess.SubprocessError) as error:
        console.print(f"[red]The benchmark stopped: {error}[/] (logs are in bench-out/run)")
        return 1
    others = disturbance.shown()
    page.show(console, readings)
    console.print(f"During the run, other programs used {others}.", highlight=False)
    if asked.write is not None:
        plan = measure.QUICK if asked.quick else measure.FULL
        run = {
            "command": _command(asked),
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "rounds": f"{plan.rounds}",
            "others": others,
        }
        asked.write.write_text(page.markdown(readings, run=run, machine=described), "utf-8")
    return 0


def _measure(asked: argparse.Namespace, parts: Sequence[Callable[[Run], None]], console: Console) -> Readings:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        run = Run(asked, progress)
        for part in parts:
            part(run)
    return run.readings


def _asks_for(asked: argparse.Namespace, name: str) -> bool:
    return not asked.only or name.lower() in asked.only


def _leave(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/proxy.py", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="short and few rounds: a look, not a figure")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        choices=[name.lower() for name in WHOLE],
        help="beside nginx, which is always measured; may be repeated",
    )
    parser.add_argument("--skip-memory", action="store_true", help="leave out the 200,000 requests")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the figures as a page")
    return parser.parse_args()


def _command(asked: argparse.Namespace) -> str:
    flags = ["--quick"] * asked.quick + [f"--only {name}" for name in asked.only]
    flags += ["--skip-memory"] * asked.skip_memory + [f"--write docs/{asked.write.name}"]
    return f'make bench ARGS="{" ".join(flags)}"'


if __name__ == "__main__":
    sys.exit(main())

"""Describes what a benchmark ran on: enough to judge the figures, nothing that names the machine."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

import contenders
import load
import upstream
from processes import CORES

INSTALL = {
    "wrk": "apt-get install wrk (or https://github.com/wg/wrk)",
    "nginx": "apt-get install nginx-light (or https://nginx.org)",
    "taskset": "apt-get install util-linux",
}


def missing() -> list[str]:
    """Says what the benchmark cannot do without, and how to get it."""
    found = {"wrk": load.wrk(), "nginx": upstream.nginx(), "taskset": shutil.which("taskset")}
    lines = [f"{name} is missing: {INSTALL[name]}" for name, path in found.items() if path is None]
    if platform.system() != "Linux":
        lines.insert(
            0, "this needs Linux: it reads CPU times of processes from the kernel and pins them to cores"
        )
    return lines


def cores() -> int:
    return len(CORES)


def describe() -> dict[str, str]:
    """What a reader has to know of the machine and the programs, as names and values."""
    load_1m = os.getloadavg()[0]
    return {
        "processor": f"{_processor()}, {len(CORES)} cores used of {os.cpu_count()}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "load average before the run": f"{load_1m:.2f}",
        "Python": platform.python_version(),
        "suffice": f"{version('suffice')} with uvicorn {version('uvicorn')}, pyreqwest {version('pyreqwest')}",
        "nginx": _said(str(upstream.nginx()), "-v"),
        "LiteLLM": contenders.LITELLM,
        "Portkey gateway": f"{contenders.PORTKEY} on Node.js {_said('node', '--version')}",
        "wrk": _said("wrk", "-v"),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*:\s*(.+)$", info.read_text(), re.MULTILINE) if info.exists() else None
    return named[1] if named else platform.machine()


def _said(program: str, flag: str) -> str:
    path = shutil.which(program)
    if path is None:
        return "not installed"
    done = subprocess.run([path, flag], capture_output=True, text=True, check=False)
    number = re.search(r"\d+\.\d+(\.\d+)?", done.stdout + done.stderr)
    return number[0] if number else "unknown"


class Disturbance:
    """What the rest of the machine does while this process and what it starts are at work. Made at the beginning."""

    def __init__(self) -> None:
        self._before = self._read()

    def shown(self) -> str:
        """How busy others kept the machine until now; of programs of ours, those that have ended are told apart."""
        others, stolen, idle = (now - then for now, then in zip(self._read(), self._before, strict=True))
        # What is ours and what is all come from two clocks: of a quiet machine the rest may come out below nothing.
        others = max(others, 0)
        total = others + stolen + idle + self._ours()
        return f"{others / total:.0%} of all cores' time; {stolen / total:.0%} was taken by the hypervisor"

    def _read(self) -> tuple[float, float, float]:
        times = psutil.cpu_times()
        busy = times.user + times.nice + times.system + times.irq + times.softirq
        return busy - self._ours(), times.steal, times.idle + times.iowait

    @staticmethod
    def _ours() -> float:
        mine = os.times()
        return mine.user + mine.system + mine.children_user + mine.children_system

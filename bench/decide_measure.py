"""Times the decision, its parts, the memory that it takes, and how long the proxy takes to start."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from decide_requests import Bodies, Texts, one_turn
from processes import free_port
from suffice.catalog import Catalog
from suffice.engine import Engine
from suffice.features import Features, forget, read
from suffice.features.task import Ask, task_of
from suffice.layers import LAYERS
from suffice.policy.policy import Policy
from suffice.quality.predictor import PriorPredictor
from suffice.types import Request

_decode = msgspec.json.Decoder().decode
WARM_UP = 20


@dataclass(frozen=True)
class Timing:
    """Nanoseconds of each decision and of its control, by round."""

    wall: list[list[int]] = field(default_factory=list)
    cpu: list[list[int]] = field(default_factory=list)
    control: list[list[int]] = field(default_factory=list)

    def wall_us(self, q: float) -> float:
        """Returns a quantile of the decisions' wall-clock times, all rounds together, in microseconds."""
        return _quantile_us(chain(*self.wall), q)

    def cpu_us(self, q: float) -> float:
        """Returns the same of the CPU time that they used."""
        return _quantile_us(chain(*self.cpu), q)

    def control_us(self, q: float) -> float:
        """Returns the same of the control's wall-clock times."""
        return _quantile_us(chain(*self.control), q)

    @property
    def rounds_p50_us(self) -> tuple[float, float]:
        """The lowest and the highest median of a round, in microseconds."""
        medians = [_median(one) for one in self.wall]
        return min(medians), max(medians)


def engine() -> Engine:
    return Engine(
        layers=LAYERS,
        predictor=PriorPredictor(),
        policy=Policy(),
        resolve=Catalog.load(at_ns=time.time_ns()).resolve,
    )


def request_of(data: bytes) -> Request:
    try:
        body = _decode(data)
    except msgspec.DecodeError:
        # A lone surrogate: the proxy passes such a body on undecided; other callers may hand it to the engine.
        body = json.loads(data)
    return Request(api="chat_completions", provider="openai", model="gpt-5.4", body=body)


def time_decisions(decide: Callable[[Request], object], bodies: Bodies, samples: int, into: Timing) -> None:
    """Times a round: each decision beside decoding its body with the standard library's JSON, in turn."""
    forget()
    wall, cpu, control = [], [], []
    for number in range(samples + WARM_UP):
        data = next(bodies)
        request = request_of(data)
        cpu_started, started = time.thread_time_ns(), time.perf_counter_ns()
        decide(request)
        ended, cpu_ended = time.perf_counter_ns(), time.thread_time_ns()
        json.loads(data)
        control_ended = time.perf_counter_ns()
        if number >= WARM_UP:
            wall.append(ended - started)
            cpu.append(cpu_ended - cpu_started)
            control.append(control_ended - ended)
    into.wall.append(wall)
    into.cpu.append(cpu)
    into.control.append(control)


def _quantile_us(nanoseconds: Iterable[int], q: float) -> float:
    times = sorted(nanoseconds)
    return times[round(q * (len(times) - 1))] / 1000


def time_parts(samples: int) -> dict[str, float]:
    """Microseconds (median) of reading a new message of 500 tokens, of each layer, and of the whole."""
    bodies = one_turn(Texts(), 500)
    decided = engine()
    requests = [request_of(next(bodies)) for _ in range(samples)]
    forget()
    parts = {"decide": _median([_timed(lambda r=request: decided.decide(r)) for request in requests])}
    forget()
    parts["read"] = _median([_timed(lambda r=request: read(r)) for request in requests])
    features = [read(request) for request in requests]
    asks = [ask_of(found) for found in features]
    parts["task"] = _median([_timed(lambda a=ask: task_of(a)) for ask in asks])
    for name, layer in LAYERS.items():
        parts[name] = _median([_timed(lambda f=found, score=layer: score(f)) for found in features])
    return parts


def ask_of(features: Features) -> Ask:
    return Ask(
        instructions=features.instructions.lower(),
        question=features.question.lower(),
        tools=features.tools,
        contract=features.contract,
        after_tool=features.after_tool,
        input_tokens=features.input_tokens,
        output_limit=features.output_limit,
    )


def _timed(call: Callable[[], object]) -> int:
    started = time.perf_counter_ns()
    call()
    return time.perf_counter_ns() - started


def _median(nanoseconds: Sequence[int]) -> float:
    return _quantile_us(nanoseconds, 0.5)


_MEMORY = """
import gc, sys
sys.path.insert(0, {bench!r})
def rss():
    gc.collect()
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024
import json, msgspec, numpy, uvicorn, uvloop, httptools, pyreqwest.client
import suffice.proxy.server, suffice.upstream.client, suffice.proxy.spool, suffice.config
bare = rss()
from decide_requests import Texts, one_turn
texts = Texts()
with_texts = rss()
from decide_measure import engine, request_of
decide = engine().decide
figures = [bare, bare + rss() - with_texts]
bodies = one_turn(texts, 500)
for part in range(5):
    for _ in range({requests} // 5):
        decide(request_of(next(bodies)))
    figures.append(bare + rss() - with_texts)
print(json.dumps(figures))
"""


def memory_mib(requests: int) -> list[float]:
    """Resident MiB: of the proxy's libraries alone, with the engine, then after each fifth of distinct requests."""
    script = _MEMORY.format(bench=str(Path(__file__).parent), requests=requests)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def start_up_s(times: int) -> list[tuple[float, float]]:
    """Seconds from the command to the first answer of /healthz, and CPU seconds of it all, the stop included."""
    found = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = _start_up_s()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((wall, cpu))
    return found


def _start_up_s() -> float:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "suffice.toml"
        config.write_text(f'[data]\ndirectory = "{folder}/data"\n')
        command = [sys.executable, "-m", "suffice", "serve", "--config", str(config), "--port", str(port)]
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not _answers(port):
                if process.poll() is not None:
                    raise RuntimeError("the proxy ended before it answered")
                time.sleep(0.01)
            return time.perf_counter() - started
        finally:
            process.terminate()
            process.wait(30)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def machine() -> dict[str, Any]:
    with Path("/proc/loadavg").open() as file:
        return {"python": sys.version.split()[0], "load": file.read().split()[0]}

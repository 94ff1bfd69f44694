"""Drives a contender with wrk: 1.5 KB chat completions, 256 different prompts in turn."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from processes import OTHER_CORE, pinned
from suffice.testing.traffic.words import GOODS, PLACES

BODY_BYTES = 1536
PROMPTS = 256

_LUA = """\
local bodies = {{}}
for line in io.lines("{bodies}") do bodies[#bodies + 1] = line end
local at = 0
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["accept"] = "application/json"
wrk.headers["authorization"] = "Bearer sk-bench"
wrk.headers["user-agent"] = "OpenAI/Python 3.0.0"
wrk.headers["x-stainless-lang"] = "python"
{headers}
request = function()
  at = at % #bodies + 1
  return wrk.format(nil, "/v1/chat/completions", nil, bodies[at])
end
done = function(summary, latency, requests)
  io.write(string.format('{{"requests":%d,"us":%d,"p50_us":%.1f,"p99_us":%.1f,"failed":%d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


class Reading(msgspec.Struct, frozen=True):
    """What wrk saw of one run."""

    requests: int
    us: int
    p50_us: float
    p99_us: float
    failed: int


def wrk() -> str | None:
    return shutil.which("wrk")


def write_bodies(folder: Path) -> Path:
    """Writes one request body a line, each of 1,536 bytes."""
    rng = random.Random(7)
    path = folder / "bodies.jsonl"
    path.write_text("\n".join(_body(rng, number) for number in range(PROMPTS)) + "\n")
    return path


def _body(rng: random.Random, number: int) -> str:
    asked = f"Ticket {number}. "
    body = ""
    while len(body) < BODY_BYTES:
        asked += (
            f"The {rng.choice(GOODS)} for {rng.choice(PLACES)} came {rng.randint(2, 30)} days late, "
            f"and {rng.choice(('nobody', 'only a machine', 'the wrong desk'))} answered. "
        )
        messages = [
            {"role": "system", "content": "You answer customers of a shop in two friendly sentences."},
            {"role": "user", "content": asked},
        ]
        body = json.dumps({"model": "gpt-5.4", "messages": messages, "max_completion_tokens": 300})
    surplus = len(body) - BODY_BYTES
    return body.replace(asked, asked[: len(asked) - surplus])


def run(folder: Path, port: int, *, connections: int, seconds: float, headers: Sequence[str] = ()) -> Reading:
    """Loads a port of this machine for some seconds."""
    lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in (line.split(": ") for line in headers)]
    script = folder / f"load-{port}.lua"
    script.write_text(_LUA.format(bodies=folder / "bodies.jsonl", headers="\n".join(lines)))
    program = wrk()
    assert program is not None
    command = [program, "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(script)]
    done = subprocess.run(
        pinned(OTHER_CORE, [*command, f"http://127.0.0.1:{port}"]), capture_output=True, text=True, check=True
    )
    found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk said nothing that can be read:\n{done.stdout}{done.stderr}")
    return msgspec.json.decode(found[0], type=Reading)

"""Drives a contender with wrk: 1.5 KB chat completions, 256 different prompts in turn."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Protocol

import msgspec

from processes import OTHER_CORE, fetch, pinned
from suffice.testing.traffic.words import GOODS, PLACES
from upstream import ANSWER

BODY_BYTES = 1536
PROMPTS = 256
BODIES = "bodies.jsonl"

_LUA = """\
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.headers["accept"] = "application/json"
wrk.headers["authorization"] = "Bearer sk-bench"
wrk.headers["user-agent"] = "OpenAI/Python 3.0.0"
wrk.headers["x-stainless-lang"] = "python"
{more}
local requests, at = {{}}, 0
init = function()
  for line in io.lines("{bodies}") do
    requests[#requests + 1] = wrk.format(nil, "/v1/chat/completions", nil, line)
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency, requests)
  io.write(string.format('{{"requests":%d,"us":%d,"p50_us":%.1f,"p99_us":%.1f,"failed":%d}}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


_NOTING = """\
local ids = io.open("{ids}", "a")
ids:setvbuf("line")
response = function(status, headers)
  if status == 200 then ids:write(headers["x-suffice-decision"] or "none", "\\n") end
end
"""


class Reading(msgspec.Struct, frozen=True):
    """What wrk saw of one run."""

    requests: int
    us: int
    p50_us: float
    p99_us: float
    failed: int


class Aim(Protocol):
    """What is loaded: a port of this machine, and the headers to send besides those of every client."""

    port: int
    headers: list[str]


def wrk() -> str | None:
    return shutil.which("wrk")


def write_bodies(folder: Path) -> Path:
    """Writes one request body a line, each of 1,536 bytes."""
    rng = random.Random(7)
    path = folder / BODIES
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


def check(folder: Path, aim: Aim) -> None:
    """Makes sure that a port relays the provider's answer.

    Raises:
        RuntimeError: It does not.
    """
    body = (folder / BODIES).read_bytes().splitlines()[0]
    sent = dict(line.split(": ") for line in ("authorization: Bearer sk-bench", *aim.headers))
    url = f"http://127.0.0.1:{aim.port}/v1/chat/completions"
    try:
        answer = fetch(url, body=body, headers={"content-type": "application/json", **sent})
    except OSError as error:
        raise RuntimeError(f"does not answer a chat completion: {error}") from error
    if ANSWER["choices"][0]["message"]["content"] not in answer.decode():
        raise RuntimeError("does not relay the provider's answer")


def run(folder: Path, aim: Aim, *, connections: int, seconds: int, ids: Path | None = None) -> Reading:
    """Loads a port of this machine for some seconds.

    Args:
        folder: Where the bodies are.
        aim: What to load.
        connections: Each has one request under way at any time.
        seconds: How long.
        ids: A file to add the id of each answered request's decision to.
    """
    port, headers = aim.port, aim.headers
    lines = [f'wrk.headers["{name}"] = "{value}"' for name, value in (line.split(": ") for line in headers)]
    if ids is not None:
        lines.append(_NOTING.format(ids=ids))
    script = folder / f"load-{port}.lua"
    script.write_text(_LUA.format(bodies=folder / BODIES, more="\n".join(lines)))
    program = wrk()
    assert program is not None
    command = [program, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
    done = subprocess.run(
        pinned(OTHER_CORE, [*command, f"http://127.0.0.1:{port}"]),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    found = re.search(r"^\{.*\}$", done.stdout, re.MULTILINE)
    if found is None:
        raise RuntimeError(f"wrk said nothing that can be read:\n{done.stdout}{done.stderr}")
    return msgspec.json.decode(found[0], type=Reading)

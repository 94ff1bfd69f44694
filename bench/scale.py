"""Imports and buckets a million generated log lines: lines a second and peak memory of each step.

    make bench-scale                    # a million lines
    make bench-scale ARGS=--lines=50000

The log is written once, as it goes, and is in OpenAI's form: requests of several applications, each a template with
what changes filled in, and their answers. Every step is the command that a user runs, in a process of its own.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import click
import zstandard

from suffice.cli import main as main_command

OUT = Path(__file__).resolve().parents[1] / "bench-out" / "scale"
SEED = 20261126
MIB = 1024 * 1024
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK_S = 7 * 86_400
MODELS = ("gpt-5.4", "gpt-5.4", "gpt-5.4", "gpt-5.4-mini", "gpt-4o-2024-08-06")

_WORDS = """
account address agreement amount answer appointment battery branch budget cable camera cancel
carrier charge claim clause client colour column commit concert condition contract cost courier
customer damage database date deadline delay delivery deposit device discount document dose engine
error estimate event expense factory failure file filter flight folder form function garden handle
harvest heater hotel image index insurance invoice item key label ladder lamp letter level library
limit line list loan log machine manual margin market material meeting memory message meter method
module motor network notice number offer office order package page paint paper parcel part password
patient payment permit phone plan plant policy port price printer process product profit project
query question queue rate reader receipt record refund region release rent repair report request
result return review river road room route rule sample schedule screen sensor server service shelf
ship signal size soil stage station stock storage street supply switch system table target tax team
term test ticket timer title token tool track train transfer unit update user valve value vendor
version visit volume wall warehouse warranty weight window wire work yield zone
"""
WORDS = _WORDS.split()

APPLICATIONS: tuple[tuple[str, str, str], ...] = (
    (
        "ticket-triage",
        "You sort support tickets of an online shop. Answer with one word: billing, delivery, defect or other.",
        "Ticket {n} of {date}: {text}",
    ),
    (
        "invoice-fields",
        "Extract the fields of an invoice as JSON: vendor, date, total, currency. Never guess a number.",
        "Invoice no. {n}, issued {date}\n{text}\nTotal: {n}.90 EUR",
    ),
    (
        "reply-draft",
        "You draft replies of a friendly support team. At most five sentences, no promises about dates.",
        "Customer {n} writes: {text}\nDraft a reply.",
    ),
    (
        "summaries",
        "Summarise the meeting notes below in three bullet points for people who were not there.",
        "Notes of {date}\n{text}\n{more}",
    ),
    (
        "code-review",
        "You review pull requests of a Python service. Name bugs only, with the line, or say 'none'.",
        "Pull request {n}\n```python\ndef {word}_{n}({word}):\n    # {text}\n    return {word}[{n}]\n```",
    ),
    (
        "sql",
        "Translate the question to one PostgreSQL query over the tables orders, items and customers. SQL only.",
        "How many {word} orders had {text} since {date}?",
    ),
    (
        "translation",
        "Translate the user's text to German. Keep names, numbers and line breaks.",
        "{text} {more}",
    ),
    ("", "", "{text} {more}?"),
)
"""Feature tag, system prompt and template; the last is a chat without either."""


def lines(count: int, rng: random.Random) -> Iterator[bytes]:
    """Yields log lines in the order of time, about a kilobyte each."""
    step = WEEK_S / count
    encode = json.JSONEncoder(separators=(",", ":")).encode
    for number in range(count):
        feature, system, template = APPLICATIONS[rng.randrange(len(APPLICATIONS))]
        at = MONDAY + timedelta(seconds=number * step)
        yield encode(_line(number, at, feature, system, template, rng)).encode() + b"\n"


def _line(  # noqa: PLR0913, PLR0917 -- one row of the table above
    number: int, at: datetime, feature: str, system: str, template: str, rng: random.Random
) -> dict[str, Any]:
    text = " ".join(rng.choices(WORDS, k=rng.randrange(25, 60)))
    user = template.format(
        n=rng.randrange(10_000, 99_999), date=at.date(), text=text, more=text[::-1], word=rng.choice(WORDS)
    )
    answer = " ".join(rng.choices(WORDS, k=rng.randrange(3, 40)))
    model = rng.choice(MODELS)
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": user})
    given, made = len(user + system) // 4, len(answer) // 4
    line: dict[str, Any] = {
        "id": f"req_{rng.getrandbits(80):020x}",
        "timestamp": at.isoformat(),
        "request": {"model": model, "messages": messages, "temperature": 0.2},
        "response": {
            "id": f"chatcmpl-{rng.getrandbits(96):024x}",
            "object": "chat.completion",
            "created": int(at.timestamp()),
            "model": model,
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made},
        },
        "session_id": f"s{rng.getrandbits(24):06x}",
    }
    # A part of the traffic is tagged, the rest has to be told by its template.
    if feature and number % 3 == 0:
        line["feature"] = feature
    return line


def write_log(path: Path, count: int) -> int:
    """Writes the log, and returns its bytes before packing."""
    rng, size = random.Random(SEED), 0
    part = path.with_suffix(".part")
    with part.open("wb") as raw:
        packed: IO[bytes] = (
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=3)
            if path.suffix == ".gz"
            else zstandard.ZstdCompressor(level=3).stream_writer(raw, closefd=False)
        )
        with io.BufferedWriter(packed, MIB) as file:  # type: ignore[arg-type] -- a raw stream to it
            for line in lines(count, rng):
                size += len(line)
                file.write(line)
    part.rename(path)
    return size


def run(arguments: list[str]) -> tuple[float, float, int]:
    """Runs a command; returns its seconds, those of all processors, and the most memory that it held, in bytes.

    Raises:
        RuntimeError: It failed.
    """
    start = time.monotonic()
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    pid = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"failed: {' '.join(arguments)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=int, default=1_000_000)
    asked.add_argument("--packed", choices=("gz", "zst"), default="zst")
    options = asked.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    log = OUT / f"log-{options.lines}.jsonl.{options.packed}"
    if not log.exists():
        start = time.monotonic()
        size = write_log(log, options.lines)
        print(f"wrote {options.lines:,} lines, {size / MIB:,.0f} MiB, in {time.monotonic() - start:.0f} s")
    data = OUT / "data"
    shutil.rmtree(data, ignore_errors=True)
    os.environ["SUFFICE_DATA_DIRECTORY"] = str(data)
    suffice = str(Path(sys.executable).with_name("suffice"))
    steps = {
        "import": [suffice, "import", str(log), "--json"],
        "import again": [suffice, "import", str(log), "--json"],
        "buckets": [suffice, "buckets"],
    }
    if "buckets" not in main_command.list_commands(click.Context(main_command)):
        del steps["buckets"]
    print("\n| step | lines/s | seconds | processor seconds | peak memory |\n|---|---|---|---|---|")
    for name, arguments in steps.items():
        seconds, cpu, peak = run(arguments)
        rate = options.lines / seconds
        print(f"| {name} | {rate:,.0f} | {seconds:.1f} | {cpu:.1f} | {peak / MIB:,.0f} MiB |", flush=True)
    print(f"\nstore: {sum(path.stat().st_size for path in data.iterdir()) / MIB:,.0f} MiB")


if __name__ == "__main__":
    main()

"""What keeping whole decisions costs: bytes per request in the ledger, microseconds of CPU per request.

    python bench/decisions.py DIRECTORY  measures, on the decisions of the recorded week in its folder `traffic`
    python bench/decisions.py            measures, on those that the dictionary was trained on: too good
    python bench/decisions.py --train    trains the dictionary that they are compressed with

Never train a dictionary anew that has been released: what was compressed with it could not be read any more. Write
another file and make it the current one in `suffice.store.decisions`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import zstandard

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from cases import Case, cases  # noqa: E402 -- the tests' own requests
from entries import entry, outcome  # noqa: E402 -- the tests' own requests

from suffice.store.decisions import CURRENT, Packing  # noqa: E402 -- after them
from suffice.store.sqlite import SqliteStore  # noqa: E402 -- after them
from suffice.testing.recorded_week import read_week  # noqa: E402 -- after them
from suffice.types import Decision, Request  # noqa: E402 -- after them

DICTIONARY_BYTES = 16 * 1024
ROUNDS = 20
encode = msgspec.json.Encoder().encode


def train(samples: Sequence[bytes]) -> None:
    dictionary = zstandard.train_dictionary(DICTIONARY_BYTES, list(samples))
    path = ROOT / "src" / "suffice" / "store" / CURRENT
    path.write_bytes(dictionary.as_bytes())
    print(f"{path.name}: {len(dictionary.as_bytes()):,} bytes from {len(samples)} decisions")


def cpu_us(call: Callable[[], object], count: int) -> float:
    """The least of several rounds, in microseconds of this process per request."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        call()
        taken.append((time.process_time_ns() - started) / 1000 / count)
    return min(taken)


def store_bytes(decisions: Sequence[bytes], *, kept: bool) -> int:
    entries = [entry(number) for number in range(len(decisions))]
    pairs = [(f"id-{number:08d}", one) for number, one in enumerate(decisions)] if kept else []
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "ledger.db")
        store.append(entries, spool="s", moved_bytes=1, decisions=pairs)
        store.close()
        return (Path(folder) / "ledger.db").stat().st_size


def insert_us(decisions: Sequence[bytes], *, kept: bool) -> float:
    """Time of this process to append a batch, less nothing: compare the two."""
    entries = [entry(number) for number in range(len(decisions))]
    pairs = [(f"id-{number:08d}", one) for number, one in enumerate(decisions)] if kept else []
    with tempfile.TemporaryDirectory() as folder:
        rounds = iter(range(ROUNDS))

        def once() -> None:
            store = SqliteStore(Path(folder) / f"{next(rounds)}.db")
            store.append(entries, spool="s", moved_bytes=1, decisions=pairs)
            store.close()

        return cpu_us(once, len(decisions))


def write_us(lines: Sequence[bytes]) -> float:
    with tempfile.NamedTemporaryFile() as file:
        return cpu_us(lambda: [os.write(file.fileno(), line) for line in lines], len(lines))


def week(folder: Path) -> list[Decision]:
    engine = Case("", Request(api="chat_completions", provider="openai", model="", body={})).engine
    return [
        engine.decide(
            Request(
                api="chat_completions",
                provider="openai",
                model=line.request["model"],
                body=line.request,
                feature=line.feature,
            )
        )
        for line in read_week(folder / "traffic")
    ]


def main() -> None:
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    decisions = week(folders[0]) if folders else [case.engine.decide(case.request) for case in cases()]
    encoded = [encode(decision) for decision in decisions]
    if "--train" in sys.argv:
        train(encoded)
        return
    packing, count = Packing(), len(encoded)
    # As the store does it.
    blocks = [
        {f"id-{n:08d}": encoded[n] for n in range(first, min(first + 64, count))}
        for first in range(0, count, 64)
    ]
    packed = [packing.pack(block) for block in blocks]
    outcomes = [encode(outcome(number)) + b"\n" for number in range(count)]
    both = [one + b"\t" + other for one, other in zip(encoded, outcomes, strict=True)]
    grown = store_bytes(encoded, kept=True) - store_bytes(encoded, kept=False)
    print(f"{count} decisions")
    print(f"bytes: JSON {sum(map(len, encoded)) / count:.0f}, compressed {sum(map(len, packed)) / count:.0f}")
    print(f"bytes in the ledger per request: {grown / count:.0f}")
    worker = cpu_us(lambda: [encode(one) for one in decisions], count), write_us(both) - write_us(outcomes)
    recorder = (
        cpu_us(lambda: [packing.pack(block) for block in blocks], count),
        insert_us(encoded, kept=True) - insert_us(encoded, kept=False),
    )
    print(f"worker, us of CPU per request: encode {worker[0]:.1f}, longer write {worker[1]:.1f}")
    print(f"recorder, us of CPU per request: insert {recorder[1]:.1f}, {recorder[0]:.1f} of it compressing")


if __name__ == "__main__":
    main()

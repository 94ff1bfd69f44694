"""How soon the guard demotes, and how often wrongly: on the recorded week.

    make bench-guard DATA=../shared/data/traffic ARGS=--write

Prints the section; `--write` puts it into docs/safety.md, between its markers. What was measured is kept: an
interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff import recorded
from bakeoff.recorded import Bucket
from guard import page, play

ROOT = Path(__file__).resolve().parents[2]
SHARES = (0.01, 0.05, 0.2)
GOOD_REQUESTS = 2_000
MOST_REQUESTS = 200_000
CLEAN_REQUESTS = 5_000
CLEAN_SHARE = 0.2

Row = dict[str, Any]


def main() -> int:
    """Measures what is not yet measured, prints it, and writes the page if asked."""
    parser = argparse.ArgumentParser(prog="bench-guard", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded week")
    parser.add_argument("--swaps", type=int, default=100, help="runs of a swap")
    parser.add_argument("--runs", type=int, default=200, help="clean runs of a row")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "guard")
    parser.add_argument("--fresh", action="store_true", help="measure all again")
    parser.add_argument("--write", action="store_true", help="write the section of docs/safety.md")
    options = parser.parse_args()
    lacking = recorded.missing(options.data)
    if lacking:
        sys.stderr.write(f"bench-guard needs the recorded week: {', '.join(lacking)} in {options.data}\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    cells = {**swap_cells(options), **clean_cells(options)}
    found = []
    for number, (name, measure) in enumerate(cells.items(), 1):
        path = options.out / f"{name}.json"
        if options.fresh or not path.is_file():
            sys.stderr.write(f"{number} of {len(cells)}: {name}\n")
            path.write_text(json.dumps(measure(np.random.default_rng(zlib.crc32(name.encode())))), "utf-8")
        found.append(json.loads(path.read_text("utf-8")))
    text = page.section(found)
    sys.stdout.write(text)
    if options.write:
        page.put(ROOT / "docs" / "safety.md", text)
    return 0


def swap_cells(options: argparse.Namespace) -> dict[str, Callable[[np.random.Generator], Row]]:
    """Returns what each swap is measured by."""
    found = {}
    for bucket in certified(recorded.load(options.data)):
        for after in play.WORSE:
            if bucket.truth(after) >= -play.DELTA:
                continue
            for share in SHARES:
                swap = play.Swap(bucket, after, share, GOOD_REQUESTS, MOST_REQUESTS)
                found[f"swap-{bucket.name}-{after}-{share}-{options.swaps}"] = swap_measure(
                    swap, options.swaps
                )
    return found


def swap_measure(swap: play.Swap, runs: int) -> Callable[[np.random.Generator], Row]:
    """Returns the measurement of one swap."""

    def measure(rng: np.random.Generator) -> Row:
        needed = [play.swapped(swap, rng) for _ in range(runs)]
        counts = sorted(count for count in needed if count is not None)
        return {
            "kind": "swap",
            "bucket": swap.bucket.name,
            "after": swap.after,
            "share": swap.share,
            "before": swap.bucket.truth(play.CANDIDATE),
            "truth": swap.bucket.truth(swap.after),
            "runs": runs,
            "found": len(counts),
            "p50": counts[len(counts) // 2] if counts else None,
            "p90": counts[len(counts) * 9 // 10] if counts else None,
        }

    return measure


def clean_cells(options: argparse.Namespace) -> dict[str, Callable[[np.random.Generator], Row]]:
    """Returns what each clean row is measured by."""
    found: dict[str, Callable[[np.random.Generator], Row]] = {}
    for bucket in recorded.load(options.data):
        for model in recorded.CANDIDATES:
            if bucket.truth(model) >= -play.DELTA:
                values = bucket.values(model)
                name = f"clean-{bucket.name}-{model}-{options.runs}"
                found[name] = clean_measure((bucket.name, model), values, options.runs)
    for bucket in certified(recorded.load(options.data)):
        values = play.at_the_edge(bucket.values(play.CANDIDATE))
        name = f"edge-{bucket.name}-{options.runs}"
        found[name] = clean_measure((bucket.name, "(a loss of just the tolerance)"), values, options.runs)
    return found


def clean_measure(named: tuple[str, str], values: Any, runs: int) -> Callable[[np.random.Generator], Row]:
    """Returns the measurement of one candidate that stays as it is."""

    def measure(rng: np.random.Generator) -> Row:
        ends = [play.clean(values, CLEAN_REQUESTS, CLEAN_SHARE, rng) for _ in range(runs)]
        return {
            "kind": "clean",
            "bucket": named[0],
            "model": named[1],
            "truth": float(values.mean()),
            "runs": runs,
            "requests": CLEAN_REQUESTS,
            "share": CLEAN_SHARE,
            "demoted": sum(demoted for demoted, _ in ends),
            "watched": sum(watched for _, watched in ends),
        }

    return measure


def certified(buckets: list[Bucket]) -> list[Bucket]:
    """Returns the buckets in which the candidate truly is within the tolerance."""
    return [bucket for bucket in buckets if bucket.truth(play.CANDIDATE) >= -play.DELTA]


if __name__ == "__main__":
    sys.exit(main())

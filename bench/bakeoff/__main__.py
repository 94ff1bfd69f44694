"""Plays bake-offs on the recorded week, where the truth is known.

    make bench-bakeoff DATA=../shared/data/traffic ARGS=--write

Prints the page; `--write` writes docs/bakeoff.md. A whole run takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bakeoff import measure, page, recorded

ROOT = Path(__file__).resolve().parents[2]
DELTAS = (0.05, 0.02)


def main() -> int:
    """Measures, prints and, if asked to, writes the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench-bakeoff", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of the recorded week (shared/data/traffic)")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="write docs/bakeoff.md")
    parser.add_argument("--kept", action="store_true", help="measure nothing: the page of the kept results")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "bakeoff.json")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    lacking = recorded.missing(options.data)
    if lacking and not options.kept:
        print(
            f"bench-bakeoff needs the recorded week, no part of the repository: {', '.join(lacking)}",
            file=sys.stderr,
        )
        print("make bench-bakeoff DATA=path/to/shared/data/traffic", file=sys.stderr)
        return 2
    if not options.kept:
        buckets = recorded.load(options.data)
        found = {
            "requests": sum(len(bucket.lengths) for bucket in buckets),
            "buckets": len(buckets),
            "tolerances": [
                measure.measure(buckets, delta, options.repeats, options.seed) for delta in DELTAS
            ],
            "next_week": measure.next_week(buckets, DELTAS[0], options.repeats // 2, options.seed),
        }
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(found, indent=1), "utf-8")
    text = page.page(json.loads(options.out.read_text("utf-8")))
    print(text)
    if options.write:
        (ROOT / "docs" / "bakeoff.md").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

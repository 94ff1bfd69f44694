"""Tries the statistics by simulation.

    make bench-statistics ARGS=--write

Prints the page; `--write` writes docs/statistics.md and its plot. A whole run takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from stats import draws, errors, page, plots, rest, widths

ROOT = Path(__file__).resolve().parents[2]
RUNS = {"errors": 10_000, "widths": 300, "draws": 1_000, "rest": 2_000}
SECTIONS = {"errors": errors.run, "widths": widths.run, "draws": draws.run, "rest": rest.run}


def measure(out: Path, seed: int, *, quick: bool) -> None:
    """Runs all simulations and keeps what they found."""
    found: dict[str, object] = {
        "alpha": errors.ALPHA,
        "horizon": errors.HORIZON,
        "rows": rest.ROWS,
        "budget": rest.BUDGET,
    }
    for name, run in SECTIONS.items():
        began = time.perf_counter()
        found[name] = run(RUNS[name] // (20 if quick else 1), seed)
        print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=1), "utf-8")


def main() -> int:
    """Measures, prints and, if asked to, writes the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench-statistics", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of the runs, to see that it works")
    parser.add_argument("--write", action="store_true", help="write docs/statistics.md and its plot")
    parser.add_argument("--kept", action="store_true", help="measure nothing: the page of the kept results")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "statistics.json")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    if options.write and options.quick:
        print("--write needs a whole run: the page holds no quick figures", file=sys.stderr)
        return 2
    if not options.kept:
        measure(options.out, options.seed, quick=options.quick)
    found = json.loads(options.out.read_text("utf-8"))
    text = page.page(found)
    print(text)
    if options.write:
        plots.draw(found, ROOT / "docs" / "images" / "statistics.svg")
        (ROOT / "docs" / "statistics.md").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The recorded week through the proxy in route mode, certified by a trial of that week.

    make bench-live DATA=../shared/data/traffic ARGS=--write

The real proxy in its own processes, a replay upstream that answers as each model really did, and the benchmark's own
grades as the truth. Prints the section; `--write` puts it into docs/savings.md, between its markers. What was measured
is kept: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bakeoff import recorded
from routed_week import figures, page
from routed_week.serving import play
from routed_week.week import Week, load

ROOT = Path(__file__).resolve().parents[2]
HOLDOUTS = (0.2, 0.1, 0.05)
"""The first is shown in full, the last is what the product does by itself."""

Row = dict[str, Any]


def main() -> int:
    """Measures what is not yet measured, prints it, and writes the page if asked."""
    parser = argparse.ArgumentParser(prog="bench-live", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded week")
    parser.add_argument("--runs", type=int, default=3, help="of each holdout, each with dice of its own")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "live")
    parser.add_argument("--fresh", action="store_true", help="measure all again")
    parser.add_argument("--write", action="store_true", help="write the section of docs/savings.md")
    options = parser.parse_args()
    lacking = recorded.missing(options.data)
    if lacking:
        sys.stderr.write(f"bench-live needs the recorded week: {', '.join(lacking)} in {options.data}\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    week = load(options.data)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        found = measured(week, options, folder)
        beside = figures.controls_of(week, folder)
    text = page.section(found, beside)
    sys.stdout.write(text)
    if options.write:
        page.put(ROOT / "docs" / "savings.md", text)
    return 0


def measured(week: Week, options: argparse.Namespace, folder: Path) -> list[Row]:
    """Returns the figures of every run; those that there are already are not measured again."""
    found = []
    with Progress(console=Console(stderr=True)) as progress:
        for holdout, seed in product(HOLDOUTS, range(1, options.runs + 1)):
            path = options.out / f"run-{holdout}-{seed}.json"
            if options.fresh or not path.is_file():
                bar = progress.add_task(f"Holdout {holdout:.0%}, run {seed}", total=2 * len(week.requests))
                tick = partial(progress.advance, bar)
                own = folder / path.stem
                own.mkdir()
                run = play((week, options.data), own, seed=seed, holdout=holdout, tick=tick)
                row = figures.of_run(week, run, seed=seed, holdout=holdout)
                path.write_text(json.dumps(row), "utf-8")
            found.append(json.loads(path.read_text("utf-8")))
    return found


if __name__ == "__main__":
    sys.exit(main())

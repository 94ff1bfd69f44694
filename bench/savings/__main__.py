"""Whether the interval of measured savings covers the truth. `make bench-savings DATA=../shared/data/traffic`.

Sessions are drawn from a recorded week: each is some calls of one use case, whose cost with the baseline and with the
candidate is known from the recorded answers. A random holdout stays on the baseline; what the routed sessions would
have cost there is then known too, so each interval either covers the true savings or does not. Every cell is kept as
soon as it is measured: an interrupted run goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from savings.page import write
from savings.population import TAILS, Week, read_week
from savings.study import Cell, measure

ROOT = Path(__file__).resolve().parents[2]
SESSIONS = (500, 2_000, 10_000)
HOLDOUTS = (0.02, 0.05, 0.10)
VERBOSITIES = (0.7, 1.0, 1.3)


def cells(repeats: int) -> list[Cell]:
    """Returns every cell of the study."""
    grid = [
        Cell(sessions=sessions, holdout=holdout, tail=tail, verbosity=1.0, repeats=repeats)
        for tail in TAILS
        for sessions in SESSIONS
        for holdout in HOLDOUTS
    ]
    wordy = [
        Cell(sessions=2_000, holdout=0.05, tail="as recorded", verbosity=verbosity, repeats=repeats)
        for verbosity in VERBOSITIES
        if verbosity != 1.0
    ]
    return grid + wordy


def main() -> int:
    """Measures what is not yet measured, prints it, and writes the page if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded week")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "savings")
    parser.add_argument("--repeats", type=int, default=400)
    parser.add_argument("--fresh", action="store_true", help="measure all again")
    parser.add_argument("--write", action="store_true", help="write docs/savings-coverage.md")
    options = parser.parse_args()
    if not (options.data / "answers.parquet").is_file():
        sys.stderr.write(f"no recorded week in {options.data}: name its folder with DATA=\n")
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    found = run(read_week(options.data), cells(options.repeats), options.out, fresh=options.fresh)
    sys.stdout.write(write(found, ROOT / "docs" / "savings-coverage.md" if options.write else None))
    return 0


def run(week: Week, wanted: list[Cell], out: Path, *, fresh: bool) -> list[dict[str, object]]:
    """Returns what was measured of each cell, from an earlier run where it was."""
    found = []
    columns = (*Progress.get_default_columns()[:-1], TimeElapsedColumn(), TextColumn("{task.fields[cell]}"))
    with Progress(*columns) as progress:
        bar = progress.add_task("cells", total=len(wanted), cell="")
        for cell in wanted:
            progress.update(bar, cell=cell.name)
            path = out / f"{cell.name}.json"
            if fresh or not path.is_file():
                path.write_text(json.dumps(measure(week, cell)), "utf-8")
            found.append(json.loads(path.read_text("utf-8")))
            progress.advance(bar)
    return found


if __name__ == "__main__":
    sys.exit(main())

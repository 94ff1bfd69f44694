"""Whether lengths seen in trials make the forecast better. `make bench-forecast DATA=../shared/data/traffic`.

A recorded week is cut in two at random. One half is watched, and a trial asks some of its requests of both models; the
projection is the product's own. The other half is routed: what that truly saves is known from the recorded answers.
Prints the section; `--write` puts it into docs/savings.md, between its markers.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from forecast.page import BEGIN, END, section
from forecast.study import PAIRS, UNITS, measure, read_calls
from routed_week.page import put

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measures, prints it, and writes the page if asked."""
    parser = argparse.ArgumentParser(prog="bench-forecast", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the recorded week")
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--write", action="store_true", help="write the section of docs/savings.md")
    options = parser.parse_args()
    if not (options.data / "answers.parquet").is_file():
        sys.stderr.write(f"no recorded week in {options.data}: name its folder with DATA=\n")
        return 2
    calls = read_calls(options.data)
    found = [measure(calls, pair, units, options.repeats) for pair in PAIRS for units in UNITS]
    text = section(found, requests=len(calls.use_case), repeats=options.repeats)
    sys.stdout.write(text)
    if options.write:
        put(ROOT / "docs" / "savings.md", text, begin=BEGIN, end=END)
    return 0


if __name__ == "__main__":
    sys.exit(main())

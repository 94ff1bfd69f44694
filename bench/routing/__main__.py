"""The official measurement of routing.

    make bench-routing DATA=../shared/data/routing ARGS='--only pairs --quick'

Each section is measured once and kept as JSON under bench-out/routing; a section whose code, data and options have not
changed is not measured again. `--write` writes docs/routing-quality.md and its plots from those files.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from routing.bench import Bench
from routing.outcomes import FILES, missing
from routing.page import write
from routing.reading import source_digest

ROOT = Path(__file__).resolve().parents[2]
SECTIONS = ("routellm", "pairs", "multi", "labels", "calibrated", "ablation", "new_model")


def section(name: str) -> ModuleType:
    """Returns the module of a section."""
    return importlib.import_module(f"routing.sections.{name}")


def state(options: argparse.Namespace, name: str) -> dict[str, Any]:
    """Returns what a section's figures depend on: if none of it changed, they stand."""

    product = ("features", "layers", "quality", "stats", "types.py")
    bench = [
        file.name
        for file in Path(__file__).parent.glob("*.py")
        if file.name not in ("page.py", "plots.py", "glance.py", "tables.py", "__main__.py")
    ]
    return {
        "product": source_digest(product),
        "bench": source_digest([*sorted(bench), f"sections/{name}.py"], Path(__file__).parent),
        "data": {file: (options.data / f"{file}.parquet").stat().st_size for file in FILES.values()},
        "quick": options.quick,
        "seed": options.seed,
    }


def measure(options: argparse.Namespace, names: tuple[str, ...]) -> None:
    """Measures the sections that are out of date."""

    bench = Bench(data=options.data, out=options.out, quick=options.quick, seed=options.seed)
    for name in names:
        path = options.out / f"{name}{'-quick' if options.quick else ''}.json"
        now = state(options, name)
        if path.is_file() and not options.fresh and json.loads(path.read_text("utf-8"))["state"] == now:
            print(f"{name}: measured before, nothing has changed since")
            continue
        began = time.perf_counter()
        result = section(name).run(bench)
        seconds = round(time.perf_counter() - began, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = {"section": name, "state": now, "seconds": seconds, "result": result}
        path.write_text(json.dumps(kept, indent=1, allow_nan=True), "utf-8")
        print(f"{name}: {seconds} s")
        print(section(name).page(result))


def main() -> int:
    """Measures, prints and, if asked to, writes the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench-routing", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="folder of the recorded outcomes (shared/data/routing)")
    parser.add_argument("--out", type=Path, default=ROOT / "bench-out" / "routing")
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS)
    )
    parser.add_argument("--quick", action="store_true", help="few rows and samples, only to see that it runs")
    parser.add_argument("--fresh", action="store_true", help="measure even what has not changed")
    parser.add_argument("--write", action="store_true", help="write docs/routing-quality.md and its plots")
    parser.add_argument(
        "--kept", action="store_true", help="measure nothing: write the page of the kept results"
    )
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()

    lacking = missing(options.data)
    if lacking:
        print(
            "bench-routing needs the recorded outcomes, which are no part of the repository. Missing:",
            file=sys.stderr,
        )
        print(*(f"  {part}" for part in lacking), sep="\n", file=sys.stderr)
        print("make bench-routing DATA=path/to/shared/data/routing", file=sys.stderr)
        return 2
    if options.write and options.quick:
        print("--write needs a whole run: the page holds no quick figures", file=sys.stderr)
        return 2
    if not options.kept:
        measure(options, tuple(options.only or SECTIONS))
    if options.write:
        return write(options.out, ROOT / "docs", SECTIONS)
    return 0


if __name__ == "__main__":
    sys.exit(main())

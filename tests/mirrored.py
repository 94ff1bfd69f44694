"""Checks that tests mirror the source: every file with code has its test, every test has its file.

`src/suffice/a/b.py` is tested by `tests/a/test_b.py` (`_b.py` too), a package's own by `tests/a/test_a.py`.
Prints what is missing and exits with 1.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

WHOLE_PROGRAM = {
    "bench": "the figures of the benchmark",
    "abuse": "what no client and no provider should send, against the whole proxy",
    "browser": "opens the report's pages",
    "chaos": "kills processes under load",
    "decided": "decisions in the whole proxy, and callers who would talk the router into a tier",
    "routed": "route mode in the whole proxy: what is served, what fails, what the switch and the guard do",
    "golden": "data that other tests compare with",
    "house": "tests of the checks themselves",
    "recorded": "the recorded week through the whole proxy",
    "sdk": "the official clients against the whole proxy",
    "test_house.py": "the rules of the house, over all files",
    "support": "what several tests share",
    "typing": "what a type checker must accept and refuse",
}
"""Tests that mirror no single file, by the first part of their path, and why."""

COVERED_BY_FOLDER: dict[str, str] = {}
"""Packages of the source whose files are tested together by their folder of tests, and why."""


def has_code(path: Path) -> bool:
    """Tells whether a file has a function; declarations alone need no test."""
    tree = ast.parse(path.read_text("utf-8"))
    return any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) for node in ast.walk(tree))


def untested(src: Path, tests: Path) -> Iterator[str]:
    """Yields each source file without a test, with the test that it should have."""
    for path in sorted(src.rglob("*.py")):
        name = path.relative_to(src)
        if name.name.startswith("__") or not has_code(path):
            continue
        if any(name.is_relative_to(folder) and _has_tests(tests / folder) for folder in COVERED_BY_FOLDER):
            continue
        test = name.with_name(f"test_{name.name.removeprefix('_')}")
        if not (tests / test).is_file():
            yield f"{name} has no test: write tests/{test}"


def _has_tests(folder: Path) -> bool:
    return next(folder.glob("test_*.py"), None) is not None


def unmirrored(src: Path, tests: Path) -> Iterator[str]:
    """Yields each test that mirrors no file."""
    for path in sorted(tests.rglob("test_*.py")):
        test = path.relative_to(tests)
        if test.parts[0] in WHOLE_PROGRAM or any(test.is_relative_to(folder) for folder in COVERED_BY_FOLDER):
            continue
        name = test.stem.removeprefix("test_")
        folder = src / test.parent
        files = [folder / f"{name}.py", folder / f"_{name}.py", folder / name / "__init__.py"]
        of_package = folder.name == name and (folder / "__init__.py").is_file()
        if not of_package and not any(file.is_file() for file in files):
            yield f"tests/{test} mirrors no file: rename it, or declare its folder in tests/mirrored.py"


def main() -> int:
    """Prints what is missing; returns the exit code."""
    src, tests = ROOT / "src" / "suffice", ROOT / "tests"
    missing = [*untested(src, tests), *unmirrored(src, tests)]
    sys.stdout.writelines(f"{line}\n" for line in missing)
    sys.stdout.write(f"tests mirror src: {len(missing)} missing\n" if missing else "tests mirror src\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())

"""The rules of the house, over all files: what no linter knows and a reviewer would have to watch for."""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import suffice
from suffice.cli import main
from suffice.evidence.graders import KINDS
from suffice.evidence.importers import IMPORTERS
from suffice.evidence.statements import FORMATS
from suffice.types import ClientApi
from suffice.upstream.vendors import load_vendors

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src" / "suffice"

LONGEST_FILE = 500
LONGEST_FUNCTION = 60
MAY_CATCH_ALL = ["proxy/guard.py", "proxy/recorder.py"]
"""Once each. Fail open: a fault of ours costs no request, and the recorder goes on."""
BANNED = {
    "manager", "managers", "helper", "helpers", "util", "utils", "v2", "smart", "magic", "strong", "weak",
}  # fmt: skip
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+")


def tracked() -> list[Path]:
    """Every file of the repository; without git (an unpacked archive) every file of its folders."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    folders = ("src", "tests", "docs", "bench")
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


FILES = tracked()
PYTHON = sorted(path for path in FILES if path.suffix == ".py")
TREES = {path: ast.parse(path.read_text("utf-8")) for path in PYTHON}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check() -> None:
    assert len([path for path in PYTHON if path.is_relative_to(SRC)]) > 20


def test_no_file_is_long() -> None:
    long = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in PYTHON}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_no_function_is_long() -> None:
    long = {
        f"{name_of(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None
    }
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FUNCTION} == {}


def _catches_all(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {kind.id for kind in kinds if isinstance(kind, ast.Name)}
    return handler.type is None or bool(names & {"Exception", "BaseException"})


def test_only_fail_open_and_the_recorder_catch_everything() -> None:
    found = [
        path.relative_to(SRC).as_posix()
        for path, tree in TREES.items()
        if path.is_relative_to(SRC)
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    ]
    assert sorted(found) == MAY_CATCH_ALL


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case (
                ast.arg(arg=name)
                | ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
            ):
                yield name
            case _:
                pass


def words(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}


def test_words_are_split_as_people_read_them() -> None:
    assert words("_HTTPManager2_v2_setUtils") == {"http", "manager2", "v2", "set", "utils"}


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_names_say_something(path: Path) -> None:
    names = {*_names(TREES[path]), *path.relative_to(ROOT).with_suffix("").parts}
    assert {name for name in names if words(name) & BANNED} == set()


def _comments(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        yield from (
            token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.COMMENT
        )


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_silenced_check_says_why(path: Path) -> None:
    silencing = [comment for comment in _comments(path) if re.search(r"# (noqa|type: ignore)", comment)]
    assert [comment for comment in silencing if not re.search(r" -- \S", comment)] == []


def _package_index_hosts() -> set[str]:
    """Hosts that this machine installs from: they are its own business."""
    configured = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    told = " ".join([configured, *(value for name, value in os.environ.items() if "INDEX_URL" in name)])
    hosts = set(re.findall(r"https?://(?:[^/@\s'\"]*@)?([^/:\s'\"]+)", told))
    return hosts - {"pypi.org", "files.pythonhosted.org", "localhost", "127.0.0.1"}


def test_no_file_names_this_machine() -> None:
    home = str(Path.home())
    secret = {str(ROOT), *_package_index_hosts(), *([home + "/"] if len(home) > 1 else [])}
    anywhere = re.compile(r"/(home|Users)/[a-z][\w.-]*/|--(extra-)?index-url[ =]http|_authToken")
    found = []
    for path in FILES:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__).resolve():
            found += [f"{name_of(path)}: {part}" for part in secret if part in text]
            found += [f"{name_of(path)}: {match.group()}" for match in anywhere.finditer(text)]
    assert found == []


MODULES = [
    module.name
    for module in pkgutil.walk_packages(suffice.__path__, "suffice.")
    if "__main__" not in module.name
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def _registry() -> Iterator[str]:
    """What a folder registers by a file being in it, one line each."""
    for api in ClientApi.__args__:
        yield f"client api: {api}"
    for name in main.list_commands(click.Context(main)):
        yield f"command: {name}"
    for name in IMPORTERS:
        yield f"importer: {name}"
    for name in FORMATS:
        yield f"export: {name}"
    for kind in KINDS:
        yield f"grader: {kind}"
    for path in sorted((SRC / "layers").glob("[a-z]*.py")):
        yield f"layer: {path.stem}"
    for name in sorted(load_vendors()):
        yield f"vendor: {name}"
    for path in sorted((SRC / "proxy" / "wire").glob("[a-z]*.py")):
        yield f"wire: {path.stem}"


def test_additions_show_in_review() -> None:
    """A new line here is a new file there: add it to the list on purpose."""
    golden = (ROOT / "tests" / "golden" / "registry.txt").read_text("utf-8").splitlines()
    assert list(_registry()) == [line for line in golden if line and not line.startswith("#")]

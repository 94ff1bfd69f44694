"""`suffice captures purge`: asks first, deletes what was named, keeps the rest."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from captured import KEY, captured, record, write
from click.testing import CliRunner, Result

from suffice.app import CAPTURES
from suffice.cli import main
from suffice.store.captures.files import day_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / CAPTURES
    write(folder, [record(1), record(2, bucket="letters")], day="2026-01-01")
    write(folder, [record(3)], day=day_of(time.time_ns()))
    return folder


def run(tmp_path: Path, *arguments: str, config: str = 'key = "env:K"', answer: str = "") -> Result:
    path = tmp_path / "suffice.toml"
    path.write_text(f'[data]\ndirectory = "data"\n[captures]\n{config}\n')
    command = ["captures", "purge", "--config", str(path), *arguments]
    return CliRunner().invoke(main, command, env={"K": KEY.hex()}, input=answer)


def ids(folder: Path) -> list[str]:
    return sorted(call.id for call in captured(folder))


@pytest.mark.parametrize(
    ("arguments", "left", "said"),
    [
        (["--all"], [], "2 files are deleted"),
        (["--older-than", "1"], ["id-000003"], "1 files are deleted"),
        (["--bucket", "letters"], ["id-000001", "id-000003"], "1 calls are deleted, out of 1 files"),
        (["--id", "id-000003", "--id", "id-000001"], ["id-000002"], "2 calls are deleted, out of 2 files"),
        (["--id", "unknown"], ["id-000001", "id-000002", "id-000003"], "0 calls are deleted"),
    ],
)
def test_what_is_named_goes(
    tmp_path: Path, folder: Path, arguments: list[str], left: list[str], said: str
) -> None:
    done = run(tmp_path, *arguments, "--yes")
    assert (done.exit_code, ids(folder)) == (0, left)
    assert said in done.output


def test_it_asks_first(tmp_path: Path, folder: Path) -> None:
    refused = run(tmp_path, "--all", answer="n\n")
    assert (refused.exit_code, len(ids(folder))) == (1, 3)
    assert run(tmp_path, "--all", answer="y\n").exit_code == 0
    assert ids(folder) == []


@pytest.mark.parametrize("arguments", [[], ["--all", "--older-than", "1"], ["--all", "--bucket", "letters"]])
def test_one_thing_has_to_be_named(tmp_path: Path, folder: Path, arguments: list[str]) -> None:
    done = run(tmp_path, *arguments, "--yes")
    assert (done.exit_code, "say what to delete" in done.output) == (2, True)
    assert len(ids(folder)) == 3


def test_whole_files_go_without_a_key_and_single_calls_do_not(tmp_path: Path, folder: Path) -> None:
    done = run(tmp_path, "--bucket", "letters", "--yes", config="")
    assert (done.exit_code, "without the key" in done.output) == (2, True)
    assert run(tmp_path, "--all", "--yes", config="").exit_code == 0
    assert ids(folder) == []


def test_what_cannot_be_deleted_is_told(tmp_path: Path, folder: Path) -> None:
    (folder / ".lock").unlink(missing_ok=True)
    (folder / ".lock").mkdir()
    done = run(tmp_path, "--all", "--yes")
    assert (done.exit_code, "could not be deleted" in done.output) == (1, True)

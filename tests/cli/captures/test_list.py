"""`suffice captures list` on folders of captures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from captured import KEY, record, write
from click.testing import CliRunner, Result

from suffice.app import CAPTURES
from suffice.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / CAPTURES


def run(tmp_path: Path, *arguments: str, key: bytes | None = KEY, config: str = 'key = "env:K"') -> Result:
    path = tmp_path / "suffice.toml"
    path.write_text(f'[data]\ndirectory = "data"\n[captures]\n{config}\n')
    environ = {"K": key.hex() if key else None, "COLUMNS": "120"}
    return CliRunner().invoke(main, ["captures", "list", "--config", str(path), *arguments], env=environ)


def test_it_counts_by_bucket(tmp_path: Path, folder: Path) -> None:
    records = [record(n, priority=n, keep=2, bucket="tickets") for n in range(4)]
    write(folder, [*records, record(9, priority=9, keep=2, bucket="letters")])
    done = run(tmp_path, "--json")
    assert done.exit_code == 0
    listing = json.loads(done.output)
    assert [(row["bucket"], row["calls"], row["sampled"]) for row in listing["buckets"]] == [
        ("tickets", 4, 2),
        ("letters", 1, 1),
    ]
    assert (listing["files"], listing["unreadable"]) == (1, 0)
    shown = run(tmp_path).output
    assert "tickets" in shown
    assert "2026-11-24 12:00" in shown
    assert "parcel" not in shown


def test_without_captures_there_is_nothing(tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "--json").output) == {
        "buckets": [],
        "files": 0,
        "size_bytes": 0,
        "unreadable": 0,
    }


def test_damage_is_told(tmp_path: Path, folder: Path) -> None:
    path = write(folder, [record(1), record(2)])
    data = bytearray(path.read_bytes())
    data[60] ^= 1
    path.write_bytes(data)
    done = run(tmp_path)
    assert done.exit_code == 0
    assert "1 records cannot be read" in done.output


def test_another_key_and_none_are_told(tmp_path: Path, folder: Path) -> None:
    write(folder, [record(1)])
    wrong = run(tmp_path, key=bytes(32))
    assert (wrong.exit_code, "not among those given" in wrong.output) == (1, True)
    without = run(tmp_path, config="")
    assert (without.exit_code, "env:NAME" in without.output) == (2, True)
    unset = run(tmp_path, key=None)
    assert (unset.exit_code, "K, which is not set" in unset.output) == (2, True)

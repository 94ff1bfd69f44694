from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from entries import entry

from suffice.cli import main
from suffice.store.sqlite import SqliteStore


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    store = SqliteStore(path)
    for start in (0, 10, 5):  # the last five are there already
        store.append([entry(number) for number in range(start, start + 10)], spool="s", moved_bytes=start)
    store.close()
    return path


def verify(ledger: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["ledger", "verify", "--ledger", str(ledger), *more])


def test_a_sound_ledger_says_so_and_gives_a_head_to_note(ledger: Path) -> None:
    ended = verify(ledger)
    assert ended.exit_code == 0
    assert "20 entries" in ended.stdout
    found = json.loads(verify(ledger, "--json").stdout)
    assert found["sound"] is True
    assert f"Head: {found['head']}" in ended.stdout
    assert verify(ledger, "--expect", found["head"]).exit_code == 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE entries SET cost_nanos = 1 WHERE id = 'id-00000003'", "the ledger's cost_nanos is 1,"),
        ("UPDATE entries SET arm = 'holdout' WHERE id = 'id-00000003'", "the ledger's arm is 'holdout'"),
        (
            "UPDATE entries SET entry = replace(entry, 'big', 'bag') WHERE id = 'id-00000003'",
            "does not follow",
        ),
        ("DELETE FROM entries WHERE id = 'id-00000003'", "not in the ledger"),
        ("DELETE FROM chain WHERE seq = 4", "entry 4 is missing"),
        ("DELETE FROM chain WHERE seq = 20", "not in its chain"),
    ],
)
def test_what_was_tampered_with_is_named(ledger: Path, statement: str, said: str) -> None:
    with sqlite3.connect(ledger) as connection:
        connection.execute(statement)
    connection.close()
    ended = verify(ledger)
    assert ended.exit_code == 1
    assert said in ended.stdout
    assert "not sound" in ended.stderr


def test_a_cut_end_shows_only_to_who_noted_the_head(ledger: Path) -> None:
    head = json.loads(verify(ledger, "--json").stdout)["head"]
    with sqlite3.connect(ledger) as connection:
        connection.execute("DELETE FROM entries WHERE id = (SELECT id FROM chain WHERE seq = 20)")
        connection.execute("DELETE FROM chain WHERE seq = 20")
    connection.close()
    assert verify(ledger).exit_code == 0
    assert "noted, is gone" in verify(ledger, "--expect", head).stdout


def test_an_anchor_that_is_none_is_a_mistake(ledger: Path) -> None:
    ended = verify(ledger, "--expect", "20:abc")
    assert ended.exit_code == 2
    assert "64 hexadecimal digits" in ended.stderr

from __future__ import annotations

import json
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
    entries = [entry(number, served_model="gpt-5.4", requested_model="gpt-5.4") for number in range(30)]
    store.append(entries, spool="s", moved_bytes=1)
    store.close()
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["report", *arguments])


def test_json_goes_to_standard_output(ledger: Path) -> None:
    ended = run("--ledger", str(ledger), "--json")
    assert ended.exit_code == 0
    assert json.loads(ended.stdout)["observation"]["requests"] == 30


def test_times_bound_what_is_counted(ledger: Path) -> None:
    ended = run(
        "--ledger", str(ledger), "--json", "--since", "2026-11-24T05:00:00Z", "--until", "2026-11-24T08:00"
    )
    assert json.loads(ended.stdout)["observation"]["requests"] == 3


def test_a_time_without_requests_is_said_to_be_one(ledger: Path) -> None:
    ended = run("--ledger", str(ledger), "--since", "2027-01-01")
    assert ended.exit_code == 0
    assert "No request is in that time" in ended.stdout
    ended = run("--ledger", str(ledger), "--since", "2026-11-24", "--until", "2026-11-24")
    assert ended.exit_code == 2
    assert "--since must be before --until" in ended.output


def test_a_page_that_cannot_be_written_is_said_in_words(ledger: Path) -> None:
    ended = run("--ledger", str(ledger), "--html", str(ledger / "report.html"))
    assert ended.exit_code == 1
    assert "report.html cannot be written: " in ended.output


def test_the_page_is_written_where_it_is_wanted(ledger: Path, tmp_path: Path) -> None:
    page = tmp_path / "made" / "report.html"
    ended = run("--ledger", str(ledger), "--html", str(page))
    assert ended.exit_code == 0
    assert "Observation day" in ended.stdout
    assert page.read_text().startswith("<!doctype html>")


def test_a_missing_ledger_is_said_in_words(tmp_path: Path) -> None:
    ended = run("--ledger", str(tmp_path / "none.db"))
    assert ended.exit_code == 1
    assert "there is no ledger at" in ended.output


@pytest.mark.parametrize(
    "arguments", [("--since", "yesterday"), ("--until", "2999-01-01"), ("--observed-days", "0")]
)
def test_an_impossible_option_is_said_in_words(ledger: Path, arguments: tuple[str, str]) -> None:
    ended = run("--ledger", str(ledger), *arguments)
    assert ended.exit_code == 2
    assert arguments[0] in ended.output

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from logs import openai

from suffice.cli import main
from suffice.store.traffic import TrafficStore


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suffice(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["import", *arguments], catch_exceptions=False)


def log(folder: Path, *, lines: int = 3) -> Path:
    path = folder / "calls.jsonl"
    rows = [json.dumps({**openai()[0], "id": f"req_{number:020d}"}) for number in range(lines)]
    path.write_text("\n".join([*rows, "{broken", '{"request": {"model": "e", "input": []}}']))
    return path


def test_a_summary_says_what_became_of_every_line(here: Path) -> None:
    shown = suffice(str(log(here)))
    assert shown.exit_code == 0
    assert "3 calls are new, 0 were there before" in shown.output
    assert "2 could not be read and are kept aside" in shown.output
    assert (here / "suffice-data" / "traffic.db").is_file()
    assert "0 calls are new, 3 were there before" in suffice(str(log(here))).output


def test_the_summary_is_json_where_asked(here: Path) -> None:
    told = json.loads(suffice(str(log(here)), "--json").stdout)
    assert (told["records"], told["calls"], told["added"], told["rejected"]) == (5, 3, 3, 2)
    assert told["files"][0]["format"] == "openai"


def test_rejected_lines_are_shown_with_their_place(here: Path) -> None:
    path = log(here)
    suffice(str(path))
    shown = suffice("--rejected")
    assert f"{path}:4: not_json" in shown.output
    assert "{broken" in shown.output
    lines = [json.loads(line) for line in suffice("--rejected", "--json").stdout.splitlines()]
    assert [line["line"] for line in lines] == [4, 5]


def test_nothing_rejected_is_said(here: Path) -> None:
    path = here / "calls.jsonl"
    path.write_text(json.dumps(openai()[0]))
    suffice(str(path))
    assert "Nothing was kept aside" in suffice("--rejected").output


def test_the_feature_field_is_a_path(here: Path) -> None:
    suffice(str(log(here)), "--feature-field", "metadata.team")
    assert {head.feature for head in TrafficStore(here / "suffice-data" / "traffic.db").heads()} == {
        "support"
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name the logs"),
        (["--rejected", "calls.jsonl"], "--rejected alone"),
        (["nothing.jsonl"], "not there"),
        (["calls.jsonl", "--format", "x"], "'x' is not one of"),
    ],
)
def test_mistakes_are_told(here: Path, arguments: list[str], said: str) -> None:
    log(here)
    shown = suffice(*arguments)
    assert shown.exit_code == 2
    assert said in shown.output


def test_rejected_of_no_store_says_what_to_do(here: Path) -> None:
    shown = suffice("--rejected")
    assert shown.exit_code == 1
    assert "suffice import" in shown.output


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_an_import_that_was_cut_off_is_repeated(here: Path, sent: signal.Signals, code: int) -> None:
    path = log(here, lines=12_000)
    process = subprocess.Popen(
        [sys.executable, "-m", "suffice", "import", str(path)], stderr=subprocess.PIPE, text=True
    )
    database = here / "suffice-data" / "traffic.db"
    while not database.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(sent)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert ("Run the same command to go on" in errors) == (sent is signal.SIGINT)
    told = json.loads(suffice(str(path), "--json").stdout)
    assert told["added"] + told["repeated"] == 12_000

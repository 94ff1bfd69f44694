from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner, Result
from entries import START_NS, entry, outcome

from suffice.catalog.prices import PriceBook
from suffice.cli import main
from suffice.ledger.pricing import entry_of
from suffice.store.sqlite import SqliteStore
from suffice.types import Usage

RECOMPUTE = Path(__file__).parents[3] / "docs" / "recompute.py"
BOOK = PriceBook()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    store = SqliteStore(path)
    usages = [
        Usage(
            input_tokens=1_000 + n,
            output_tokens=7,
            cache_read_tokens=n,
            cache_write_tokens=n // 2,
            cache_write_1h_tokens=n // 3,
        )
        for n in range(30)
    ]  # fmt: skip
    models = ["claude-haiku-4-5", "claude-opus-5", "no-such-model"]
    for number, usage in enumerate(usages):
        model = models[number % 3]
        made = outcome(number, provider="anthropic", usage=usage, requested_model=model, served_model=model)
        store.append([entry_of(made, BOOK.cost)], spool="s", moved_bytes=number)
    store.close()
    return path


def export(ledger: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["ledger", "export", "--ledger", str(ledger), *more])


def recompute(text: str, *more: str) -> subprocess.CompletedProcess[str]:
    # Isolated: it must not find suffice, even if it is installed beside it.
    return subprocess.run(
        [sys.executable, "-I", str(RECOMPUTE), "-", *more],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_anybody_can_recompute_an_export(ledger: Path) -> None:
    exported = export(ledger)
    assert exported.exit_code == 0
    ended = recompute(exported.stdout)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    audit = json.loads(
        CliRunner().invoke(main, ["ledger", "verify", "--ledger", str(ledger), "--json"]).stdout
    )
    assert f"total {sum(audit['cost_nanos'].values())} nano-dollars, 10 unknown, 0 problems" in ended.stdout
    assert f"head {audit['head']}" in ended.stdout
    assert recompute(exported.stdout, "--expect", audit["head"]).returncode == 0
    assert recompute(exported.stdout, "--expect", "31:" + "0" * 64).returncode == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('\\"nanos\\":', '\\"nanos\\":1'),
        ("claude-opus-5", "claude-opus-4"),
        ("output_tokens", "output_tolens"),
    ],
)
def test_the_script_sees_what_was_changed(ledger: Path, old: str, new: str) -> None:
    text = export(ledger).stdout
    assert old in text
    ended = recompute(text.replace(old, new, 1))
    assert ended.returncode == 1
    assert "PROBLEM" in ended.stdout or "KeyError" in ended.stderr


def test_the_script_stands_alone_and_is_short() -> None:
    source = RECOMPUTE.read_text("utf-8")
    assert len(source.splitlines()) <= 100
    imported = {line.split()[1] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names


def test_a_stretch_of_time_is_a_stretch_of_the_chain(ledger: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "day.jsonl.zst"
    ended = export(
        ledger, "--since", "2026-11-24T05:00:00Z", "--until", "2026-11-24T08:00:00Z", "--out", str(out)
    )
    assert ended.exit_code == 0, ended.stderr
    with zstandard.open(out, "rt", encoding="utf-8") as file:
        text = file.read()
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows[0]["first"] == 6
    assert [row["seq"] for row in rows[1:]] == [6, 7, 8]
    assert recompute(text).returncode == 0


def test_no_entry_in_that_time_is_said(ledger: Path) -> None:
    assert START_NS > 0
    ended = export(ledger, "--until", "2001-01-01")
    assert ended.exit_code == 1
    assert "no entry in that time" in ended.stderr


def test_an_export_that_cannot_be_written_is_said(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = export(ledger, "--out", str(tmp_path / "file" / "x.jsonl"))
    assert ended.exit_code == 1
    assert "cannot be written" in ended.stderr
    assert entry(1).cost.rates is None

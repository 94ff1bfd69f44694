from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from months import PERIOD, ledger, month, written

from suffice.cli import main
from suffice.testing.provider_exports import DAY_NS, litellm_csv, openai_costs, openai_usage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = month(calls=600, unseen=0.05)
    ledger(tmp_path, made.entries)
    written(
        tmp_path,
        usage_json=openai_usage(made.billed, PERIOD),
        costs_json=openai_costs(made.billed, PERIOD),
        spend_csv=litellm_csv(made.billed, PERIOD),
    )
    return tmp_path


def run(folder: Path, *options: str, provider: str = "openai") -> Result:
    files = [
        str(folder / option) if "." in option and not option.startswith("-") else option for option in options
    ]
    return CliRunner().invoke(
        main, ["reconcile", "--ledger", str(folder / "ledger.db"), "--provider", provider, *files]
    )


def test_differences_are_shown_by_cause(folder: Path) -> None:
    before = (folder / "ledger.db").read_bytes()
    result = run(folder, "--export", "usage.json", "--export", "costs.json", "--html", "out.d/page.html")
    assert result.exit_code == 0, result.output
    assert "Unseen traffic" in result.output
    assert "Explained: 100% of tokens and 100% of dollars." in result.output
    assert "Unseen traffic" in (folder / "out.d" / "page.html").read_text("utf-8")
    assert (folder / "ledger.db").read_bytes() == before


def test_json_is_for_machines(folder: Path) -> None:
    result = run(folder, "--export", "spend.csv", "--json", "--since", "2026-11-02", "--until", "2026-11-04")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["days"] == 2
    assert {part["cause"] for part in data["causes"]} <= {"unseen_traffic", "rounding", "unexplained"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--export", "nowhere.json"), "does not exist"),
        (("--export", "usage.json", "--zone", "Mars"), "is no zone"),
        (("--export", "usage.json", "--format", "xml"), "there is no format xml"),
        (("--export", "usage.json", "--since", "2027-01-01"), "no whole day"),
        ((), "Missing option '--export'"),
    ],
)
def test_mistakes_are_named(folder: Path, options: tuple[str, ...], words: str) -> None:
    result = run(folder, *options)
    assert result.exit_code == 2
    assert words in result.output


def test_a_provider_that_is_not_configured_is_named(folder: Path) -> None:
    result = run(folder, "--export", "usage.json", provider="nobody")
    assert result.exit_code == 2
    assert "there is no provider nobody; there are: anthropic, openai" in result.output
    result = run(folder, "--export", "usage.json", provider="anthropic")
    assert "is an export of openai" in result.output


def test_days_of_another_zone_need_the_option(folder: Path) -> None:
    made = month(calls=600, unseen=0.01)
    written(folder, spend_csv=litellm_csv(made.billed, PERIOD, offset_ns=9 * DAY_NS // 24))
    result = run(folder, "--export", "spend.csv")
    assert result.exit_code == 2
    assert "--zone +09:00" in result.output
    assert run(folder, "--export", "spend.csv", "--zone", "Asia/Tokyo").exit_code == 0


def test_there_has_to_be_a_ledger(tmp_path: Path) -> None:
    written(tmp_path, usage_json=openai_usage([], PERIOD))
    result = run(tmp_path, "--export", "usage.json")
    assert result.exit_code == 1
    assert "there is no ledger" in result.output

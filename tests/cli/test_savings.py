from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from entries import entry
from talks import keep_talk

from routed import APRIL_NS, MARCH_NS, MINUTE_NS, World, certify, extra, keep, play
from suffice.cli import main
from suffice.store.sqlite import SqliteStore
from suffice.store.trials import TRIALS, Call, TrialHead, TrialStore

NOTHING = {"verified": "none"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data directory after a month of route mode, with a certificate and a bake-off."""
    data = tmp_path / "data"
    observed = [
        extra(-100 * number, decided_model="small", session=f"before-{number}") for number in range(1, 40)
    ]
    outcomes = [
        *observed,
        *play(World()).outcomes,
        *play(World(bucket="bare", holdout=0.0, sessions=9)).outcomes,
    ]
    keep(data, [*outcomes, extra(3, leg="discarded", sent_model="small", served_model="small")])
    certify(data, "faq")
    trials = TrialStore(data / TRIALS)
    trials.plan(TrialHead(id="t1", created_ns=1, state="done", plan=b"{}"))
    for number, model in enumerate(("openai/big", "judge:openai/big")):
        trials.intend("t1", ("u1", model, "0"), forecast_nanos=100, now_ns=MARCH_NS + number)
        call = Call(
            unit="u1", model=model, repeat="0", state="done", forecast_nanos=100, cost_nanos=7 + number
        )
        trials.settle("t1", call, now_ns=MARCH_NS + MINUTE_NS)
    trials.close()
    (tmp_path / "suffice.toml").write_text('[data]\ndirectory = "data"\n')
    return tmp_path


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["savings", "--config", str(folder / "suffice.toml"), *arguments])


def test_a_month_in_json(folder: Path) -> None:
    ended = run(folder, "--period", "2026-03", "--json")
    assert ended.exit_code == 0, ended.output
    said = json.loads(ended.stdout)
    assert said["verified"]["savings_nanos"] > 0
    assert said["verified"]["savings_nanos"] < said["measured"]["savings_nanos"]
    assert (
        said["measured_before_overhead"]["savings_nanos"] - said["measured"]["savings_nanos"] == 120_000 + 15
    )
    kinds = {one["kind"]: one["cost_nanos"] for one in said["overhead"]["by_kind"]}
    assert kinds == {
        "discarded": 120_000, "shadow": 0, "trial": 7, "grader": 8, "lost_cache": 0, "lost_cache_unrouted": 0,
    }  # fmt: skip
    assert said["forecast"]["requests"] == 39
    assert {one["bucket"]: one["why"] for one in said["strata"]} == {"faq": None, "bare": "holdout_small"}
    assert [one["bucket"] for one in said["certificates"]] == ["faq"]


def test_asked_twice_it_says_the_same(folder: Path) -> None:
    first, second = (json.loads(run(folder, "--period", "2026-03", "--json").stdout) for _ in range(2))
    assert first == second


def test_what_came_later_and_how_the_period_is_named_change_nothing(folder: Path) -> None:
    before = json.loads(run(folder, "--period", "2026-03", "--json").stdout)
    store = SqliteStore(folder / "data" / "ledger.db")
    store.append([entry(7, received_ns=APRIL_NS + 1)], spool="later", moved_bytes=1)
    store.close()
    after = json.loads(run(folder, "--since", "2026-03-01", "--until", "2026-04-01", "--json").stdout)
    assert after["head"] != before["head"]
    for name in ("verified", "measured", "strata", "overhead"):
        assert after[name] == before[name]


def test_the_page_and_the_terminal(folder: Path) -> None:
    page = folder / "made" / "savings.html"
    ended = run(folder, "--html", str(page))
    assert ended.exit_code == 0
    assert "Three figures, never mixed" in ended.stdout
    assert page.read_text().startswith("<!doctype html>")


def test_a_period_bounds_what_counts(folder: Path) -> None:
    said = json.loads(run(folder, "--period", "2026-04", "--json").stdout)
    assert (said["verified"]["savings_nanos"], said["strata"]) == (None, [])
    half = json.loads(run(folder, "--since", "2026-03-01", "--until", "2026-03-08", "--json").stdout)
    assert max(row["name"] for row in half["by_day"]) == "2026-03-07"


def test_all_but_the_lost_cache_is_told_by_columns_alone(folder: Path) -> None:
    before = json.loads(run(folder, "--period", "2026-03", "--json").stdout)
    assert before.pop("lost_cache")
    with sqlite3.connect(folder / "data" / "ledger.db") as connection:
        connection.execute("UPDATE entries SET entry = 'nothing'")
    connection.close()
    after = json.loads(run(folder, "--period", "2026-03", "--json").stdout)
    assert all(one["paid_nanos"] == 0 and one["unknown"] for one in after.pop("lost_cache"))
    assert after == before


def test_prompt_cache_that_was_lost_is_shown_and_only_what_no_arm_holds_is_subtracted(tmp_path: Path) -> None:
    keep_talk(tmp_path / "data")
    certify(tmp_path / "data", "faq")
    (tmp_path / "suffice.toml").write_text('[data]\ndirectory = "data"\n')
    said = json.loads(run(tmp_path, "--period", "2026-03", "--json").stdout)
    kinds = {one["kind"]: one for one in said["overhead"]["by_kind"]}
    contained, aside = kinds["lost_cache"], kinds["lost_cache_unrouted"]
    assert contained["cost_nanos"] > 0
    assert (contained["in_measured_already"], contained["charged_nanos"]) == (True, 0)
    assert aside["charged_nanos"] == aside["cost_nanos"] == said["overhead"]["total_nanos"] > 0
    modelled = said["modelled"]
    assert (
        modelled["savings_less_lost_cache_nanos"] == modelled["savings_nanos"] - modelled["lost_cache_nanos"]
    )
    assert modelled["lost_cache_nanos"] == sum(one["modelled_nanos"] for one in said["lost_cache"]) > 0
    assert said["verified"]["savings_nanos"] == said["measured"]["low_nanos"]
    ended = run(tmp_path)
    assert "in measured already" in ended.stdout
    assert "less the prompt cache" in " ".join(ended.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--period", "march"), "is no month"),
        (("--period", "2026-03", "--since", "2026-03-01"), "not both"),
        (("--since", "2026-03-02", "--until", "2026-03-01"), "must be before"),
    ],
)
def test_an_impossible_period_is_said_in_words(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = run(folder, *arguments)
    assert ended.exit_code == 2
    assert said in ended.output


def test_a_page_that_cannot_be_written_is_said(folder: Path) -> None:
    (folder / "file").touch()
    ended = run(folder, "--html", str(folder / "file" / "x.html"))
    assert ended.exit_code == 1
    assert "cannot be written" in ended.output


def test_a_missing_ledger_is_said(tmp_path: Path) -> None:
    ended = CliRunner().invoke(main, ["savings", "--ledger", str(tmp_path / "none.db")])
    assert ended.exit_code == 1
    assert "there is no ledger at" in ended.output

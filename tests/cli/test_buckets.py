from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from narrow import BASELINE, CANDIDATES, USE_CASE, expect_whole
from untagged import bodies

from suffice.cli import main
from suffice.cli.buckets import show
from suffice.evidence.bucket_report import BucketReport, BucketRow
from suffice.quality.scheme import BucketScheme
from suffice.store.artifacts import Artifacts
from suffice.store.traffic import TrafficStore
from suffice.types import LoggedCall


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "suffice.toml"
    path.write_text(f'[data]\ndirectory = "{tmp_path / "data"}"\n', encoding="utf-8")
    return path


@pytest.fixture
def traffic(config: Path) -> TrafficStore:
    store = TrafficStore(config.parent / "data" / "traffic.db")
    store.add(
        [
            LoggedCall(
                id=f"c{number}",
                source="openai",
                model="gpt-5.4",
                request=body,
                cost_nanos=None if number % 2 else 2_000_000_000,
            )
            for number, (_, body) in enumerate(bodies(330))
        ]
    )
    store.add(
        [
            LoggedCall(id=f"t{n}", source="openai", model="m", request={}, feature="[red]rare")
            for n in range(7)
        ]
    )
    store.close()
    return store


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["buckets", "--config", str(config), *arguments], env={"COLUMNS": "140"})


def test_a_person_sees_size_spend_model_and_what_to_do(config: Path, traffic: TrafficStore) -> None:
    done = run(config)
    assert done.exit_code == 0, done.output
    assert "prompt:northwind-support-desk" in done.stdout
    assert "tools:" in done.stdout
    assert "gpt-5.4" in done.stdout
    assert "unknown" in done.stdout
    assert "[red]rare" in done.stdout
    assert "Too small to prove anything in" in done.stdout
    assert "x-suffice-feature" in done.stdout
    assert "337 calls, 7 with a tag" in done.stdout


def test_a_machine_reads_the_same(config: Path, traffic: TrafficStore) -> None:
    report = json.loads(run(config, "--json", "--min-size", "5", "--examples", "1").stdout)
    assert report["calls"] == 337
    assert not any(row["too_small"] for row in report["rows"] if row["calls"] >= 5)
    assert all(len(row["examples"]) == 1 for row in report["rows"])
    (rare,) = [row for row in report["rows"] if row["kind"] == "tag"]
    assert (rare["name"], rare["calls"], rare["cost_nanos"], rare["unpriced"]) == ("[red]rare", 7, None, 7)


def test_the_scheme_is_kept_by_its_fingerprint(config: Path, traffic: TrafficStore) -> None:
    first = json.loads(run(config, "--json").stdout)
    schemes = Artifacts(config.parent / "data" / "schemes")
    assert schemes.current() == first["scheme"]
    assert BucketScheme.decode(schemes.read(first["scheme"])).fingerprint == first["scheme"]
    assert json.loads(run(config, "--json").stdout) == first
    assert json.loads(run(config, "--json", "--fresh").stdout)["rows"] == first["rows"]


def test_without_traffic_it_says_how_to_get_some(config: Path) -> None:
    done = run(config)
    assert done.exit_code == 0
    assert "suffice import" in done.stdout


def test_a_damaged_scheme_is_said_and_a_fresh_start_helps(config: Path, traffic: TrafficStore) -> None:
    scheme = json.loads(run(config, "--json").stdout)["scheme"]
    (config.parent / "data" / "schemes" / f"{scheme}.artifact").write_bytes(b"nothing")
    done = run(config)
    assert done.exit_code == 1
    assert "no bucket scheme" in done.output
    assert "--fresh" in done.output
    assert run(config, "--fresh").exit_code == 0


def test_a_size_of_nothing_is_refused(config: Path) -> None:
    assert run(config, "--min-size", "0").exit_code == 2


def test_long_names_and_figures_are_whole_on_eighty_columns() -> None:
    row = BucketRow(
        name=USE_CASE,
        kind="tag",
        calls=1_234_567,
        share=0.995,
        calls_per_month=None,
        cost_nanos=12_345_670_000_000,
        unpriced=1_234,
        spend_share=1.0,
        input_tokens=1,
        output_tokens=1,
        model=BASELINE,
        models={BASELINE: 1_000_000, CANDIDATES[0]: 234_567},
        too_small=False,
        examples=(),
    )
    report = BucketReport(
        scheme="1a2b3c4d5e6f",
        calls=1_240_000,
        untagged=0,
        first_ns=None,
        last_ns=None,
        min_size=100,
        rows=(row,),
    )
    figures = ("1,234,567", "99.5%", "$12,345.67", "100.0%", "1,234 calls of unknown cost")
    expect_whole(lambda console: show(report, console), USE_CASE, f"{BASELINE} (81%, 2 models)", *figures)

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from graded import BIG, SMALL, world
from narrow import BASELINE, USE_CASE, expect_whole

from suffice.cli import main
from suffice.quality.artifact import Artifact
from suffice.store.artifacts import Artifacts


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "graded.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for one in world(90):
            for model, score in one.quality.items():
                row = {"prompt": one.features.question, "feature": one.bucket, "model": model, "score": score}
                file.write(json.dumps(row) + "\n")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["fit", *map(str, arguments)], env={"COLUMNS": "120"})


def only(folder: Path) -> tuple[Path, Artifact]:
    (path,) = folder.glob("*.artifact")
    return path, Artifact.decode(path.read_bytes())


def test_a_table_becomes_an_artifact_and_a_report(table: Path, tmp_path: Path) -> None:
    done = run("--outcomes", table, "--baseline", BIG, "--candidate", SMALL, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    path, artifact = only(tmp_path / "out")
    assert path.stem == artifact.fingerprint
    assert [(pair.baseline, pair.candidate) for pair in artifact.pairs] == [(BIG, SMALL)]
    assert set(artifact.pairs[0].good) == {"faq", "triage", "law"}
    for shown in ("180 rows, 90 prompts, 2 models", "In the place of big", "Brier", artifact.fingerprint):
        assert shown in done.output


def test_long_names_and_figures_are_whole_on_eighty_columns(table: Path, tmp_path: Path) -> None:
    long = (
        table.read_text("utf-8").replace(f'"{BIG}"', f'"{BASELINE}"').replace(f'"{SMALL}"', f'"{USE_CASE}"')
    )
    # All are right, so that the share of right ones is as long as it gets.
    table.write_text(long.replace('"score": 0.0', '"score": 1.0'), "utf-8")
    asked = ["fit", "--outcomes", str(table), "--out", str(tmp_path / "out")]
    shown = CliRunner().invoke(main, asked, env={"COLUMNS": "80"}).output
    expect_whole(
        lambda console: console.file.write(shown), "In the place of claude-opus-4-5", USE_CASE, "100.0%"
    )


def test_without_names_the_best_is_the_baseline_and_all_others_are_candidates(
    table: Path, tmp_path: Path
) -> None:
    assert run("--outcomes", table, "--delta", 0.1, "--out", tmp_path / "out").exit_code == 0
    artifact = only(tmp_path / "out")[1]
    assert [(pair.baseline, pair.candidate) for pair in artifact.pairs] == [(BIG, SMALL)]
    assert artifact.delta == 0.1


def test_outcomes_are_added_onto_an_artifact(table: Path, tmp_path: Path) -> None:
    run("--outcomes", table, "--out", tmp_path / "out")
    path, before = only(tmp_path / "out")
    done = run("--outcomes", table, "--onto", path, "--out", tmp_path / "more")
    assert done.exit_code == 0, done.output
    after = only(tmp_path / "more")[1]
    assert after.pairs[0].good["faq"].count == 2 * before.pairs[0].good["faq"].count
    assert after.pairs[0].head == before.pairs[0].head


def test_a_published_artifact_is_what_the_proxy_reads(table: Path, tmp_path: Path) -> None:
    config = tmp_path / "suffice.toml"
    config.write_text('[data]\ndirectory = "data"\n', "utf-8")
    done = run("--config", config, "--outcomes", table, "--out", tmp_path / "out", "--publish")
    assert done.exit_code == 0, done.output
    path, artifact = only(tmp_path / "out")
    published = Artifacts(tmp_path / "data" / "artifacts")
    assert published.current() == artifact.fingerprint
    assert published.read(artifact.fingerprint) == path.read_bytes()


@pytest.mark.parametrize(
    ("options", "message", "code"),
    [
        (["--baseline", "nobody"], "--baseline nobody is not in the table", 2),
        (["--candidate", "nobody"], "--candidate nobody is not in the table", 2),
        (["--baseline", BIG, "--candidate", BIG], "no candidate", 2),
        (["--delta", "2"], "2.0 is not in the range", 2),
    ],
)
def test_a_mistake_is_told(table: Path, tmp_path: Path, options: list[str], message: str, code: int) -> None:
    done = run("--outcomes", table, *options, "--out", tmp_path / "out")
    assert done.exit_code == code
    assert message in done.output
    assert not (tmp_path / "out").exists()


def test_onto_takes_no_models_and_no_other_artifact(table: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.artifact"
    broken.write_bytes(b"nothing")
    done = run("--outcomes", table, "--onto", broken, "--baseline", BIG)
    assert done.exit_code == 2
    done = run("--outcomes", table, "--onto", broken)
    assert done.exit_code == 1
    assert "cannot be used" in done.output


def test_onto_an_artifact_of_other_models_is_a_mistake(table: Path, tmp_path: Path) -> None:
    run("--outcomes", table, "--out", tmp_path / "out")
    other = tmp_path / "other.jsonl"
    other.write_text(table.read_text("utf-8").replace('"big"', '"huge"'), "utf-8")
    done = run("--outcomes", other, "--onto", only(tmp_path / "out")[0])
    assert done.exit_code == 2
    assert "knows no pair" in done.output


def test_the_help_has_an_example() -> None:
    assert "suffice fit --outcomes" in run("--help").output

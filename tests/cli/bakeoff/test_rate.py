from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from suffice.cli import main
from suffice.store.ratings import RATINGS, RatingStore


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["bakeoff", "rate", *arguments])


def test_ratings_are_stored_under_the_catalogs_names(folder: Path) -> None:
    (folder / "r.csv").write_text("id,model,score\nr1,gpt-4o-mini-2024-07-18,1\nr2,gpt-4o-mini,0.5\n")
    result = rate("r.csv", "--rater", "ada")
    assert (result.exit_code, result.stdout) == (0, "2 ratings, 2 of them new\n")
    stored = RatingStore(folder / "suffice-data" / RATINGS, read_only=True).all()
    assert {(one.unit, one.model, one.value, one.rater) for one in stored} == {
        ("r1", "gpt-4o-mini", 1.0, "ada"),
        ("r2", "gpt-4o-mini", 0.5, "ada"),
    }
    assert rate("r.csv", "--rater", "ada").stdout == "2 ratings, 0 of them new\n"


def test_rows_left_out_are_named(folder: Path) -> None:
    rows = "\n".join(f"r{number},m,7" for number in range(12))
    (folder / "r.csv").write_text(f"id,model,score\nr,m,1\n{rows}\n")
    result = rate("r.csv")
    assert result.exit_code == 0
    assert "r.csv:3: score must be a number from 0 to 1" in result.stderr
    assert "... and 2 rows more" in result.stderr
    assert result.stdout == "1 ratings, 1 of them new, 12 rows left out\n"


def test_a_file_of_something_else_is_refused(folder: Path) -> None:
    (folder / "r.csv").write_text("a,b\n1,2\n")
    result = rate("r.csv")
    assert result.exit_code == 2
    assert "r.csv has no rating" in result.stderr

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from bakeoffs import bakeoff, configured, sums_at, trial_of
from sums import BAD, GOOD, write_sums

from suffice.testing import ReplayUpstream


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_sums(tmp_path_factory.mktemp("sums"), {"sums": 100})
    with ReplayUpstream.start(folder) as upstream:
        config = configured(folder, upstream.url)
        bakeoff(config, "plan", "--candidate", GOOD, "--candidate", BAD, "--seed", 1)
        bakeoff(config, "run", "--max-usd", 5)
    return config


def test_the_page_is_written_for_its_owner_alone(config: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "bakeoff.html"
    done = bakeoff(config, "report", "--html", path)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "it holds prompts and answers" in done.stderr
    page = path.read_text()
    assert "✓ EQUIVALENT" in page
    assert "sums: what is" in page
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_json_is_printed_where_no_page_is_asked_for(config: Path) -> None:
    done = bakeoff(config, "report", "--examples", "1000")
    document = json.loads(done.stdout)
    verdicts = {row["candidate"]: row["verdict"] for row in document["rows"]}
    assert verdicts["gpt-4o-mini"] == "EQUIVALENT"
    assert {row["candidate"]: len(row["examples"]) for row in document["rows"]} == {
        row["candidate"]: row["asked"] for row in document["rows"]
    }


def test_what_it_lists_can_be_rated(config: Path, tmp_path: Path) -> None:
    document = json.loads(bakeoff(config, "report", "--json", "--examples", "3").stdout)
    lines = [
        {
            "id": one["unit"],
            "model": one["candidate"]["model"].partition("/")[2],
            "digest": one["candidate"]["digest"],
            "score": one["candidate"]["score"],
        }
        for row in document["rows"]
        for one in row["examples"]
    ]
    path = tmp_path / "ratings.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert bakeoff(config, "rate", path, "--rater", "ada").stdout == "6 ratings, 6 of them new\n"


def test_a_trial_that_has_not_run_and_one_that_is_not_there_say_so(tmp_path: Path) -> None:
    config = sums_at(tmp_path)
    nothing = bakeoff(config, "report")
    assert nothing.exit_code == 1
    assert "`suffice bakeoff plan` makes one" in nothing.stderr
    trial = trial_of(bakeoff(config, "plan", "--candidate", GOOD))
    assert json.loads(bakeoff(config, "report", trial).stdout)["rows"] == []
    assert bakeoff(config, "report", "nowhere").exit_code == 1


def test_a_page_that_cannot_be_written_says_so(config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = bakeoff(config, "report", "--html", tmp_path / "file" / "page.html")
    assert done.exit_code == 1
    assert "cannot be written" in done.stderr

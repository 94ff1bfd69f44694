from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suffice.errors import ConfigError
from suffice.evidence.rating_files import RatingFile, read_ratings


def short(model: str) -> str:
    return model.removesuffix("-2024-07-18")


def read(path: Path, text: str, **options: Any) -> RatingFile:
    path.write_text(text)
    return read_ratings(path, now_ns=7, name_of=short, **options)


def test_a_table_of_scores(tmp_path: Path) -> None:
    text = "id,model,score,rater,comment\nr1,mini-2024-07-18,0.5,ada,fine\nr2,mini,1,,\n"
    found = read(tmp_path / "r.csv", text, rater="bob")
    assert [(one.unit, one.model, one.value, one.rater, one.rated_ns) for one in found.ratings] == [
        ("r1", "mini", 0.5, "ada", 7),
        ("r2", "mini", 1.0, "bob", 7),
    ]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("preference", "value"),
    [
        ("mini", 1),
        ("mini-2024-07-18", 1),
        ("big", -1),
        ("tie", 0),
        ("TIE", 0),
        ("model", 1),
        ("against", -1),
        (0.5, 0.5),
        ("-1", -1),
    ],
)
def test_lines_of_preferences(tmp_path: Path, preference: Any, value: float) -> None:
    row = {"id": "r1", "model": "mini-2024-07-18", "against": "big", "preference": preference, "digest": "d1"}
    (one,) = read(tmp_path / "r.jsonl", json.dumps(row) + "\n\n").ratings
    assert (one.model, one.against, one.value, one.digest) == ("mini", "big", value, "d1")


def test_rows_that_cannot_be_read_are_named_by_line_and_kept_out(tmp_path: Path) -> None:
    text = "id,model,score\nr1,mini,0.5\n,mini,1\nr3,mini,good\nr4,mini,1.5\nr5,,1\nr6,mini,nan\n"
    found = read(tmp_path / "r.csv", text)
    assert len(found.ratings) == 1
    assert found.refused == (
        (3, "there is no id"),
        (4, "score must be a number from 0 to 1"),
        (5, "score must be a number from 0 to 1"),
        (6, "there is no model"),
        (7, "score must be a number from 0 to 1"),
    )
    lines = '{"id": "r1", "model": "mini", "score": 1}\nnot JSON\n{"id": 7, "model": "m", "score": 1}\n'
    assert [line for line, _ in read(tmp_path / "r.jsonl", lines).refused] == [2, 3]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("r.csv", "", "has no rating"),
        ("r.csv", "a,b\n1,2\n", "has no rating; line 2: there is no id"),
        ("r.txt", "x", "ratings are read from .csv, .jsonl, .ndjson files"),
    ],
)
def test_a_file_without_ratings_says_so(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        read(tmp_path / name, text)
    assert caught.value.code == "no_ratings"


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_ratings(tmp_path / "r.csv", now_ns=7)
    (tmp_path / "b.csv").write_bytes(b"id,model,score\n\xff\xfe,m,1\n")
    with pytest.raises(ConfigError, match="no UTF-8"):
        read_ratings(tmp_path / "b.csv", now_ns=7)

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from suffice.errors import PolicyError
from suffice.evidence.outcome_table import read_outcomes
from suffice.quality.outcomes import UNTAGGED, bucket_of

ROWS = [
    {"prompt": "Where is my parcel?", "model": "big", "score": 1.0, "feature": "faq", "prompt_id": "1"},
    {"prompt": "Where is my parcel?", "model": "small", "score": 0.5, "feature": "faq", "prompt_id": "1"},
    {"prompt": "May I cancel?", "model": "big", "score": 0.0, "feature": "law", "prompt_id": "2"},
    {"prompt": "May I cancel?", "model": "small", "score": 1, "feature": "law", "prompt_id": "2"},
]


def write(folder: Path, rows: list[dict[str, Any]], suffix: str = ".jsonl") -> Path:
    path = folder / f"table{suffix}"
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    elif suffix == ".csv":
        pl.DataFrame(rows, strict=False).write_csv(path)
    else:
        pl.DataFrame(rows, strict=False).write_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_every_format_gives_the_same_examples(tmp_path: Path, suffix: str) -> None:
    table = read_outcomes([write(tmp_path, ROWS, suffix)])
    first, second = table.examples
    assert first.quality == {"big": 1.0, "small": 0.5}
    assert (first.bucket, second.bucket) == ("faq", "law")
    assert first.features.question == "Where is my parcel?"
    assert first.group != second.group
    assert first.scores
    assert table.tagged
    assert list(table.means) == ["small", "big"]
    assert table.tally.rows == 4


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [write(tmp_path, ROWS[:2]), write(tmp_path / "other", ROWS[2:])]
    seen: list[tuple[int, int]] = []
    table = read_outcomes(paths, progress=lambda done, of: seen.append((done, of)))
    assert len(table.examples) == 2
    assert seen[-1] == (2, 2)


def test_the_request_counts_before_the_messages_and_these_before_the_prompt(tmp_path: Path) -> None:
    body = {"messages": [{"role": "user", "content": "from the request"}], "tools": []}
    messages = [{"role": "user", "content": "from the messages"}]
    rows = [{"prompt": "p", "messages": messages, "model": m, "score": 1} for m in ("big", "small")]
    assert read_outcomes([write(tmp_path, rows)]).examples[0].features.question == "from the messages"
    rows = [{**row, "request": json.dumps(body)} for row in rows]
    assert read_outcomes([write(tmp_path, rows)]).examples[0].features.question == "from the request"


def test_without_a_use_case_the_kind_of_task_is_one(tmp_path: Path) -> None:
    rows = [{"prompt": "Summarize this thread.", "model": m, "score": 1} for m in ("big", "small")]
    table = read_outcomes([write(tmp_path, rows)])
    assert not table.tagged
    assert table.examples[0].bucket == bucket_of(table.examples[0].features)
    assert table.examples[0].features.feature == UNTAGGED


def test_what_cannot_count_is_left_out_and_told(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        [
            *ROWS,
            ROWS[0] | {"score": 0.0},
            ROWS[0] | {"score": None},
            ROWS[0] | {"score": float("nan")},
            ROWS[0] | {"model": None},
        ],
    )
    with path.open("a", encoding="utf-8") as file:
        file.write("not json\n[1, 2]\n\n")
    table = read_outcomes([path])
    assert table.examples[0].quality["big"] == 0.5
    tally = table.tally
    assert (tally.rows, tally.unreadable, tally.no_verdict, tally.repeated) == (10, 4, 1, 1)


def test_a_request_that_is_no_object_is_unreadable(tmp_path: Path) -> None:
    rows = [{"request": text, "model": m, "score": 1} for text in ("{}", "[]") for m in ("big", "small")]
    table = read_outcomes([write(tmp_path, rows)])
    assert len(table.examples) == 1
    assert table.tally.unreadable == 1


def test_models_go_by_the_catalogs_names(tmp_path: Path) -> None:
    table = read_outcomes(
        [write(tmp_path, ROWS)], name_of=lambda model: {"big": "flagship"}.get(model, model)
    )
    assert set(table.means) == {"flagship", "small"}


WRONG: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no score": ([{"prompt": "p", "model": "big"}], "lacks score"),
    "no prompt": ([{"text": "p", "model": "big", "score": 1}], "lacks prompt"),
    "a scale of 10": ([{"prompt": "p", "model": m, "score": 7} for m in ("a", "b")], "outside of 0 to 1"),
    "below 0": ([{"prompt": "p", "model": m, "score": -0.1} for m in ("a", "b")], "outside of 0 to 1"),
    "words": ([{"prompt": "p", "model": m, "score": "good"} for m in ("a", "b")], "no number"),
    "one model": (ROWS[:1], "two models are needed"),
    "no row": ([], "no row"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_table_that_cannot_be_meant_is_an_error(tmp_path: Path, what: str) -> None:
    rows, message = WRONG[what]
    with pytest.raises(PolicyError, match=message):
        read_outcomes([write(tmp_path, rows)])


def test_an_endless_score_is_out_of_range(tmp_path: Path) -> None:
    rows = [{"prompt": "p", "model": model, "score": float("inf")} for model in ("a", "b")]
    with pytest.raises(PolicyError, match="outside of 0 to 1"):
        read_outcomes([write(tmp_path, rows, ".parquet")])


def test_files_that_are_no_tables_are_errors(tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"not parquet")
    other = tmp_path / "table.xlsx"
    other.write_bytes(b"")
    for path, message in (
        (broken, "broken.parquet"),
        (other, "are read from"),
        (tmp_path / "no.csv", "no.csv"),
    ):
        with pytest.raises(PolicyError, match=message):
            read_outcomes([path])


def test_mostly_unreadable_lines_are_no_table(tmp_path: Path) -> None:
    path = write(tmp_path, ROWS)
    path.write_text(path.read_text("utf-8") + "garbage\n" * 20, "utf-8")
    with pytest.raises(PolicyError, match="cannot be read"):
        read_outcomes([path])

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from suffice.errors import ConfigError
from suffice.evidence import records as module
from suffice.evidence.records import Record, Source, files_in

ROWS = [{"a": number, "b": "x" * number} for number in range(5)]
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)
PRETTY = json.dumps({"object": "list", "more": {"deep": [1]}, "data": ROWS}, indent=2).encode()


def read(path: Path) -> list[Record]:
    source = Source(path)
    try:
        return list(source.records())
    finally:
        source.close()


def values(path: Path) -> list[dict[str, Any] | None]:
    return [record.value for record in read(path)]


def file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (LINES, "lines"),
        (b"\n\n" + LINES, "lines"),
        (b"\xef\xbb\xbf" + LINES, "lines"),
        (LINES.rstrip(b"\n"), "lines"),
        (LINES.replace(b"\n", b"\r\n"), "lines"),
        (json.dumps(ROWS).encode(), "array"),
        (json.dumps(ROWS, indent=1).encode(), "array"),
        (PRETTY, "document"),
        (b"\n".join(json.dumps(row, indent=2).encode() for row in ROWS), "document"),
    ],
)
@pytest.mark.parametrize("packed", ["", ".gz", ".zst"])
def test_every_shape_and_packing_gives_the_same_records(
    tmp_path: Path, data: bytes, shape: str, packed: str
) -> None:
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[packed]
    path = file(tmp_path, f"log.jsonl{packed}", pack(data))
    source = Source(path)
    assert source.shape == shape
    source.close()
    assert values(path) == ROWS


def test_the_name_of_a_file_says_nothing_of_its_packing(tmp_path: Path) -> None:
    assert values(file(tmp_path, "log.txt", gzip.compress(LINES))) == ROWS
    frames = zstandard.compress(LINES) + zstandard.compress(LINES)
    assert values(file(tmp_path, "log", frames)) == ROWS * 2


def test_tables_give_rows(tmp_path: Path) -> None:
    table = pl.DataFrame(ROWS)
    table.write_parquet(tmp_path / "log.parquet")
    assert values(tmp_path / "log.parquet") == ROWS
    table.write_csv(tmp_path / "log.csv")
    assert values(tmp_path / "log.csv") == [{"a": str(row["a"]), "b": row["b"]} for row in ROWS]
    packed = file(tmp_path, "log.csv.gz", gzip.compress((tmp_path / "log.csv").read_bytes()))
    assert values(packed) == values(tmp_path / "log.csv")
    assert values(file(tmp_path, "log.tsv", b"a\tb\n1\t2\n")) == [{"a": "1", "b": "2"}]


def test_rows_of_a_table_have_values_as_json_has_them(tmp_path: Path) -> None:
    table = pl.DataFrame({"at": [datetime(2026, 11, 18, 10, 0, 1)], "tags": [["a"]], "of": [{"b": 1}]})  # noqa: DTZ001 -- as tables have it
    table.write_parquet(tmp_path / "log.parquet")
    assert values(tmp_path / "log.parquet") == [{"at": "2026-11-18T10:00:01", "tags": ["a"], "of": {"b": 1}}]


def test_what_cannot_be_read_has_its_place_and_a_reason(tmp_path: Path) -> None:
    path = file(
        tmp_path, "log.jsonl", b'{"a": 1}\n{"a": \n[1]\n\n{"b": "\xff"}\n{"c": "\\ud800"}\n{"a": 2}\n'
    )
    found = read(path)
    assert [(record.number, record.value, record.reason.split(":")[0]) for record in found] == [
        (1, {"a": 1}, ""),
        (2, None, "not_json"),
        (3, None, "not_an_object"),
        (5, None, "not_json"),
        (6, None, "not_json"),
        (7, {"a": 2}, ""),
    ]
    assert found[1].raw == b'{"a": \n'


def test_a_line_without_an_end_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_LINE", 100)
    path = file(tmp_path, "log.jsonl", b'{"a": 1}\n{"b": "' + b"x" * 950 + b'"}\n{"a": 2}\n')
    assert [record.value for record in read(path)] == [{"a": 1}, None, {"a": 2}]
    assert read(path)[1].reason.startswith("too_long")


def test_a_first_line_that_is_broken_does_not_hide_the_rest(tmp_path: Path) -> None:
    assert values(file(tmp_path, "log.jsonl", b'{"broken": \n' + LINES)) == [None, *ROWS]


def test_rows_of_another_width_are_kept_aside(tmp_path: Path) -> None:
    path = file(tmp_path, "log.csv", b'a,b\n1,2\n1\n1,2,3\n"x\ny",4\n\xff,5\n')
    assert [(record.number, record.reason) for record in read(path)] == [
        (2, ""),
        (3, "wrong_number_of_fields"),
        (4, "wrong_number_of_fields"),
        (6, ""),
        (7, "not_utf8"),
    ]


@pytest.mark.parametrize("packed", [gzip.compress, zstandard.compress])
def test_a_file_that_was_cut_short_says_so(tmp_path: Path, packed: Any) -> None:
    many = b"".join(b'{"number": %d, "text": "%d"}\n' % (number, number**9) for number in range(20_000))
    data = packed(many)
    found = read(file(tmp_path, "log", data[: len(data) // 2]))
    assert len(found) > 1000
    assert found[0].value is not None
    assert found[-1].value is None
    assert found[-1].reason


def test_an_array_that_was_cut_short_says_so(tmp_path: Path) -> None:
    found = read(file(tmp_path, "log.json", json.dumps(ROWS).encode()[:-20]))
    assert [record.value for record in found[:3]] == ROWS[:3]
    assert found[-1].reason.startswith("broken_file")


def test_a_table_that_is_none_says_so(tmp_path: Path) -> None:
    (found,) = read(file(tmp_path, "log.parquet", b"PAR1 and then nothing of the kind"))
    assert found.reason.startswith("damaged_archive")


def test_a_number_without_an_end_ends_an_array(tmp_path: Path) -> None:
    found = read(file(tmp_path, "log.json", b'[{"a": 1}, {"a": 1' + b"0" * 400 + b"}, {}]"))
    assert [record.value for record in found] == [{"a": 1}, None]
    assert found[-1].reason.startswith("broken_file")


def test_how_far_it_is_ends_at_the_size(tmp_path: Path) -> None:
    for path in (file(tmp_path, "log.jsonl", LINES), file(tmp_path, "log.zst", zstandard.compress(LINES))):
        source = Source(path)
        assert 0 <= source.bytes_read <= source.bytes
        list(source.records())
        assert source.bytes_read == source.bytes == path.stat().st_size
        source.close()


def test_a_folder_is_all_its_files_without_the_hidden(tmp_path: Path) -> None:
    inside = tmp_path / "logs" / "day"
    inside.mkdir(parents=True)
    names = ["b.jsonl", "a.jsonl", ".hidden"]
    for name in names:
        (inside / name).touch()
    assert files_in([tmp_path / "logs", inside / "b.jsonl"]) == [inside / "a.jsonl", inside / "b.jsonl"]


def test_paths_that_are_not_there_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not there"):
        files_in([tmp_path / "nothing"])
    with pytest.raises(ConfigError, match="no file"):
        files_in([tmp_path])
    with pytest.raises(ConfigError, match="cannot be read"):
        Source(tmp_path)


@given(st.binary(max_size=300))
def test_no_bytes_are_too_odd_to_open(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for record in read(file(tmp_path_factory.mktemp("odd"), "log", data)):
        assert (record.value is None) == bool(record.reason)

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from suffice.errors import ConfigError
from suffice.testing.recorded_week import read_week, week_file

LINE = {"id": "r1", "timestamp": "2026-03-09T00:00:00+00:00", "request": {"model": "m", "messages": []}}


def test_plain_and_compressed_weeks_read_the_same(tmp_path: Path) -> None:
    text = json.dumps(LINE).encode() + b"\n\n" + json.dumps({**LINE, "id": "r2", "feature": "f"}).encode()
    (tmp_path / "week.jsonl").write_bytes(text)
    packed = tmp_path / "packed.zst"
    packed.write_bytes(zstandard.ZstdCompressor().compress(text))
    assert [line.id for line in read_week(tmp_path)] == ["r1", "r2"]
    assert list(read_week(packed)) == list(read_week(tmp_path / "week.jsonl"))
    assert [line.feature for line in read_week(packed)] == ["untagged", "f"]


def test_the_compressed_week_of_a_folder_is_taken_first(tmp_path: Path) -> None:
    (tmp_path / "week.jsonl").touch()
    (tmp_path / "week.jsonl.zst").touch()
    assert week_file(tmp_path).name == "week.jsonl.zst"


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "week.jsonl"
    file.write_text(json.dumps(LINE) + "\n" + '{"id": 3}\n')
    with pytest.raises(ConfigError, match=r"week\.jsonl line 2: "):
        list(read_week(file))


def test_a_file_that_is_not_zstd_is_told(tmp_path: Path) -> None:
    file = tmp_path / "week.jsonl.zst"
    file.write_text("plain")
    with pytest.raises(ConfigError, match="not zstd"):
        list(read_week(file))


def test_a_missing_week_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recorded week"):
        week_file(tmp_path / "none")

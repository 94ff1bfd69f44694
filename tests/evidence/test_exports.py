from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from months import PERIOD, month, written

from suffice.errors import ConfigError
from suffice.evidence.exports import read_exports, zone_of
from suffice.testing.provider_exports import (
    anthropic_costs,
    anthropic_usage,
    litellm_csv,
    openai_costs,
    openai_usage,
)

BILLED = month(calls=50).billed
TABLE = "date,model,prompt_tokens,completion_tokens,spend\n"


def failed(*paths: Path, provider: str = "openai", format_: str | None = None) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_exports(paths, provider=provider, format_=format_)
    return caught.value


@pytest.mark.parametrize(
    ("made", "provider", "name"),
    [
        (openai_usage, "openai", "openai-usage"),
        (openai_costs, "openai", "openai-costs"),
        (anthropic_usage, "anthropic", "anthropic-usage"),
        (anthropic_costs, "anthropic", "anthropic-costs"),
        (litellm_csv, "whoever", "litellm-csv"),
    ],
)
def test_every_format_is_found_out(made: object, provider: str, name: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, export_txt=made(BILLED, PERIOD))
    export = read_exports([path], provider=provider)
    assert export.files == [("export.txt", name)]
    assert export.lines
    assert not export.flaws


def test_a_packed_file_is_unpacked(tmp_path: Path) -> None:
    (path,) = written(tmp_path, usage_json_gz=gzip.compress(openai_usage(BILLED, PERIOD)))
    assert read_exports([path], provider="openai").lines


def test_another_providers_export_is_refused(tmp_path: Path) -> None:
    (path,) = written(tmp_path, usage_json=anthropic_usage(BILLED, PERIOD))
    error = failed(path)
    assert error.code == "other_provider"
    assert "anthropic" in error.message


def test_missing_columns_are_named(tmp_path: Path) -> None:
    (path,) = written(tmp_path, spend_csv=b"date,model,prompt_tokens,cost_center\n2026-11-01,m,5,x\n")
    error = failed(path)
    assert error.code == "missing_columns"
    assert "lacks completion_tokens, spend" in error.message


def test_missing_keys_are_named(tmp_path: Path) -> None:
    result = {"object": "organization.usage.completions.result", "model": "m", "output_tokens": 3}
    page = {"data": [{"start_time": 1, "end_time": 86_401, "results": [result]}]}
    (path,) = written(tmp_path, usage_json=json.dumps(page).encode())
    assert "lacks results.input_tokens" in failed(path).message


def test_an_unknown_format_says_what_there_is(tmp_path: Path) -> None:
    (path,) = written(tmp_path, other_csv=b"a,b\n1,2\n")
    error = failed(path)
    assert error.code == "unknown_format"
    assert "Its columns are a, b" in error.message
    assert "litellm-csv" in error.message
    assert failed(path, format_="nothing").code == "unknown_format"


@pytest.mark.parametrize("raw", [TABLE.encode(), (TABLE + "2026-11-01,m,-1,2,3\n").encode(), b"[]", b""])
def test_an_export_without_a_row_is_an_error(raw: bytes, tmp_path: Path) -> None:
    (path,) = written(tmp_path, empty_csv=raw)
    assert failed(path).code == "empty_export"


def test_malformed_rows_are_kept_aside_and_counted(tmp_path: Path) -> None:
    rows = "".join(f"2026-11-01,m,{-n},1,0.1\n" for n in range(40))
    (path,) = written(tmp_path, spend_csv=(TABLE + rows).encode())
    export = read_exports([path], provider="openai")
    assert (len(export.lines), export.flaw_count, len(export.flaws)) == (1, 39, 20)
    assert export.flaws[0].where == "line 3"


def test_two_currencies_are_refused_with_their_places(tmp_path: Path) -> None:
    table = TABLE.replace("spend", "spend,currency") + "2026-11-01,m,1,1,0.1,USD\n2026-11-02,m,1,1,0.1,eur\n"
    (path,) = written(tmp_path, spend_csv=table.encode())
    error = failed(path)
    assert error.code == "several_currencies"
    assert "EUR at line 3 of spend.csv, USD at line 2" in error.message


def test_lines_that_are_there_twice_count_once(tmp_path: Path) -> None:
    usage = openai_usage(BILLED, PERIOD)
    once = read_exports(written(tmp_path, usage_json=usage), provider="openai")
    twice = read_exports(written(tmp_path, usage_json=usage + b"\n" + usage), provider="openai")
    assert len(twice.lines) == len(once.lines)
    assert len(twice.repeated) == len([line for line in once.lines if line.input_tokens is not None])
    assert twice.repeated[0].startswith(
        "usage.json: page 2, bucket 1, result 1, as usage.json: page 1, bucket 1"
    )


def test_lines_of_one_model_that_differ_are_added(tmp_path: Path) -> None:
    table = TABLE + "2026-11-01,m,1,1,0.1\n2026-11-01,m,2,1,0.1\n"
    export = read_exports(written(tmp_path, spend_csv=table.encode()), provider="openai")
    assert [line.input_tokens for line in export.lines] == [1, 2]


def test_two_files_with_the_same_tokens_are_refused(tmp_path: Path) -> None:
    one = TABLE + "2026-11-01,m,1,1,0.1\n"
    other = TABLE + "2026-11-01,m,2,1,0.1\n"
    error = failed(*written(tmp_path, a_csv=one.encode(), b_csv=other.encode()))
    assert error.code == "overlapping_exports"
    assert "a.csv and b.csv both have tokens" in error.message


def test_more_pages_than_the_file_has_are_noted(tmp_path: Path) -> None:
    page = {**json.loads(openai_usage(BILLED, PERIOD)), "has_more": True}
    export = read_exports(written(tmp_path, usage_json=json.dumps(page).encode()), provider="openai")
    assert "more pages" in export.notes[0]


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    assert failed(tmp_path).code == "unreadable_export"


def test_a_broken_packed_file_cannot_be_read(tmp_path: Path) -> None:
    packed = gzip.compress(openai_usage(BILLED, PERIOD))
    assert failed(*written(tmp_path, usage_gz=packed[: len(packed) // 2])).code == "unreadable_export"


@pytest.mark.parametrize("name", ["UTC", "Z", "+05:45", "UTC-08:00", "-0800", "America/Los_Angeles"])
def test_zones_have_names_and_offsets(name: str) -> None:
    assert zone_of(name) is not None


@pytest.mark.parametrize("name", ["", "Mars", "+25:00", "../etc/passwd", "8"])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone_of(name) is None

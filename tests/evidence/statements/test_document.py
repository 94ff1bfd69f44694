from __future__ import annotations

import json

import pytest

from suffice.errors import ConfigError
from suffice.evidence.statements._document import opened

BUCKET = {"start_time": 1, "end_time": 2, "results": [{"a": 1}]}
PAGE = {"object": "page", "data": [BUCKET], "has_more": False}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PAGE),
        json.dumps([PAGE]),
        json.dumps([BUCKET]),
        json.dumps(PAGE, indent=2),
        "\ufeff" + json.dumps(PAGE),
        json.dumps(PAGE) + "\n",
    ],
)
def test_pages_come_in_many_wrappings(text: str) -> None:
    document = opened("f", text.encode())
    assert [(where, results) for where, _, results in document.buckets()] == [("bucket 1", [{"a": 1}])]
    assert not document.unfinished


def test_pages_a_line_are_pages() -> None:
    text = "\n".join(json.dumps({**PAGE, "has_more": more}) for more in (True, True))
    document = opened("f", text.encode())
    assert [where for where, _, _ in document.buckets()] == ["page 1, bucket 1", "page 2, bucket 1"]
    assert document.unfinished


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_has_rows_by_column_and_numbers_of_lines(separator: str) -> None:
    text = "\r\n".join(["Date,Model", '2026-11-01,"a', 'b"', "", "2026-11-02,c"]).replace(",", separator)
    document = opened("f", text.encode())
    assert document.columns == ("date", "model")
    assert [(number, row["model"].split()) for number, row in document.rows] == [(3, ["a", "b"]), (5, ["c"])]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty_export"),
        (b" \n", "empty_export"),
        (b"[]", "empty_export"),
        (b"[1, 2]", "empty_export"),
        (b'{"data": [', "unreadable_export"),
        (b"\xff\xfe\x00", "unreadable_export"),
        (b'a,b\n"' + b"x" * 200_000, "unreadable_export"),
    ],
)
def test_what_is_no_export_is_an_error_that_names_the_file(raw: bytes, code: str) -> None:
    with pytest.raises(ConfigError, match=r"usage\.json") as caught:
        opened("usage.json", raw)
    assert caught.value.code == code

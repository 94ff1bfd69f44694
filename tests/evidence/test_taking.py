from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.evidence.taking import Taking, compiled, field_text, json_in, json_objects

FENCED = 'Sure:\n```json\n{"reasoning": "a {b} c", "answer": "42"}\n```\nDone.'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (FENCED, "42"),
        ('{"answer": 42}', "42"),
        ('{"answer": [1, "a"]}', '[1, "a"]'),
        ('{"answer": null}', "null"),
        ('{"answer": ""}', ""),
        ('{"answer": 1} or rather {"answer": 2}', "2"),
        ('{"answer": 1} {"other": 2}', "1"),
        ('{"reasoning": "line\nbreak", "answer": "x"}', "x"),
        ("{'answer': 42}", "42"),
        ('{"reasoning": "says "quoted" words", "answer": "x"}', "x"),
        ('{"reasoning": "...", "answer": "a "b" c"\n}\n```', 'a "b" c'),
        ('{"answer": "\\(x\\)"}', "\\(x\\)"),
        ('{"answer": "f(\\"\\") is \\q"}', 'f("") is \\q'),
        ('{"reasoning": "never closed, "answer": 7', "7"),
        ('{"reasoning": "cut', None),
        ("no JSON", None),
        ('{"answer":', None),
    ],
)
def test_a_field_is_found_in_what_models_write(text: str, found: str | None) -> None:
    assert field_text(text, "answer") == found


def test_a_dot_goes_one_level_down() -> None:
    assert field_text('{"a": {"b": {"c": 1}}}', "a.b.c") == "1"
    assert field_text('{"a": {"b": 1}}', "a.b.c") is None
    assert field_text('{"a": [1]}', "a.0") is None


def test_the_pattern_is_applied_to_the_field() -> None:
    taking = Taking(field="answer", pattern=compiled(r"(\d+) apples|(\d+) pears"))
    assert taking.of('{"reasoning": "3 apples", "answer": "5 pears"}') == "5"
    assert taking.of('{"answer": "none"}') is None


def test_a_pattern_without_a_group_takes_all_of_its_match() -> None:
    assert Taking(pattern=compiled("YES|NO", "i")).of("No, or yes!") == "yes"


def test_json_stands_alone_or_in_one_fence() -> None:
    assert json_in(' {"a": 1} ') == {"a": 1}
    assert json_in('```json\n{"a": 1}\n```') == {"a": 1}
    for text in ("", 'so: {"a": 1}', "[" * 100_000):
        with pytest.raises(ValueError, match=r"."):
            json_in(text)


def test_hostile_texts_are_given_up_on() -> None:
    assert field_text('{"answer":' * 20_000, "answer") is None
    assert list(json_objects('{"a' * 50_000)) == []
    assert field_text('"answer": ' + " " * 100_000, "answer") is None


@given(
    st.dictionaries(st.sampled_from(["answer", "why"]), st.text() | st.integers() | st.lists(st.text())),
    st.text(),
)
def test_whatever_json_writes_is_found_again(document: dict[str, Any], before: str) -> None:
    text = f"{before.replace('{', '')}\n{json.dumps(document)}"
    value = document.get("answer")
    if value is not None and '"answer"' not in before:
        assert field_text(text, "answer") == (
            value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )

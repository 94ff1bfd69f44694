from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from grading_cases import compare, said, score

from suffice.config import GraderSettings

PLAIN = GraderSettings(kind="json_schema")
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}
ASKS = {"response_format": {"type": "json_schema", "json_schema": {"name": "p", "schema": PERSON}}}
TOOLS = {"tools": [{"type": "function", "function": {"name": "save", "parameters": PERSON}}]}


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ('{"name": "Ada", "age": 36}', 1, "it keeps the schema"),
        ('```json\n{"name": "Ada"}\n```', 1, "it keeps the schema"),
        ('{"age": 36}', 0, "the whole breaks the schema's required"),
        ('{"name": "Ada", "age": -1}', 0, "age breaks the schema's minimum"),
        ('Here: {"name": "Ada"}', 0, "the answer is no JSON"),
        ("", 0, "the answer is empty"),
    ],
)
def test_the_requests_own_schema_is_kept_or_broken(text: str, value: float, reason: str) -> None:
    found = score(PLAIN, None, said(text), **ASKS)
    assert (found.value, found.reason) == (value, reason)


def test_a_cut_off_document_says_so() -> None:
    assert score(PLAIN, None, said('{"name": "A', finish="length"), **ASKS).reason.endswith("it was cut off")


@pytest.mark.parametrize(
    ("calls", "value"),
    [
        ([("save", {"name": "Ada"})], 1),
        ([("save", {"name": "Ada"}), ("save", {"age": 1})], 0),
        ([("drop", {"name": "Ada"})], 0),
        ([("save", "not JSON")], 0),
    ],
)
def test_tool_calls_are_judged_by_their_tools(calls: list[tuple[str, Any]], value: float) -> None:
    assert score(PLAIN, None, said("", *calls, finish="tool_calls"), **TOOLS).value == value


def test_without_a_schema_there_is_no_verdict() -> None:
    assert score(PLAIN, None, said('{"a": 1}')).reason.startswith("no_schema")
    assert score(PLAIN, None, said("", ("save", {}))).reason.startswith("no_schema")


def test_a_broken_schema_is_no_verdict_not_a_failure_of_the_model() -> None:
    asks = {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "nonsense"}}}}
    assert score(PLAIN, None, said("{}"), **asks).reason.startswith("bad_schema")


def test_a_file_has_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "person.json"
    path.write_text(json.dumps(PERSON))
    settings = GraderSettings(kind="json_schema", schema=path)
    assert score(settings, None, said('{"name": "Ada"}')).value == 1
    assert score(settings, None, said("{}")).value == 0


def test_fields_are_compared_with_the_right_answer() -> None:
    settings = GraderSettings(kind="json_schema", fields=("name", "address.city"))
    right = {"name": "Ada", "address": {"city": "London"}, "age": 36}
    assert score(settings, right, said(json.dumps(right))).value == 1
    found = score(settings, right, said('{"name": "Ada", "address": {"city": "Paris"}}'))
    assert (found.value, found.reason) == (0.5, "1 of 2 fields are right; not address.city")
    assert score(settings, json.dumps(right), said('{"name": "Bob"}')).value == 0
    assert score(settings, "text", said('{"name": "Bob"}')).reason.startswith("bad_expected")
    assert score(settings, {"other": 1}, said('{"name": "Bob"}')).reason.startswith("bad_expected")
    assert score(settings, None, said('{"name": "Bob"}')).reason.startswith("no_expected")


def test_all_fields_of_the_reference_may_be_meant() -> None:
    settings = GraderSettings(kind="json_schema", fields=("*",))
    assert score(settings, {"a": 1, "b": [1, 2]}, said('{"a": 1.0, "b": [1, 2], "c": 3}')).value == 1
    assert score(settings, {"a": 1, "b": True}, said('{"a": 1, "b": 1}')).value == 0.5


def test_the_baselines_document_may_be_the_reference() -> None:
    settings = GraderSettings(kind="json_schema", fields=("*",), reference="baseline")
    assert compare(settings, said('{"a": 1, "b": 2}'), said('{"a": 1, "b": 3}')).value == -0.5
    assert compare(settings, said("no JSON"), said('{"a": 1}')).reason.startswith("no_reference")


def test_a_field_may_have_a_dot_in_its_name() -> None:
    settings = GraderSettings(kind="json_schema", fields=("*",))
    right = {"user.name": "Ada", "age": 36}
    assert score(settings, right, said('{"user.name": "Bob", "age": 36}')).value == 0.5
    assert score(settings, right, said(json.dumps(right))).value == 1
    assert score(settings, {"user.name": "Ada"}, said('{"user": {"name": "Ada"}}')).value == 0


def test_fields_are_compared_in_the_arguments_of_a_call_as_well() -> None:
    settings = GraderSettings(kind="json_schema", fields=("*",))
    right = {"name": "Ada", "age": 36}
    ada, bob = ("save", right), ("save", {"name": "Bob", "age": 36})
    assert score(settings, right, said("", ada), **TOOLS).value == 1
    assert score(settings, right, said("", bob), **TOOLS).value == 0.5
    assert score(settings, right, said("", bob, ada), **TOOLS).value == 1
    assert score(settings, right, said("", ("save", {"age": 36})), **TOOLS).value == 0
    assert score(settings, "text", said("", ada), **TOOLS).reason.startswith("bad_expected")
    baseline = GraderSettings(kind="json_schema", fields=("*",), reference="baseline")
    assert compare(baseline, said("", ada), said("", bob), **TOOLS).value == -0.5


def test_a_baseline_that_says_nothing_is_none_to_go_by() -> None:
    settings = GraderSettings(kind="json_schema", fields=("*",), reference="baseline")
    assert compare(settings, said('{"a": 1}', refusal=True), said('{"a": 1}')).reason.startswith(
        "no_reference"
    )

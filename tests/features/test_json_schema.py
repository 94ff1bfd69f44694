from __future__ import annotations

from typing import Any

import pytest

from suffice.features.json_schema import Schema, requested_schema, tool_schemas

THING = {"type": "object", "required": ["a"]}


@pytest.mark.parametrize(
    ("request_", "schema"),
    [
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": THING}}}, THING),
        ({"response_format": {"type": "json_object"}}, {"type": "object"}),
        ({"response_format": {"type": "text"}}, None),
        ({"text": {"format": {"type": "json_schema", "schema": THING}}}, THING),
        ({"output_config": {"format": {"type": "json_schema", "schema": THING}}}, THING),
        ({"output_format": {"type": "json_schema", "schema": THING}}, THING),
        ({"response_format": "x", "text": [], "output_config": 7}, None),
        ({}, None),
    ],
)
def test_every_api_asks_for_a_schema_in_its_own_way(request_: dict[str, Any], schema: Any) -> None:
    assert requested_schema(request_) == schema


def test_every_api_offers_tools_in_its_own_way() -> None:
    chat = {"tools": [{"type": "function", "function": {"name": "f", "parameters": THING}}]}
    responses = {"tools": [{"type": "function", "name": "f", "parameters": THING}, {"type": "web_search"}]}
    messages = {"tools": [{"name": "f", "input_schema": THING}]}
    legacy = {"functions": [{"name": "f", "parameters": THING}]}
    for request_ in (chat, responses, messages, legacy):
        assert tool_schemas(request_) == {"f": THING}
    assert tool_schemas({"tools": [{"name": "f"}, 7, {"name": 8}]}) == {"f": {}}
    assert tool_schemas({"tools": "x"}) == {}


def test_what_is_broken_is_named_without_quoting_the_answer() -> None:
    schema = Schema({"properties": {"a": {"items": {"type": "integer"}}}})
    assert schema.problem({"a": [1]}) is None
    assert schema.problem({"a": [1, "a secret that somebody told"]}) == "a.1 breaks the schema's type"


def test_type_names_of_other_languages_are_understood() -> None:
    schema = Schema({"type": "dict", "properties": {"x": {"type": "float"}, "y": {"type": "any"}}})
    assert schema.broken is None
    assert schema.problem({"x": 1.5, "y": "whatever"}) is None
    assert schema.problem({"x": "1.5"}) == "x breaks the schema's type"


def test_a_property_called_type_is_left_alone() -> None:
    schema = Schema({"type": "object", "properties": {"type": {"type": "string"}}})
    assert schema.problem({"type": "float"}) is None


@pytest.mark.parametrize("broken", [{"type": "nonsense"}, {"minimum": "x"}, {"properties": []}])
def test_a_broken_schema_says_so(broken: dict[str, Any]) -> None:
    schema = Schema(broken)
    assert schema.broken is not None
    with pytest.raises(ValueError, match="the schema is none"):
        schema.problem({})


def test_nothing_is_fetched_for_a_reference() -> None:
    # An address that would answer if it were asked: the loopback's discard port refuses at once.
    schema = Schema({"$ref": "http://127.0.0.1:9/schema.json"})
    assert schema.problem({}) == "the schema refers to what is not in it"


def test_a_reference_inside_is_followed() -> None:
    schema = Schema({"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}})
    assert schema.problem({"a": "x"}) == "a breaks the schema's type"


def test_too_deep_is_no_crash() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"properties": {"a": deep}}
    assert Schema(deep).broken == "the schema is too deep"
    recursive = Schema({"$defs": {"n": {"properties": {"a": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"})
    document: Any = {}
    for _ in range(5000):
        document = {"a": document}
    assert recursive.problem(document) == "it is too deep to check"

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.features import bounded_schema
from suffice.features.bounded_schema import BoundedSchema

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
KEYWORDS = (
    "type", "properties", "required", "items", "anyOf", "oneOf", "allOf", "not", "enum", "const", "$ref", "$defs",
    "additionalProperties", "minimum", "multipleOf", "maxLength", "uniqueItems", "contains", "if", "then",
    "dependentRequired", "pattern", "$schema", "prefixItems", "$dynamicRef", "$id", "propertyNames",
)  # fmt: skip
HOSTILE = st.recursive(
    JSON, lambda inner: st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=5), max_leaves=12
)
NAMES = ("a", "b", "c")
LEAVES = st.sampled_from(({"type": "integer"}, {"type": "string"}, {"enum": [1, "x"]}, {}, {"minimum": 3}))
SOUND = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds(
            lambda properties, required, closed: {
                "type": "object",
                "properties": properties,
                "required": sorted(required),
                "additionalProperties": not closed,
            },
            st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
            st.sets(st.sampled_from(NAMES)),
            st.booleans(),
        )
        | st.builds(lambda item: {"type": "array", "items": item, "uniqueItems": True}, inner)
        | st.builds(lambda some: {"anyOf": some}, st.lists(inner, min_size=1, max_size=3))
    ),
    max_leaves=8,
)
DOCUMENTS = st.recursive(
    st.sampled_from((1, 5, "x", None, True, 2.5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


def breach(schema: Any, document: Any) -> tuple[str, str] | None:
    encoded = msgspec.json.encode(schema)
    return BoundedSchema(schema, encoded).breach(document, len(msgspec.json.encode(document)))


@settings(max_examples=150, deadline=None)
@given(SOUND, DOCUMENTS)
def test_it_agrees_with_the_library_on_sound_schemas(schema: dict[str, Any], document: Any) -> None:
    valid = jsonschema.Draft202012Validator(schema).is_valid(document)
    assert (breach(schema, document) is None) == valid


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYWORDS), HOSTILE, max_size=6), JSON)
def test_nothing_that_calls_itself_a_schema_makes_it_raise(schema: dict[str, Any], document: Any) -> None:
    try:
        encoded = msgspec.json.encode(schema)
    except (UnicodeError, OverflowError):
        return
    found = BoundedSchema(schema, encoded).breach(document, 100)
    assert found is None or isinstance(found[0], str)


def test_it_says_what_is_broken_and_where_without_quoting() -> None:
    schema = {"properties": {"a": {"items": {"type": "integer"}}}, "required": ["a"]}
    assert breach(schema, {"a": [1, "secret"]}) == ("type", "a.1")
    assert breach(schema, {}) == ("required", "")


def branching(depth: int) -> dict[str, Any]:
    """References that branch in two at every level: 2 to the power of `depth` ways through."""
    defs: dict[str, Any] = {
        f"d{at}": {"allOf": [{"$ref": f"#/$defs/d{at + 1}"}, {"$ref": f"#/$defs/d{at + 1}"}]}
        for at in range(depth)
    }
    return {"$defs": {**defs, f"d{depth}": {"type": "object"}}, "$ref": "#/$defs/d0"}


BOMBS = {
    "branches": (branching(40), {}),
    "branches_that_fail": (
        {"$defs": {"d": {"anyOf": [{"items": {"$ref": "#/$defs/d"}}] * 6, "not": {}}}, "$ref": "#/$defs/d"},
        [[[[[[[[[[[["x" * 2000]]]]]]]]]]]],
    ),
    "backtracking": ({"type": "string", "pattern": "^(a+)+$"}, "a" * 60 + "!"),
    "backtracking_keys": (
        {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False},
        {"a" * 60 + "!": 1},
    ),
    "comparisons": ({"uniqueItems": True}, [{"a": number} for number in range(20_000)]),
    "loop": ({"$ref": "#"}, {}),
    "many_items": ({"items": {"type": "integer", "minimum": 0}}, [1] * 200_000),
    "huge_number": ({"multipleOf": 0.1}, 10**400),
    "elsewhere": ({"$ref": "http://127.0.0.1:9/schema.json"}, {}),
    "anchors": ({"$defs": {"a": {"$anchor": "a"}}, "$ref": "#a"}, {}),
    "dynamic": ({"$dynamicRef": "#"}, {}),
    "ids": ({"$defs": {"a": {"$id": "urn:a"}}, "properties": {"x": {"$ref": "urn:a"}}}, {"x": 1}),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", BOMBS)
def test_a_schema_that_would_take_for_ever_is_left_unchecked(name: str) -> None:
    schema, document = BOMBS[name]
    encoded = msgspec.json.encode(schema)
    assert BoundedSchema(schema, encoded).breach(document, 100_000) is None


def test_a_deep_schema_is_left_unchecked() -> None:
    deep: dict[str, Any] = {"type": "integer"}
    for _ in range(5000):
        deep = {"properties": {"a": deep}}
    assert BoundedSchema(deep, b"").breach({"a": 1}, 10) is None


def test_bounds_leave_ordinary_answers_checked() -> None:
    item = {
        "type": "object",
        "properties": {f"p{at}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for at in range(10)},
        "required": [f"p{at}" for at in range(10)],
        "additionalProperties": False,
    }
    rows = [{f"p{at}": None if at % 2 else "text" for at in range(10)} for _ in range(60)]
    assert breach({"type": "array", "items": item}, rows) is None
    assert breach({"type": "array", "items": item}, [*rows, {**rows[0], "p3": 7}]) == ("anyOf", "60.p3")


def test_older_drafts_keep_their_meaning() -> None:
    pair = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "items": [{"type": "integer"}, {"type": "string"}],
    }
    assert breach(pair, [1, "x"]) is None
    assert breach(pair, ["x", 1]) == ("type", "0")
    named = {
        "$id": "https://example.com/s.json",
        "$defs": {"n": {"type": "integer"}},
        "items": {"$ref": "#/$defs/n"},
    }
    assert breach(named, [1, "x"]) == ("type", "1")


def test_the_library_is_loaded_when_it_is_warmed_and_not_before() -> None:
    script = (
        "import sys; from suffice.features import bounded_schema; assert 'jsonschema' not in sys.modules;"
        "bounded_schema.warm(); assert 'jsonschema' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    bounded_schema.warm()

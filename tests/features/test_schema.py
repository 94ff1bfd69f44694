from __future__ import annotations

from typing import Any

from asks import JSON, SCHEMA
from hypothesis import given

from suffice.features.schema import SchemaShape, shape_of


def test_properties_and_depth_are_counted_through_nesting() -> None:
    nested = {
        "type": "object",
        "properties": {"trip": SCHEMA, "kind": {"anyOf": [{"type": "string"}, SCHEMA]}},
    }
    assert shape_of(nested) == SchemaShape(properties=6, depth=3)


def test_one_enumeration_says_how_many_labels_there_are() -> None:
    schema = {"properties": {"label": {"enum": ["a", "b", "c"]}}}
    assert shape_of(schema).labels == 3
    assert shape_of({"properties": {"x": {"enum": [1]}, "y": {"enum": [2]}}}).labels is None


def test_a_deep_or_wide_schema_is_read_to_a_bound() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10_000):
        deep = {"properties": {"x": deep}}
    wide = {"properties": {str(number): {"type": "string"} for number in range(100_000)}}
    assert shape_of(deep).depth <= 2_000
    assert shape_of(wide).properties == 100_000


@given(JSON)
def test_garbage_has_a_shape(schema: object) -> None:
    assert shape_of(schema).properties >= 0

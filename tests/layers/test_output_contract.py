from __future__ import annotations

from typing import Any

from asks import chat

from suffice.features import read
from suffice.layers.output_contract import score


def demand(schema: dict[str, Any], *, strict: bool) -> float:
    form = {"type": "json_schema", "json_schema": {"name": "x", "strict": strict, "schema": schema}}
    found = score(read(chat("Hi", response_format=form))).demand
    assert found is not None
    return found


def test_an_enforced_form_demands_less_and_a_deep_one_more() -> None:
    flat = {"properties": {"a": {"type": "string"}}}
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        deep = {"properties": {"x": deep}}
    assert demand(flat, strict=True) < demand(flat, strict=False) < demand(deep, strict=False) <= 1.0


def test_json_mode_and_grammars_have_a_demand_and_free_text_none() -> None:
    assert score(read(chat("Hi", response_format={"type": "json_object"}))).demand == 0.25
    assert score(read(chat("Hi", response_format={"type": "regex"}))).demand == 0.1
    assert score(read(chat("Hi"))).demand is None

"""The contract of every layer, on ordinary and hostile requests."""

from __future__ import annotations

from typing import Any, cast

import pytest
from asks import APIS, BODIES, SCHEMA, chat, request, tool
from hypothesis import given

from suffice.features import read
from suffice.layers import LAYERS, LEARNED, table
from suffice.testing import check_layer
from suffice.types import ClientApi

SAMPLES = [
    read(sample)
    for sample in (
        chat("Classify this as a, b or c: the parcel is late and nobody answers the phone."),
        chat("Write a 2,000-word essay in detail about the sea and its many moods, please."),
        chat("Hi", tools=[tool(f"t{number}", SCHEMA) for number in range(50)], tool_choice="required"),
        chat(
            "Hi", response_format={"type": "json_schema", "json_schema": {"strict": True, "schema": SCHEMA}}
        ),
        chat(" " * 400_000),
        chat("\x00\ud800<|endoftext|>" * 1000),
        request({}),
        request({"input": []}, api="embeddings"),
    )
]


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_keeps_the_contract(name: str) -> None:
    check_layer(LAYERS[name], SAMPLES)


@given(BODIES, APIS)
def test_every_layer_scores_any_body(body: dict[str, Any], api: str) -> None:
    features = read(request(body, api=cast("ClientApi", api)))
    for layer in LAYERS.values():
        check_layer(layer, [features])


def test_the_table_names_every_layer_and_its_source() -> None:
    rows = table()
    assert [row["name"] for row in rows] == [*LAYERS, *LEARNED]
    assert [int(row["number"]) for row in rows] == sorted({int(row["number"]) for row in rows})
    assert all(row["reads"] and row["source"] and row["summary"].endswith(".") for row in rows)

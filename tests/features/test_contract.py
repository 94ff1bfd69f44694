from __future__ import annotations

from typing import Any

import pytest
from asks import JSON, SCHEMA
from hypothesis import given

from suffice.features.contract import contract_of

CHAT = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}
}
RESPONSES = {"text": {"format": {"type": "json_schema", "name": "x", "strict": True, "schema": SCHEMA}}}


@pytest.mark.parametrize("body", [CHAT, RESPONSES], ids=["chat", "responses"])
def test_a_strict_schema_reads_the_same_in_every_api(body: dict[str, Any]) -> None:
    contract = contract_of(body)
    assert contract is not None
    assert (contract.kind, contract.strict, contract.shape.properties) == ("json_schema", True, 2)


def test_anthropics_form_is_a_schema_too() -> None:
    contract = contract_of({"output_format": {"type": "json_schema", "schema": SCHEMA}})
    assert contract is not None
    assert contract.shape.properties == 2


def test_json_mode_and_grammars_are_told_apart() -> None:
    json_mode = contract_of({"response_format": {"type": "json_object"}})
    grammar = contract_of({"response_format": {"type": "grammar", "value": "root ::= x"}})
    assert json_mode is not None
    assert grammar is not None
    assert (json_mode.kind, grammar.kind) == ("json_object", "grammar")


def test_free_text_has_no_contract() -> None:
    assert contract_of({}) is None
    assert contract_of({"response_format": {"type": "text"}}) is None
    assert contract_of({"text": {"format": {"type": "text"}}}) is None


@given(JSON, JSON)
def test_garbage_is_absent_evidence(response_format: object, text: object) -> None:
    contract = contract_of({"response_format": response_format, "text": text})
    assert contract is None or contract.kind

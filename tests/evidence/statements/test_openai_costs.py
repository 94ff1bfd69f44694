from __future__ import annotations

import json

import pytest

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import Document, opened
from suffice.ledger.statement import Flaw, Line

FORM = FORMATS["openai-costs"]


def document(item: str | None, value: object = 0.06, currency: str = "usd") -> Document:
    result = {
        "object": "organization.costs.result",
        "amount": {"value": value, "currency": currency},
        "line_item": item,
        "project_id": None,
    }
    bucket = {"start_time": 1_793_491_200, "end_time": 1_793_577_600, "results": [result]}
    return opened("f", json.dumps({"object": "page", "data": [bucket]}).encode())


@pytest.mark.parametrize(
    ("item", "model", "charge"),
    [
        ("gpt-5.4-2026-03-05, cached input", "gpt-5.4-2026-03-05", ""),
        ("priority | gpt-5.4, output, long context", "gpt-5.4", ""),
        ("gpt-audio-mini-2025-12-15 audio, input", "gpt-audio-mini-2025-12-15", ""),
        ("web search tool calls", "", "web search tool calls"),
        (None, "", ""),
    ],
)
def test_a_line_item_is_a_model_or_a_charge(item: str | None, model: str, charge: str) -> None:
    assert FORM.recognises(document(item))
    (line,) = FORM.read(document(item))
    assert isinstance(line, Line)
    assert (line.model, line.charge, line.nanos, line.currency) == (model, charge, 60_000_000, "usd")


@pytest.mark.parametrize("value", [None, -1, "x"])
def test_an_amount_that_is_none_is_a_flaw(value: object) -> None:
    (flaw,) = FORM.read(document("gpt-5.4, input", value))
    assert isinstance(flaw, Flaw)

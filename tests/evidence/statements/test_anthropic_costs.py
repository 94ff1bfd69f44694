from __future__ import annotations

import json

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import Document, opened
from suffice.ledger.statement import Line

FORM = FORMATS["anthropic-costs"]


def document(**result: object) -> Document:
    bucket = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z", "results": [result]}
    return opened("f", json.dumps({"data": [bucket]}).encode())


def test_amounts_are_in_cents() -> None:
    made = document(amount="123.78912", currency="USD", cost_type="tokens", model="claude-opus-5")
    assert FORM.recognises(made)
    (line,) = FORM.read(made)
    assert isinstance(line, Line)
    assert (line.nanos, line.currency, line.model, line.charge) == (1_237_891_200, "usd", "claude-opus-5", "")


def test_searches_are_a_charge_of_their_own() -> None:
    (line,) = FORM.read(
        document(
            amount="200", currency="USD", cost_type="web_search", description="Web Search Usage", model=None
        )
    )
    assert isinstance(line, Line)
    assert (line.charge, line.model) == ("Web Search Usage", "")

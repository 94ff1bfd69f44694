from __future__ import annotations

import json

import pytest

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import Document, opened
from suffice.evidence.statements.anthropic_usage import tier_of
from suffice.ledger.statement import Flaw, Line

FORM = FORMATS["anthropic-usage"]
RESULT = {
    "uncached_input_tokens": 1500,
    "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
    "cache_read_input_tokens": 200,
    "output_tokens": 600,
    "server_tool_use": {"web_search_requests": 10},
    "model": "claude-haiku-4-5-20251001",
    "service_tier": "standard",
    "context_window": "0-200k",
    "inference_geo": "global",
}


def document(**changes: object) -> Document:
    bucket = {"starting_at": "2026-11-01T00:00:00Z", "ending_at": "2026-11-02T00:00:00Z"}
    return opened("f", json.dumps({"data": [{**bucket, "results": [{**RESULT, **changes}]}]}).encode())


def test_input_is_put_together_of_its_parts() -> None:
    assert FORM.recognises(document())
    (line,) = FORM.read(document())
    assert isinstance(line, Line)
    assert (line.input_tokens, line.cache_read_tokens) == (3200, 200)
    assert (line.cache_write_tokens, line.cache_write_1h_tokens) == (1500, 1000)
    assert (line.output_tokens, line.requests, line.tier) == (600, None, "standard")


@pytest.mark.parametrize(
    ("result", "tier"),
    [
        ({"service_tier": "batch"}, "batch"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": "priority", "inference_geo": "us"}, "priority+us"),
        ({}, None),
        ({"service_tier": None, "inference_geo": "not_available"}, None),
    ],
)
def test_tiers_have_the_ledgers_names(result: dict[str, object], tier: str | None) -> None:
    assert tier_of(result) == tier


def test_a_time_without_a_zone_is_a_flaw() -> None:
    raw = json.dumps(
        {"data": [{"starting_at": "2026-11-01", "ending_at": "2026-11-02", "results": [RESULT]}]}
    )
    (flaw,) = FORM.read(opened("f", raw.encode()))
    assert isinstance(flaw, Flaw)
    assert "no zone" in flaw.reason

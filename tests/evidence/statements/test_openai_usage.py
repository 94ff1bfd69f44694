from __future__ import annotations

import json

from suffice.evidence.statements import FORMATS
from suffice.evidence.statements._document import Document, opened
from suffice.ledger.statement import Flaw, Line

FORM = FORMATS["openai-usage"]
RESULT = {
    "object": "organization.usage.completions.result",
    "input_tokens": 1000,
    "output_tokens": 500,
    "input_cached_tokens": 800,
    "num_model_requests": 5,
    "model": "gpt-5.4-2026-03-05",
    "batch": False,
    "service_tier": "flex",
    "something_new": {"x": 1},
}


def document(**changes: object) -> Document:
    bucket = {"object": "bucket", "start_time": 1_793_491_200, "end_time": 1_793_577_600}
    return opened("f", json.dumps({"data": [{**bucket, "results": [{**RESULT, **changes}]}]}).encode())


def test_a_result_is_a_line_and_what_is_not_known_is_ignored() -> None:
    assert FORM.recognises(document())
    (line,) = FORM.read(document())
    assert isinstance(line, Line)
    assert (line.model, line.tier, line.requests) == ("gpt-5.4-2026-03-05", "flex", 5)
    assert (line.input_tokens, line.cache_read_tokens, line.output_tokens) == (1000, 800, 500)
    assert line.cache_write_tokens is None
    assert (line.end_ns or 0) - (line.start_ns or 0) == 86_400 * 10**9


def test_batch_is_a_tier_and_null_is_no_tier() -> None:
    (batch,) = FORM.read(document(batch=True, service_tier=None))
    (none,) = FORM.read(document(batch=None, service_tier=None))
    assert isinstance(batch, Line)
    assert isinstance(none, Line)
    assert (batch.tier, none.tier) == ("batch", None)


def test_more_cached_than_sent_is_a_flaw() -> None:
    (flaw,) = FORM.read(document(input_cached_tokens=1001))
    assert isinstance(flaw, Flaw)
    assert "more was cached than sent" in flaw.reason


def test_days_without_any_usage_are_recognised() -> None:
    assert FORM.recognises(opened("f", b'{"data": [{"start_time": 1, "end_time": 2, "results": []}]}'))

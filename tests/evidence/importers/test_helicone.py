from __future__ import annotations

import json
from typing import Any

import pytest
from logs import CHAT, COMPLETION, MESSAGE, helicone
from reading import one_call, read_all

from suffice.evidence.importers._entries import Options


def test_all_that_a_record_has_is_carried_over() -> None:
    call = one_call("helicone", *helicone())
    assert call.id == "5e8b4c0a-2c7d-4f0e-9d7b-2b1f6f0e9f10"
    assert (call.model, call.provider, call.api) == ("gpt-5.4", "openai", "chat_completions")
    assert (call.request, call.response) == (CHAT, COMPLETION)
    assert (call.feature, call.session) == ("triage", "s-1")
    assert (call.cost_nanos, call.duration_ms, call.status) == (340_000, 812.0, 200)
    assert call.usage is not None
    assert call.usage.cache_read_tokens == 64


def test_a_row_of_csv_has_no_answer() -> None:
    (record,) = helicone()
    row = {
        "response_id": record["response_id"],
        "response_created_at": record["response_created_at"],
        "response_status": "200",
        "request_created_at": record["request_created_at"],
        "request_body": json.dumps(CHAT),
        "request_properties": json.dumps(record["request_properties"]),
        "request_user_id": "u-7",
        "model": "gpt-5.4",
        "prompt_tokens": "120",
        "completion_tokens": "8",
        "latency": "812",
        "cost": "0.00034",
    }
    call = one_call("helicone", row)
    assert (call.id, call.response, call.cost_nanos) == (record["response_id"], None, 340_000)
    assert call.usage is not None
    assert call.usage.input_tokens == 120


def test_a_call_of_anthropic_speaks_its_api() -> None:
    body = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    changed = {
        "request_body": body,
        "response_body": MESSAGE,
        "provider": "ANTHROPIC",
        "request_path": "/v1/messages",
    }
    call = one_call("helicone", {**helicone()[0], **changed})
    assert (call.api, call.provider) == ("messages", "anthropic")
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.cache_read_tokens) == (120, 80)


def test_counts_beside_a_cache_are_unknown_without_the_providers_own() -> None:
    record = {**helicone()[0], "response_body": {"choices": []}}
    assert one_call("helicone", record).usage is None


def test_a_cost_of_nothing_is_unknown() -> None:
    assert one_call("helicone", {**helicone()[0], "cost": 0}).cost_nanos is None


@pytest.mark.parametrize(
    ("changed", "became"),
    [
        ({"response_status": 500}, "skipped failed_call"),
        ({"request_body": {"helicone_message": "request body too large"}}, "skipped no_content"),
        ({"request_body": None}, "skipped no_content"),
        (
            {"request_path": "/v1/embeddings", "request_body": {"model": "e", "input": "Hi"}},
            "skipped embedding",
        ),
        (
            {"cache_enabled": True, "cache_reference_id": "5e8b4c0a-2c7d-4f0e-9d7b-2b1f6f0e9f10"},
            "skipped cache_hit",
        ),
        ({"cache_enabled": True, "cache_reference_id": "00000000-0000-0000-0000-000000000000"}, None),
    ],
)
def test_what_is_no_call_is_counted(changed: dict[str, Any], became: str | None) -> None:
    (found,) = read_all("helicone", [{**helicone()[0], **changed}])
    assert (found if isinstance(found, str) else None) == became


def test_any_property_may_name_the_use_case() -> None:
    record = {**helicone()[0], "request_properties": {"Team": "support"}}
    assert one_call("helicone", record, options=Options(feature_field=("team",))).feature == "support"

from __future__ import annotations

import json
from typing import Any

import pytest
from logs import ASKED, COMPLETION, litellm
from reading import one_call, read_all

from suffice.evidence.importers._entries import Options


def test_a_row_of_the_table_is_what_the_client_sent_to_the_model_that_was_called() -> None:
    call = one_call("litellm", litellm()[0])
    assert (call.id, call.model, call.provider) == ("chatcmpl-4e1f9b02", "gpt-5.4", "openai")
    assert call.request == {"model": "gpt-5.4", "messages": ASKED, "temperature": 0}
    assert call.response == COMPLETION
    assert (call.feature, call.session) == ("triage", "s-1")
    assert (call.cost_nanos, call.duration_ms) == (340_000, 1000.0)
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.output_tokens, call.usage.cache_read_tokens) == (120, 8, 64)


def test_a_payload_of_a_bucket_has_messages_and_parameters_apart() -> None:
    call = one_call("litellm", litellm()[1])
    assert call.request == {"model": "gpt-5.4", "messages": ASKED, "temperature": 0, "max_tokens": 50}
    assert (call.feature, call.session, call.duration_ms) == ("triage", "s-2", 750.0)
    assert call.received_ns == 1_795_000_000_250_000_000


def test_a_spend_of_nothing_for_tokens_is_unknown() -> None:
    assert one_call("litellm", litellm()[1]).cost_nanos is None


def test_rows_of_csv_hold_texts() -> None:
    row = {
        name: value if isinstance(value, str) else str(value) if value is not None else ""
        for name, value in litellm()[0].items()
    }
    assert one_call("litellm", row) == one_call("litellm", litellm()[0])


def test_counts_beside_each_other_are_usage_too() -> None:
    row = {**litellm()[0], "metadata": "{}", "response": "{}"}
    call = one_call("litellm", row)
    assert call.response is None
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.output_tokens) == (120, 8)
    assert one_call("litellm", {**row, "prompt_tokens": 0, "completion_tokens": 0}).usage is None


@pytest.mark.parametrize(
    ("changed", "became"),
    [
        ({"call_type": "aembedding"}, "skipped embedding"),
        ({"call_type": "atext_completion"}, "skipped legacy_completion"),
        ({"call_type": "aimage_generation"}, "skipped not_a_call"),
        ({"status": "failure"}, "skipped failed_call"),
        ({"metadata": '{"status": "failure"}'}, "skipped failed_call"),
        ({"cache_hit": "True"}, "skipped cache_hit"),
        ({"proxy_server_request": "{}"}, "skipped no_content"),
        ({"model": "", "model_group": None}, "rejected no_model"),
    ],
)
def test_what_is_no_call_is_counted_or_kept_aside(changed: dict[str, Any], became: str) -> None:
    assert read_all("litellm", [{**litellm()[0], **changed}]) == [became]


def test_redacted_messages_are_no_content() -> None:
    redacted = [{"role": "user", "content": "redacted-by-litellm. litellm.turn_off_message_logging=True"}]
    assert read_all("litellm", [{**litellm()[1], "messages": redacted}]) == ["skipped no_content"]


def test_requests_of_other_apis_stay_as_they_were_sent() -> None:
    sent = {"model": "a", "system": "Sort.", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
    row = {
        **litellm()[0],
        "call_type": "anthropic_messages",
        "custom_llm_provider": "anthropic",
        "model": "claude-haiku-4-5",
        "proxy_server_request": json.dumps({"url": "http://x", "body": sent}),
    }
    call = one_call("litellm", row)
    assert (call.api, call.request) == ("messages", {**sent, "model": "claude-haiku-4-5"})


def test_metadata_of_the_call_names_the_use_case() -> None:
    assert one_call("litellm", litellm()[0], options=Options(feature_field=("team",))).feature == "support"

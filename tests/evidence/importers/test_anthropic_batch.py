from __future__ import annotations

import pytest
from logs import ASKED_CLAUDE, MESSAGE, anthropic_batch
from reading import one_call, read_all


def test_requests_and_results_are_joined_and_priced_as_a_batch() -> None:
    asked, answered = anthropic_batch()
    call = one_call("anthropic-batch", answered, asked)
    assert (call.id, call.api, call.model) == (MESSAGE["id"], "messages", "claude-haiku-4-5")
    assert (call.request, call.response) == (ASKED_CLAUDE, MESSAGE)
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.cache_read_tokens, call.usage.service_tier) == (
        120,
        80,
        "batch",
    )


def test_requests_one_a_line_are_the_same() -> None:
    asked, answered = anthropic_batch()
    assert one_call("anthropic-batch", *asked["requests"], answered) == one_call(
        "anthropic-batch", asked, answered
    )


@pytest.mark.parametrize("kind", ["errored", "canceled", "expired"])
def test_what_did_not_succeed_is_counted(kind: str) -> None:
    asked, answered = anthropic_batch()
    failed = {**answered, "result": {"type": kind, "error": {}}}
    assert read_all("anthropic-batch", [asked, failed]) == ["skipped failed_call"]


def test_the_tier_of_the_message_comes_first() -> None:
    asked, answered = anthropic_batch()
    message = {**MESSAGE, "usage": {**MESSAGE["usage"], "service_tier": "priority"}}  # type: ignore[dict-item] -- a dict
    call = one_call(
        "anthropic-batch", asked, {**answered, "result": {"type": "succeeded", "message": message}}
    )
    assert call.usage is not None
    assert call.usage.service_tier == "priority"


def test_lines_that_are_neither_are_kept_aside() -> None:
    assert read_all("anthropic-batch", [{"custom_id": "a"}, {"requests": [7]}]) == [
        "rejected no_batch_line",
        "rejected no_custom_id",
    ]

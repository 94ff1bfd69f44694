from __future__ import annotations

from logs import CHAT, COMPLETION, openai_batch
from reading import one_call, read_all


def test_input_and_output_are_joined_and_priced_as_a_batch() -> None:
    asked, answered = openai_batch()
    call = one_call("openai-batch", answered, asked)
    assert call == one_call("openai-batch", asked, answered)
    assert (call.id, call.model, call.api) == (COMPLETION["id"], "gpt-5.4", "chat_completions")
    assert (call.request, call.response) == (CHAT, COMPLETION)
    assert call.usage is not None
    assert (call.usage.input_tokens, call.usage.service_tier) == (120, "batch")


def test_failed_and_embedded_lines_are_counted() -> None:
    asked, answered = openai_batch()
    expired = {**answered, "response": None, "error": {"code": "batch_expired"}}
    assert read_all("openai-batch", [asked, expired]) == ["skipped failed_call"]
    refused = {**answered, "response": {"status_code": 400, "body": {"error": {}}}}
    assert read_all("openai-batch", [asked, refused]) == ["skipped failed_call"]
    embedding = {**asked, "url": "/v1/embeddings", "body": {"model": "e", "input": "Hi"}}
    assert read_all("openai-batch", [embedding, answered]) == ["skipped embedding"]


def test_one_side_alone_or_twice_is_kept_aside() -> None:
    asked, answered = openai_batch()
    other = {**asked, "body": {**CHAT, "seed": 1}}
    for records, code in (
        ([asked], "no_output"),
        ([answered], "no_input"),
        ([asked, other, answered], "ambiguous_custom_id"),
        ([{**asked, "custom_id": ""}], "no_custom_id"),
        ([{"custom_id": "a"}], "no_batch_line"),
    ):
        (said,) = read_all("openai-batch", records)
        assert isinstance(said, str)
        assert said.startswith(f"rejected {code}")
    assert len(read_all("openai-batch", [asked, asked, answered])) == 1

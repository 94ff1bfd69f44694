"""LiteLLM's spend logs: rows of its table LiteLLM_SpendLogs (JSON, CSV or Parquet), or its logging to S3 or GCS.

The table has messages and responses only where `store_prompts_in_spend_logs` is on; its columns are those of
https://docs.litellm.ai/docs/proxy/cost_tracking and of `schema.prisma`. A bucket has one object a call, the standard
logging payload: https://docs.litellm.ai/docs/proxy/logging_spec. The request is what the client sent
(`proxy_server_request`) where that is stored, else the messages and model parameters. A spend of 0 for tokens that were
used means that LiteLLM had no price: then ours counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    SkippedError,
    UnreadableError,
    decoded,
    feature_of,
    first,
    identity,
    itself,
    mapping,
    number,
    provider_named,
    text,
    time_ns,
    tokens,
    usd_nanos,
    whole,
)
from suffice.evidence.importers._pairs import Known, call_of
from suffice.types import ClientApi, LoggedCall, Usage

TITLE = "LiteLLM spend logs (table, S3 or GCS)"
SOURCE = "https://docs.litellm.ai/docs/proxy/logging_spec"

expand, join = itself, whole
_MARKS = frozenset({"call_type", "custom_llm_provider", "spend", "response_cost", "model_group"})
_CALLS: Mapping[str, ClientApi] = {
    "completion": "chat_completions",
    "acompletion": "chat_completions",
    "responses": "responses",
    "aresponses": "responses",
    "anthropic_messages": "messages",
}
_SKIPPED: Mapping[str, str] = {
    "embedding": "embedding",
    "aembedding": "embedding",
    "text_completion": "legacy_completion",
    "atext_completion": "legacy_completion",
}
_GUESSED = frozenset({"", "pass_through_endpoint", "allm_passthrough_route"})
_PARAMETERS_OF_OURS = frozenset({"extra_body", "api_base", "user", "metadata"})


def recognises(record: Entry) -> bool:
    """Tells whether a record is a row of the spend logs or a standard logging payload."""
    return len(_MARKS & record.keys()) >= 2


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a row.

    Raises:
        UnreadableError: It cannot be read.
        SkippedError: It failed, was answered by LiteLLM's cache, is no chat, or was logged without its prompt.
    """
    metadata = mapping(entry.get("metadata"))
    api = _api(text(entry.get("call_type")))
    if "failure" in (entry.get("status"), metadata.get("status")) or entry.get("error_str"):
        raise SkippedError("failed_call")
    if str(entry.get("cache_hit")).lower() == "true":
        raise SkippedError("cache_hit")
    model = _model(entry)
    if not model:
        raise UnreadableError("no_model")
    answer = decoded(entry.get("response"))
    started, ended = time_ns(entry.get("startTime")), time_ns(entry.get("endTime"))
    usage = _usage(entry, metadata, answer)
    spend = usd_nanos(first(entry, "spend", "response_cost"))
    known = Known(
        id=identity(entry, entry.get("request_id"), entry.get("id")),
        source="litellm",
        api=api,
        provider=provider_named(entry.get("custom_llm_provider")),
        received_ns=started,
        feature=feature_of(
            options, entry, metadata, metadata.get("requester_metadata"), metadata.get("spend_logs_metadata"),
            decoded(entry.get("request_tags")),
        ),
        session=text(first(entry, "session_id", "trace_id")),
        usage=usage,
        cost_nanos=spend or None,
        duration_ms=_duration_ms(entry, started, ended),
    )  # fmt: skip
    return call_of(_request(entry, model), None if answer in ({}, []) else answer, known)


def _api(call_type: str) -> ClientApi | None:
    if call_type in _SKIPPED:
        raise SkippedError(_SKIPPED[call_type])
    if call_type not in _CALLS and call_type not in _GUESSED:
        raise SkippedError("not_a_call")
    return _CALLS.get(call_type)


def _model(entry: Entry) -> str:
    """The model that was called: an alias of the proxy says nothing outside of it."""
    model, provider = text(entry.get("model")), text(entry.get("custom_llm_provider"))
    return (model.removeprefix(f"{provider}/") if provider else model) or text(entry.get("model_group"))


def _request(entry: Entry, model: str) -> dict[str, Any]:
    sent = mapping(entry.get("proxy_server_request"))
    sent = mapping(sent.get("body")) or sent
    if sent.get("messages") or sent.get("input"):
        return {**sent, "model": model}
    messages = decoded(entry.get("messages"))
    if isinstance(messages, dict):
        messages = messages.get("messages", [messages] if messages.get("content") else None)
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}] if messages else None
    if not messages or _redacted(messages):
        raise SkippedError("no_content")
    parameters = mapping(entry.get("model_parameters"))
    kept = {name: value for name, value in parameters.items() if name not in _PARAMETERS_OF_OURS}
    return {**kept, "model": model, "messages": messages}


def _redacted(messages: object) -> bool:
    return isinstance(messages, list) and all(
        isinstance(one, dict) and text(one.get("content")).startswith("redacted-by-litellm")
        for one in messages
    )


def _usage(entry: Entry, metadata: Entry, answer: object) -> Usage | None:
    of_answer = answer.get("usage") if isinstance(answer, dict) else None
    said = mapping(metadata.get("usage_object")) or mapping(of_answer)
    if not said and not (number(entry.get("prompt_tokens")) or number(entry.get("completion_tokens"))):
        return None
    given, made = mapping(said.get("prompt_tokens_details")), mapping(said.get("completion_tokens_details"))
    tier = first(entry, "service_tier") or (answer.get("service_tier") if isinstance(answer, dict) else None)
    return tokens(
        first(said, "prompt_tokens", "input_tokens") if said else entry.get("prompt_tokens"),
        first(said, "completion_tokens", "output_tokens") if said else entry.get("completion_tokens"),
        cached=first(given, "cached_tokens") or said.get("cache_read_input_tokens"),
        written=said.get("cache_creation_input_tokens"),
        reasoning=made.get("reasoning_tokens"),
        tier=tier if isinstance(tier, str) else None,
    )


def _duration_ms(entry: Entry, started: int | None, ended: int | None) -> float | None:
    said = number(entry.get("request_duration_ms"))
    if said is not None or started is None or ended is None or ended < started:
        return said
    return (ended - started) / 1_000_000

"""Helicone's export of requests, as JSON lines, one JSON array or CSV, with bodies (`--include-body`).

A record has request_body, response_body, response_status, request_path, provider, request_properties and counts. CSV
exports of the tool have no response bodies: such calls come without an answer. Session and use case are properties of
the request. Documented at https://docs.helicone.ai/tools/export.
"""

from __future__ import annotations

from typing import Any

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    SkippedError,
    api_of_path,
    count,
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
from suffice.ledger.usage import read_usage
from suffice.types import ClientApi, LoggedCall, Usage

TITLE = "Helicone export of requests"
SOURCE = "https://docs.helicone.ai/tools/export"

expand, join = itself, whole
_MARKS = frozenset({"request_created_at", "response_created_at", "request_properties", "request_path"})
_SESSION = ("Helicone-Session-Id", "helicone-session-id", "Helicone-Session-ID")


def recognises(record: Entry) -> bool:
    """Tells whether a record is one of Helicone's."""
    return len(_MARKS & record.keys()) >= 2


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a record.

    Raises:
        UnreadableError: It cannot be read.
        SkippedError: It failed, was answered by Helicone's cache, is no chat, or was exported without bodies.
    """
    body, answer = mapping(entry.get("request_body")), decoded(entry.get("response_body"))
    if not (body.get("messages") or body.get("input") or body.get("prompt")):
        raise SkippedError("no_content")
    if str(entry.get("cache_enabled")).lower() == "true" and text(entry.get("cache_reference_id")).strip(
        "0-"
    ):
        raise SkippedError("cache_hit")
    properties = mapping(first(entry, "request_properties", "properties"))
    api = api_of_path(first(entry, "request_path", "target_url"))
    known = Known(
        id=identity(entry, entry.get("request_id"), entry.get("response_id")),
        source="helicone",
        api=api,
        provider=provider_named(entry.get("provider")),
        model=text(first(entry, "request_model", "model", "response_model")),
        received_ns=time_ns(entry.get("request_created_at")),
        feature=feature_of(options, entry, properties, body.get("metadata")),
        session=next((text(properties.get(name)) for name in _SESSION if properties.get(name)), ""),
        usage=_usage(entry, answer, api),
        cost_nanos=usd_nanos(first(entry, "cost", "costUSD")) or None,
        status=count(entry.get("response_status")),
        duration_ms=number(first(entry, "delay_ms", "latency")),
    )
    return call_of(body, _response(answer), known)


def _response(answer: Any) -> Any:
    # Without the tool's --include-body these hold a remark of Helicone's and no answer.
    if isinstance(answer, dict) and not answer.keys() & {"choices", "content", "output", "error"}:
        return None
    return answer


def _usage(entry: Entry, answer: Any, api: ClientApi | None) -> Usage | None:
    if isinstance(answer, dict) and answer.get("usage"):
        said: ClientApi = api or ("messages" if answer.get("type") == "message" else "chat_completions")
        tier = answer.get("service_tier")
        found = read_usage(said, answer["usage"], service_tier=tier if isinstance(tier, str) else None)
        if found is not None:
            return found
    cached, written = (
        count(entry.get("prompt_cache_read_tokens")),
        count(entry.get("prompt_cache_write_tokens")),
    )
    if cached or written:
        # Whether Helicone's prompt_tokens hold these depends on the provider and the year: unknown.
        return None
    return tokens(entry.get("prompt_tokens"), entry.get("completion_tokens"))

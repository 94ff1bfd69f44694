"""OpenTelemetry GenAI spans, as the OTLP JSON file exporter writes them: one export a line.

Prompts and answers are read from the span's attributes, its events, or log records of the same span (all conventions of
`_genai_messages`); spans and their log records are joined by trace and span id, also across files. Spans that are no
chat are counted, and so are those whose content was not recorded. The file format:
https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/; the conventions:
https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    SkippedError,
    UnreadableError,
    feature_of,
    first,
    provider_named,
    text,
    tokens,
)
from suffice.evidence.importers._genai_messages import Content, content_of
from suffice.evidence.importers._pairs import Known, call_of
from suffice.evidence.importers._spans import logs, spans
from suffice.types import LoggedCall

TITLE = "OpenTelemetry GenAI spans (OTLP JSON lines)"
SOURCE = "https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/"

DETAILS = "gen_ai.client.inference.operation.details"
"""The event that holds the whole content in the current convention."""

_CHAT = frozenset({"chat", "generate_content", ""})
_EMBEDDING = frozenset({"embeddings", "embedding"})
_PARAMETERS = {
    "gen_ai.request.temperature": "temperature",
    "gen_ai.request.top_p": "top_p",
    "gen_ai.request.max_tokens": "max_tokens",
    "gen_ai.request.presence_penalty": "presence_penalty",
    "gen_ai.request.frequency_penalty": "frequency_penalty",
    "gen_ai.request.seed": "seed",
    "gen_ai.request.stop_sequences": "stop",
    "gen_ai.request.choice.count": "n",
}
_SESSIONS = ("gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id")


def recognises(record: Entry) -> bool:
    """Tells whether a record is an export of spans or log records."""
    return isinstance(record.get("resourceSpans"), list) or isinstance(record.get("resourceLogs"), list)


def expand(record: Entry) -> Iterable[Entry]:
    """Yields the spans and log records of a line."""
    return [*spans(record), *logs(record)]


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a span, or a part: a span whose content is elsewhere, a log record of a span.

    Raises:
        UnreadableError: It names no model, or has no id.
        SkippedError: It is no chat, failed, or its content was not recorded.
    """
    attributes = entry["attributes"]
    if not any(name.startswith(("gen_ai.", "llm.")) for name in attributes) and not entry["name"].startswith(
        "gen_ai."
    ):
        raise SkippedError("not_a_call")
    operation = text(first(attributes, "gen_ai.operation.name", "llm.request.type")).lower()
    if operation in _EMBEDDING:
        raise SkippedError("embedding")
    if operation not in _CHAT:
        raise SkippedError("legacy_completion" if "completion" in operation else "not_a_call")
    if not entry["trace"] or not entry["span"]:
        raise UnreadableError("no_span_id")
    key = f"{entry['trace']}-{entry['span']}"
    if entry["kind"] == "log":
        return Part(key=key, kind="log", entry=entry)
    if entry["failed"] or attributes.get("error.type"):
        raise SkippedError("failed_call")
    content = content_of(attributes, entry["events"])
    if content.messages:
        return _call(entry, content, key, options)
    if entry.get("joined"):
        raise SkippedError("no_content")
    return Part(key=key, kind="span", entry=entry)


def join(parts: Sequence[Part]) -> Iterable[Entry]:
    """Yields the span with what its log records say; a details event stands for itself where the span is not there."""
    span = next((part.entry for part in parts if part.kind == "span"), None)
    records = [part.entry for part in parts if part.kind == "log"]
    details = next((one for one in records if one["name"] == DETAILS), None)
    if span is None:
        if details is None:
            raise UnreadableError("no_span: import the spans together with their log records")
        span = {**details, "kind": "span", "end_ns": None, "failed": False, "events": []}
    said = details["attributes"] if details else {}
    return [
        {
            **span,
            "joined": True,
            "attributes": {**span["attributes"], **said},
            "events": [*span["events"], *records],
        }
    ]


def _call(entry: Entry, content: Content, key: str, options: Options) -> LoggedCall:
    found: dict[str, Any] = entry["attributes"]
    asked = text(first(found, "gen_ai.request.model", "gen_ai.response.model"))
    if not asked:
        raise UnreadableError("no_model")
    body: dict[str, Any] = {"model": asked, "messages": content.messages}
    body |= {name: found[key] for key, name in _PARAMETERS.items() if found.get(key) is not None}
    if content.tools:
        body["tools"] = content.tools
    answer = {
        "id": text(found.get("gen_ai.response.id")) or key,
        "object": "chat.completion",
        "model": text(found.get("gen_ai.response.model")) or asked,
        "choices": content.choices,
    }
    start, end = entry["start_ns"], entry["end_ns"]
    known = Known(
        id=key,
        source="otel",
        api="chat_completions",
        provider=provider_named(first(found, "gen_ai.provider.name", "gen_ai.system")),
        received_ns=start,
        feature=feature_of(options, found, _nested(found, "traceloop.association.properties.")),
        session=next((text(found[name]) for name in _SESSIONS if text(found.get(name))), ""),
        usage=tokens(
            first(found, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
            first(found, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
            cached=first(
                found, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"
            ),
            written=first(
                found, "gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"
            ),
            reasoning=first(found, "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"),
            tier=text(first(found, "openai.response.service_tier", "gen_ai.openai.response.service_tier"))
            or None,
        ),
        duration_ms=(end - start) / 1e6 if start and end and end >= start else None,
    )
    return call_of(body, answer if content.choices else None, known)


def _nested(found: Entry, prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}

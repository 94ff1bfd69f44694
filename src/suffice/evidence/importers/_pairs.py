"""Requests beside their responses: which API they speak, and the call that they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    SkippedError,
    UnreadableError,
    count,
    decoded,
    feature_of,
    first,
    identity,
    number,
    provider_named,
    text,
    time_ns,
    usd_nanos,
)
from suffice.types import ClientApi, LoggedCall, Usage

REQUEST = ("request", "request_body", "req", "input_body")
RESPONSE = ("response", "response_body", "resp", "completion", "output_body")

_BLOCKS = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "document"})
_OBJECTS: Mapping[str, ClientApi] = {"chat.completion": "chat_completions", "response": "responses"}
_NOT_CHAT = frozenset({"text_completion", "list", "chat.completion.chunk", "moderation", "error"})


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a log says about a call outside of its two bodies."""

    id: str
    source: str
    api: ClientApi | None = None
    provider: str = ""
    model: str = ""
    received_ns: int | None = None
    feature: str = "untagged"
    session: str = ""
    expected: Any = None
    usage: Usage | None = None
    cost_nanos: int | None = None
    status: int | None = None
    duration_ms: float | None = None


def call_of(request: object, response: object, known: Known) -> LoggedCall:
    """Returns the call of two bodies.

    Args:
        request: The body, or JSON text of it.
        response: The body, JSON text of it, the answer as plain text, or nothing.
        known: What the log says beside them.

    Raises:
        UnreadableError: There is no request, it names no model, or the response is no response.
        SkippedError: The call failed, or is no chat.
    """
    body, answer = decoded(request), answered(response)
    if known.status is not None and known.status >= 400:
        raise SkippedError("failed_call")
    if not isinstance(body, dict) or not body:
        raise UnreadableError("no_request")
    # An answer as plain text says nothing of the API: the request does, and the answer is put into its shape.
    api = known.api or api_of(body, answer if isinstance(answer, dict) else None)
    answer = _answer(answer, api)
    _check(body, answer, api)
    model = text(body.get("model")) or known.model or (text(answer.get("model")) if answer else "")
    if not model:
        raise UnreadableError("no_model")
    return LoggedCall(
        id=known.id,
        source=known.source,
        model=model,
        request=body if body.get("model") == model else {**body, "model": model},
        response=answer,
        api=api,
        provider=known.provider,
        received_ns=_received_ns(known.received_ns, answer),
        feature=known.feature,
        session=known.session,
        expected=known.expected,
        usage=known.usage,
        cost_nanos=known.cost_nanos,
        status=known.status,
        duration_ms=known.duration_ms,
    )


def sides(entry: Entry) -> tuple[Any, Any]:
    """Returns the request and the response of an entry that has them side by side, each `None` if it is not there.

    An entry that is itself a request is its own request.
    """
    request = first(entry, *REQUEST)
    response = first(entry, *RESPONSE)
    if request is None and is_request(entry):
        request = {name: value for name, value in entry.items() if name not in RESPONSE}
    return decoded(request), answered(response)


def answered(response: object) -> Any:
    """Returns the body of a response that was logged as text; anything else as it is, an answer that is JSON too.

    >>> answered('{"choices": []}'), answered('{"label": "spam"}')
    ({'choices': []}, '{"label": "spam"}')
    """
    found = decoded(response)
    if not isinstance(response, str):
        return found
    body = found if isinstance(found, dict) else {}
    named = text(body.get("object")) or body.get("type") in {"message", "error"} or body.get("error")
    listed = any(isinstance(body.get(name), list) for name in ("choices", "output", "content"))
    return body if named or listed else response


def is_request(body: object) -> bool:
    """Tells whether this is the body of a request for an answer."""
    return (
        isinstance(body, dict)
        and "model" in body
        and (isinstance(body.get("messages"), list) or isinstance(body.get("input"), list | str))
    )


def pair(entry: Entry, options: Options, *, source: str) -> LoggedCall:
    """Returns the call of an entry that has request and response side by side.

    Args:
        entry: With `request`, mostly `response`, and what else the log has.
        options: What the operator says about the log.
        source: The importer.

    Raises:
        UnreadableError: It cannot be read.
        SkippedError: It is no call that could be asked again.
    """
    if entry.get("error"):
        raise SkippedError("failed_call")
    request, response = sides(entry)
    answer_id = response.get("id") if isinstance(response, dict) else None
    asked = request if isinstance(request, dict) else {}
    seconds = number(first(entry, "duration_s", "latency_s"))
    known = Known(
        id=identity(entry, first(entry, "id", "request_id"), answer_id),
        source=source,
        provider=provider_named(entry.get("provider")),
        model=text(entry.get("model")),
        received_ns=time_ns(
            first(entry, "timestamp", "created_at", "received_at", "time", "ts", "start_time")
        ),
        feature=feature_of(options, entry, entry.get("metadata"), asked.get("metadata"), entry.get("tags")),
        session=text(first(entry, "session", "session_id", "conversation_id")),
        expected=entry.get("expected"),
        cost_nanos=usd_nanos(first(entry, "cost_usd", "cost")),
        status=count(first(entry, "status_code", "status")),
        duration_ms=number(first(entry, "duration_ms", "latency_ms")) if seconds is None else seconds * 1000,
    )
    return call_of(request, response, known)


def api_of(body: Entry, answer: Entry | None) -> ClientApi:
    """Returns the client API that two bodies are written for.

    >>> api_of({"input": "Hi"}, None), api_of({"messages": []}, {"type": "message"})
    ('responses', 'messages')
    """
    if answer is not None:
        if answer.get("type") == "message":
            return "messages"
        named = _OBJECTS.get(text(answer.get("object")))
        if named is not None:
            return named
    if "messages" not in body:
        return "embeddings" if "embed" in text(body.get("model")) else "responses"
    return "messages" if _anthropic(body) else "chat_completions"


def _anthropic(body: Entry) -> bool:
    if "system" in body or text(body.get("model")).startswith("claude"):
        return True
    tools = body.get("tools")
    if isinstance(tools, list) and any(isinstance(tool, dict) and "input_schema" in tool for tool in tools):
        return True
    messages = body.get("messages")
    return isinstance(messages, list) and any(
        isinstance(part, dict) and part.get("type") in _BLOCKS
        for message in messages
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )


def _answer(answer: object, api: ClientApi) -> dict[str, Any] | None:
    if answer is None or answer in ("", {}, []):
        return None
    if isinstance(answer, str):
        return said(answer, api)
    if not isinstance(answer, dict):
        raise UnreadableError("unreadable_response")
    return answer


def _check(body: Entry, answer: Entry | None, api: ClientApi) -> None:
    if api == "embeddings":
        raise SkippedError("embedding")
    if answer is not None:
        if answer.get("error") or answer.get("type") == "error":
            raise SkippedError("failed_call")
        if (kind := text(answer.get("object"))) in _NOT_CHAT:
            raise SkippedError("embedding" if kind == "list" else "not_a_call")
    if "messages" in body:
        if not isinstance(body["messages"], list):
            raise UnreadableError("unreadable_messages")
        if not body["messages"]:
            raise SkippedError("no_content")
    elif "input" not in body and "prompt" in body:
        # The completions API of before 2023: no client API of ours speaks it.
        raise SkippedError("legacy_completion")
    elif not body.get("input"):
        raise UnreadableError("no_messages")


def said(answer: str, api: ClientApi = "chat_completions") -> dict[str, Any]:
    """Returns the response of an API whose answer is this text."""
    if api == "messages":
        content = [{"type": "text", "text": answer}]
        return {"type": "message", "role": "assistant", "content": content, "stop_reason": "end_turn"}
    if api == "responses":
        part = {"type": "output_text", "text": answer}
        output = [{"type": "message", "role": "assistant", "content": [part]}]
        return {"object": "response", "status": "completed", "output": output}
    message = {"role": "assistant", "content": answer}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }


def _received_ns(known: int | None, answer: Entry | None) -> int | None:
    return known if known is not None or answer is None else time_ns(first(answer, "created", "created_at"))

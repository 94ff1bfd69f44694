"""OpenAI's stored chat completions, as its list endpoint gives them, with their messages.

A completion (`"object": "chat.completion"`) holds the answer and the parameters, not the prompt: that is what
`GET /chat/completions/{id}/messages` gives, a list of messages whose ids are the completion's and a number. Both kinds
of lists are read and joined by the id, from one file or several, in any order; so is a completion that a script has
put its `messages` (or `input`) into. Documented at https://platform.openai.com/docs/api-reference/chat/list and
https://platform.openai.com/docs/api-reference/chat/getMessages.
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
    text,
)
from suffice.evidence.importers._pairs import Known, call_of
from suffice.types import LoggedCall

TITLE = "OpenAI stored chat completions with their messages"
SOURCE = "https://platform.openai.com/docs/api-reference/chat/list"

_PARAMETERS = (
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "seed", "tools", "tool_choice",
    "response_format", "max_completion_tokens", "max_tokens", "reasoning_effort", "metadata",
)  # fmt: skip


def recognises(record: Entry) -> bool:
    """Tells whether a record is a stored completion, one of its messages, or a list of either."""
    if record.get("object") == "list":
        data = record.get("data")
        return isinstance(data, list) and any(isinstance(one, dict) and recognises(one) for one in data[:3])
    if record.get("object") == "chat.completion":
        return True
    return _is_message(record)


def _is_message(record: Entry) -> bool:
    return (
        text(record.get("id")).startswith("chatcmpl-")
        and "role" in record
        and ("content" in record or "content_parts" in record)
    )


def expand(record: Entry) -> Iterable[Entry]:
    """Yields the items of a list, or the record itself."""
    if record.get("object") == "list" and isinstance(record.get("data"), list):
        return [one if isinstance(one, dict) else {"item": one} for one in record["data"]]
    return (record,)


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a completion that has its messages, or one side of it.

    Raises:
        UnreadableError: It is neither a completion nor a message.
        SkippedError: The call failed.
    """
    if _is_message(entry):
        completion, _, _ = text(entry["id"]).rpartition("-")
        return Part(key=completion, kind="message", entry=entry)
    id_ = text(entry.get("id"))
    if entry.get("object") != "chat.completion" or not id_:
        raise UnreadableError("no_completion")
    messages = first(entry, "messages", "input")
    if messages is None:
        return Part(key=id_, kind="completion", entry=entry)
    if not isinstance(messages, list):
        raise UnreadableError("unreadable_messages")
    request = {"model": entry.get("model"), "messages": messages, **_parameters(entry)}
    answer = {name: value for name, value in entry.items() if name not in {"messages", "input", *_PARAMETERS}}
    known = Known(
        id=id_,
        source="openai-stored",
        api="chat_completions",
        feature=feature_of(options, entry, entry.get("metadata")),
    )
    return call_of(request, answer, known)


def join(parts: Sequence[Part]) -> Iterable[Entry]:
    """Yields the completion with its messages.

    Raises:
        UnreadableError: Messages have no completion.
        SkippedError: A completion has no messages.
    """
    completion = next((part.entry for part in parts if part.kind == "completion"), None)
    messages = {text(part.entry.get("id")): part.entry for part in parts if part.kind == "message"}
    if completion is None:
        raise UnreadableError("no_completion: import the completions together with their messages")
    if not messages:
        raise SkippedError("no_content")
    ordered = sorted(messages.items(), key=lambda named: _place(named[0]))
    return [{**completion, "messages": [_message(message) for _, message in ordered]}]


def _place(id_: str) -> int:
    number = id_.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _message(stored: Entry) -> dict[str, Any]:
    kept = {
        name: value
        for name, value in stored.items()
        if name not in {"id", "content_parts"} and value is not None
    }
    if stored.get("content_parts"):
        kept["content"] = stored["content_parts"]
    return kept


def _parameters(entry: Entry) -> dict[str, Any]:
    return {name: entry[name] for name in _PARAMETERS if entry.get(name) not in (None, {}, [])}

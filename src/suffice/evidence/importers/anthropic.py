"""Anthropic-style requests beside their responses, one JSON object a line.

A line has `request` (the body of the Messages API) and mostly `response` (a message object), and may have what the
`openai` format may. The bodies are those of the Anthropic API reference: https://docs.claude.com/en/api/messages.
"""

from __future__ import annotations

from suffice.evidence.importers._entries import Entry, Options, Part, itself, whole
from suffice.evidence.importers._pairs import api_of, is_request, pair, sides
from suffice.types import LoggedCall

TITLE = "Anthropic-style requests and responses, one pair a line"
SOURCE = "https://docs.claude.com/en/api/messages"

expand, join = itself, whole
_OTHERS = frozenset(
    {"custom_id", "call_type", "request_created_at", "trace_id", "traceId", "spend", "object"}
)


def recognises(record: Entry) -> bool:
    """Tells whether a record is a pair, or a request, of the Messages API."""
    if _OTHERS & record.keys():
        return False
    request, response = sides(record)
    if not is_request(request):
        return False
    return api_of(request, response if isinstance(response, dict) else None) == "messages"


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a pair.

    Raises:
        UnreadableError: It cannot be read.
        SkippedError: It is no call that could be asked again.
    """
    return pair(entry, options, source="anthropic")

"""OpenAI-style requests beside their responses, one JSON object a line; recorded weeks are in this form too.

A line has `request` (the body of a chat completion or of the Responses API) and mostly `response`, or is itself a
request. Beside them it may have id, timestamp, feature, session, expected, cost_usd, status and duration_ms. The bodies
are those of the OpenAI API reference: https://platform.openai.com/docs/api-reference/chat/create and
https://platform.openai.com/docs/api-reference/responses/create.
"""

from __future__ import annotations

from suffice.evidence.importers._entries import Entry, Options, Part, itself, whole
from suffice.evidence.importers._pairs import api_of, is_request, pair, sides
from suffice.types import LoggedCall

TITLE = "OpenAI-style requests and responses, one pair a line; also a recorded week"
SOURCE = "https://platform.openai.com/docs/api-reference/chat/create"

expand, join = itself, whole
_ASKS = frozenset({"messages", "input", "prompt"})
_OTHERS = frozenset(
    {"custom_id", "call_type", "request_created_at", "trace_id", "traceId", "spend", "object"}
)


def recognises(record: Entry) -> bool:
    """Tells whether a record is a pair, or a request, of an OpenAI-style API."""
    if _OTHERS & record.keys():
        return False
    request, response = sides(record)
    if not (is_request(request) or (isinstance(request, dict) and _ASKS & request.keys())):
        return False
    return api_of(request, response if isinstance(response, dict) else None) != "messages"


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the call of a pair.

    Raises:
        UnreadableError: It cannot be read.
        SkippedError: It is no call that could be asked again.
    """
    return pair(entry, options, source="openai")

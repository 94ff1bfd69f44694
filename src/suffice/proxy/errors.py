"""Our errors as HTTP: the status, and the body in the client API's own shape. The only such map.

Sources: OpenAI API reference, "Error codes"; Anthropic API reference, "Errors".
"""

from __future__ import annotations

import msgspec

from suffice.errors import RequestError, UpstreamError
from suffice.types import WireFormat
from suffice.upstream.connection import Headers

_OPENAI_TYPES = {
    401: "authentication_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "insufficient_quota",
    431: "request_too_large",
}
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}


def status_of(error: RequestError | UpstreamError) -> int:
    """Returns the HTTP status to answer with."""
    return error.status


def headers_of(error: RequestError | UpstreamError) -> Headers:
    """Returns headers that say when to try again: the vendors' SDKs do not before, whatever the status is."""
    if isinstance(error, UpstreamError) or error.retry_after_s is None:
        return []
    return [(b"retry-after", b"%d" % error.retry_after_s), (b"x-should-retry", b"false")]


def body_of(error: RequestError | UpstreamError, wire: WireFormat, decision_id: str) -> bytes:
    """Returns the JSON body in the shape that the client's SDK parses.

    Args:
        error: What happened.
        wire: Whose client asks.
        decision_id: Named as the request id, to find the request in the ledger.
    """
    status = status_of(error)
    message = f"suffice: {error.message}"
    if wire == "anthropic":
        kind = _ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
        detail: dict[str, object] = {"type": kind, "message": message}
        return msgspec.json.encode({"type": "error", "error": detail, "request_id": decision_id})
    kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return msgspec.json.encode(
        {"error": {"message": message, "type": kind, "param": None, "code": error.code}}
    )

"""Errors in the shape of the API that was called."""

from __future__ import annotations

import hashlib

import msgspec

from suffice.testing.replay_upstream.reply import Headers, Reply, provider_headers, whole

_OPENAI_KINDS = {429: ("requests", "rate_limit_exceeded"), 404: ("invalid_request_error", "not_found")}
_ANTHROPIC_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_MESSAGES = {
    401: "Incorrect API key provided.",
    429: "Rate limit reached for requests. Please try again in 20ms.",
    500: "The server had an error while processing your request. Sorry about that!",
    503: "The engine is currently overloaded, please try again later.",
    529: "Overloaded",
}


def error_reply(api: str, status: int, message: str = "", *, code: str | None = None) -> Reply:
    """Returns an error as the provider of the API would answer.

    Args:
        api: A client API; `messages` is Anthropic's, every other OpenAI's.
        status: 400 to 599.
        message: In words; if empty, what the provider says with this status.
        code: OpenAI's `code`; if absent, the one that goes with the status, if there is one.
    """
    message = message or _MESSAGES.get(status, f"The request failed with status {status}.")
    seed = hashlib.sha1(f"{api} {status} {message}".encode(), usedforsecurity=False).hexdigest()
    body = error_body(api, status, message, code=code, request_id=f"req_01{seed[:22]}")
    return whole(status, body, _retry_headers(status) + provider_headers(api, seed))


def error_body(
    api: str, status: int, message: str = "", *, code: str | None = None, request_id: str | None = None
) -> bytes:
    """Returns the JSON body of an error; Anthropic's repeats the request id."""
    message = message or _MESSAGES.get(status, f"The request failed with status {status}.")
    if api == "messages":
        kind = _ANTHROPIC_KINDS.get(status, "api_error" if status >= 500 else "invalid_request_error")
        shape = {"type": "error", "error": {"type": kind, "message": message}}
        return msgspec.json.encode(shape | ({"request_id": request_id} if request_id else {}))
    kind, usual = _OPENAI_KINDS.get(
        status, ("server_error" if status >= 500 else "invalid_request_error", None)
    )
    inner = {"message": message, "type": kind, "param": None, "code": code or usual}
    return msgspec.json.format(msgspec.json.encode({"error": inner}), indent=4)


def error_event(api: str) -> bytes:
    """Returns the event with which a stream of this API says that it failed in the middle."""
    if api == "messages":
        return b"event: error\ndata: " + error_body(api, 529) + b"\n\n"
    if api == "responses":
        failed = {"type": "error", "code": "server_error", "message": _MESSAGES[500], "param": None}
        return b"event: error\ndata: " + msgspec.json.encode(failed | {"sequence_number": 0}) + b"\n\n"
    inner = {"message": _MESSAGES[500], "type": "server_error", "param": None, "code": None}
    return b"data: " + msgspec.json.encode({"error": inner}) + b"\n\n"


def _retry_headers(status: int) -> Headers:
    """Waits are short, so that a test of a client's retries is."""
    if status == 429:
        return [(b"retry-after-ms", b"20"), (b"retry-after", b"1"), (b"x-should-retry", b"true")]
    return [(b"x-should-retry", b"true")] if status >= 500 else []

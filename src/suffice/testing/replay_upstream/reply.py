"""What goes over the wire: status, headers and either a body or the events of a stream."""

from __future__ import annotations

import msgspec

Headers = list[tuple[bytes, bytes]]

_OPENAI: Headers = [
    (b"openai-organization", b"replayed"),
    (b"openai-processing-ms", b"412"),
    (b"openai-version", b"2020-10-01"),
    (b"x-ratelimit-limit-requests", b"10000"),
    (b"x-ratelimit-limit-tokens", b"30000000"),
    (b"x-ratelimit-remaining-requests", b"9999"),
    (b"x-ratelimit-remaining-tokens", b"29998614"),
    (b"x-ratelimit-reset-requests", b"6ms"),
    (b"x-ratelimit-reset-tokens", b"2ms"),
]
_ANTHROPIC: Headers = [
    (b"anthropic-organization-id", b"replayed"),
    (b"anthropic-ratelimit-requests-limit", b"4000"),
    (b"anthropic-ratelimit-requests-remaining", b"3999"),
    (b"anthropic-ratelimit-requests-reset", b"2026-03-09T00:00:00Z"),
    (b"anthropic-ratelimit-tokens-limit", b"2000000"),
    (b"anthropic-ratelimit-tokens-remaining", b"1998000"),
    (b"anthropic-ratelimit-tokens-reset", b"2026-03-09T00:00:00Z"),
]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, rendered."""

    status: int
    headers: Headers
    body: bytes = b""
    events: tuple[bytes, ...] = ()
    """Not empty exactly for a stream; then `body` is empty."""
    model: str = ""

    @property
    def size(self) -> int:
        """Bytes of the body or of all events."""
        return len(self.body) or sum(map(len, self.events))


def whole(status: int, body: bytes, headers: Headers) -> Reply:
    """Returns a reply with a JSON body."""
    shape = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    return Reply(status=status, headers=shape + headers, body=body)


def streamed(events: tuple[bytes, ...], headers: Headers) -> Reply:
    """Returns a reply of server-sent events."""
    shape = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]
    return Reply(status=200, headers=shape + headers, events=events)


def provider_headers(api: str, request_id: str) -> Headers:
    """Returns the headers that the provider of an API sends with every answer.

    Args:
        api: A client API; `messages` is Anthropic's, every other OpenAI's.
        request_id: Without prefix.
    """
    if api == "messages":
        return [(b"request-id", b"req_01" + request_id[:22].encode()), *_ANTHROPIC]
    return [(b"x-request-id", b"req_" + request_id[:32].encode()), *_OPENAI]

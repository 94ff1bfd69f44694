"""Which headers pass, in both directions."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Literal

from suffice.config import Provider, Secret
from suffice.money import NANOS_PER_USD
from suffice.policy.fallback import is_retry
from suffice.upstream.connection import Headers

Wish = Literal["any", "forced", "retry"]

# RFC 9110, section 7.6.1: meant for one connection only.
_HOP_BY_HOP = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
        b"trailer", b"transfer-encoding", b"upgrade",
    }
)  # fmt: skip
# The HTTP client sets the first two, `expect` was answered by our server.
_NOT_FORWARDED = _HOP_BY_HOP | {b"host", b"content-length", b"expect"}
_NOT_FORWARDED_READABLE = _NOT_FORWARDED | {b"accept-encoding"}
_BODYLESS = frozenset({204, 304})
_USUAL_CONNECTION = (b"keep-alive", b"close")
_CREDENTIALS = frozenset({b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key"})
_NOT_RETURNED = _HOP_BY_HOP | _CREDENTIALS
_NOT_RETURNED_NOR_LENGTH = _NOT_RETURNED | {b"content-length"}
_TO_ANOTHER = frozenset({b"content-type", b"accept", b"user-agent", b"anthropic-version", b"anthropic-beta"})
_FROM_ANOTHER = frozenset({b"content-type", b"content-encoding", b"content-length", b"date"})
_OURS = b"x-suffice-"
_UNCOMPRESSED = (b"accept-encoding", b"identity")
_DOLLARS = re.compile(r"\d{1,12}(\.\d{1,9})?")
_line_of = b"%b: %b\r\n".__mod__
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def to_upstream(raw: Headers, provider: Provider, *, readable: bool) -> Headers:
    """Returns the headers to send on: the client's own, less what is for this connection or for suffice.

    Args:
        raw: As the server hands them out, names in lower case.
        provider: Whose key replaces the client's, if the operator configured one.
        readable: The response will be read for its usage, so it must come uncompressed.
    """
    dropped = _NOT_FORWARDED_READABLE if readable else _NOT_FORWARDED
    for name, value in raw:
        if name == b"connection" and value.lower() not in _USUAL_CONNECTION:
            dropped = dropped | {token.strip().lower() for token in value.split(b",")}
    headers = [header for header in raw if header[0] not in dropped and not header[0].startswith(_OURS)]
    if readable:
        headers.append(_UNCOMPRESSED)
    if provider.secret is not None:
        headers = [header for header in headers if header[0] not in _CREDENTIALS]
        headers.append(_credential(provider, provider.secret))
    return headers


def to_another(raw: Headers, provider: Provider) -> Headers:
    """Returns the headers to send to a provider that the client did not ask, with the operator's key for it.

    Only what says how the body is to be read: keys, accounts, cookies and whatever else a client sends are for the
    provider that it asked.

    Args:
        raw: As the server hands them out, names in lower case.
        provider: With a key; its wire format says where that goes.

    Raises:
        ValueError: The operator has none: the client's does not go there.
    """
    if provider.secret is None:
        raise ValueError("another provider is asked with the operator's key only")
    headers = [header for header in raw if header[0] in _TO_ANOTHER]
    return [*headers, _UNCOMPRESSED, _credential(provider, provider.secret)]


def lines_to_client(upstream: Headers, *, length_kept: bool = False, another: bool = False) -> bytes:
    """Returns the provider's own headers as lines of a head, less its connection's, any credential and any of ours.

    Args:
        upstream: As they came.
        length_kept: Whether the body goes out byte for byte, so that `content-length` holds.
        another: They are of a provider that the client did not ask: what they say of limits and accounts is not its.
    """
    dropped = _NOT_RETURNED if length_kept else _NOT_RETURNED_NOR_LENGTH
    kept = [header for header in upstream if header[0] not in dropped]
    if another:
        kept = [header for header in kept if header[0] in _FROM_ANOTHER]
    lines = lines_of(kept)
    if _OURS in lines:
        lines = lines_of([header for header in kept if not header[0].startswith(_OURS)])
    return lines


def lines_of(headers: Headers) -> bytes:
    r"""Returns headers as lines of a head.

    >>> lines_of([(b"te", b"gzip"), (b"x", b"1")])
    b'te: gzip\r\nx: 1\r\n'
    """
    return b"".join(map(_line_of, headers))


def has_length(method: str, status: int) -> bool:
    """Tells whether a response's `content-length` is that of the bytes that follow it.

    The length of an answer to HEAD is that of the body which GET would get; RFC 9110, section 8.6.
    """
    return method != "HEAD" and status not in _BODYLESS


def printable(value: str, *, limit: int = 128) -> str:
    """Returns a client's text made safe for a header or a table: visible ASCII, at most `limit` characters."""
    value = value[:limit]
    return value if value.isascii() and value.isprintable() else _UNPRINTABLE.sub("?", value)


def feature_of(headers: Mapping[bytes, bytes]) -> str:
    """Returns the use-case tag of `x-suffice-feature`, or `untagged`."""
    tag = headers.get(b"x-suffice-feature")
    return (tag is not None and printable(_text(tag).strip())) or "untagged"


def stakes_of(headers: Mapping[bytes, bytes]) -> tuple[int | None, bool]:
    """Returns the stakes of `x-suffice-stakes-usd` in nano-dollars, and whether they cannot be read.

    `None` if the client names none, or none that can be read: US dollars in plain digits, such as `12.50`.
    """
    given = headers.get(b"x-suffice-stakes-usd")
    if given is None:
        return None, False
    text = _text(given).strip()
    if not (text.isascii() and _DOLLARS.fullmatch(text)):
        return None, True
    dollars, _, fraction = text.partition(".")
    return int(dollars) * NANOS_PER_USD + int(fraction.ljust(9, "0")), False


def opted_out(headers: Mapping[bytes, bytes]) -> bool:
    """Tells whether the client wants nothing decided: `x-suffice-route: off`."""
    return headers.get(b"x-suffice-route", b"").strip().lower() == b"off"


def wish_of(headers: Mapping[bytes, bytes]) -> Wish:
    """Returns what the client wants served.

    `forced`: what it asked for, by `x-suffice-baseline: always`. `retry`: its SDK tries again what failed.
    """
    if headers.get(b"x-suffice-baseline", b"").strip().lower() == b"always":
        return "forced"
    return "retry" if is_retry(headers) else "any"


def admits(headers: Mapping[bytes, bytes], token: str) -> bool:
    """Tells whether the client sent the access token: in `x-suffice-token`, or as its API key.

    Takes the same time wherever it differs.
    """
    sent = (
        headers.get(b"x-suffice-token")
        or headers.get(b"x-api-key")
        or _bearer(headers.get(b"authorization", b""))
    )
    return hmac.compare_digest(sent, token.encode())


def without_token(raw: Headers, token: str) -> Headers:
    """Returns the headers without the access token: it opens suffice, and is no provider's business."""
    known = token.encode()
    return [(name, value) for name, value in raw if name not in _CREDENTIALS or _bearer(value) != known]


def _credential(provider: Provider, secret: Secret) -> tuple[bytes, bytes]:
    key = secret.reveal().encode("utf-8", "surrogateescape")
    return (b"x-api-key", key) if provider.wire == "anthropic" else (b"authorization", b"Bearer " + key)


def _bearer(value: bytes) -> bytes:
    return value[7:].strip() if value[:7].lower() == b"bearer " else value.strip()


def _text(value: bytes) -> str:
    # What is no UTF-8 comes out again byte for byte.
    return value.decode("utf-8", "surrogateescape")

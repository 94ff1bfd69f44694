from __future__ import annotations

from typing import Any

import pytest

from suffice.proxy.known_head import MOST_BYTES, KnownHead
from suffice.upstream.connection import Headers

HEAD = b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: %b\r\naccept: */*\r\n\r\n"
HEADERS: Headers = [(b"host", b"x"), (b"content-length", b"5"), (b"accept", b"*/*")]
FIRST = HEAD % b"5" + b"hello"
SCOPE: dict[str, Any] = {"path": "/v1/x"}


def known(data: bytes = FIRST, body: bytes = b"hello", headers: Headers = HEADERS) -> KnownHead | None:
    return KnownHead.of(data, body, headers, SCOPE)


def met(data: bytes = FIRST) -> KnownHead:
    found = known(data, data.partition(b"\r\n\r\n")[2])
    assert found is not None
    return found


@pytest.mark.parametrize("body", [b"", b"a", b"hello", b"x" * 4_000, b"\r\n\r\n", b"5\r\n\r\nhello"])
@pytest.mark.parametrize("first", [FIRST, FIRST[:-5], FIRST[:-2]])
def test_the_same_head_is_known_with_a_body_of_any_length(first: bytes, body: bytes) -> None:
    again = HEAD % b"%d" % len(body) + body
    assert met(first).body_of(again) == body
    assert met(first).scope is SCOPE


@pytest.mark.parametrize("length", [8, 9, 10, 98, 99, 100, 997, 998, 999, 1_000, 1_001, 99_999, 100_000])
def test_a_body_is_exactly_as_long_as_it_is_said_to_be(length: int) -> None:
    for told in range(length - 3, length + 4):
        found = met().body_of(HEAD % b"%d" % told + b"x" * length)
        assert found == (b"x" * length if told == length else None)


@pytest.mark.parametrize(
    "other",
    [
        FIRST.replace(b"Host: x", b"Host: y"),
        FIRST.replace(b"*/*", b"a/b"),
        FIRST.replace(b"Host", b"host"),
        FIRST.replace(b"accept", b"expect: 100-continue\r\naccept"),
        HEAD % b"5" + b"hell",
        HEAD % b"5" + b"hello!",
        HEAD % b"-5" + b"hello",
        HEAD % b"+5" + b"hello",
        HEAD % b"" + b"hello",
        HEAD % b"5, 5" + b"hello",
        HEAD % b"5\r\ncontent-length: 9" + b"hello",
        HEAD % (b"0" * 9 + b"5") + b"hello",
        HEAD[:-4] % b"5",
        b"",
        b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_exactly_a_request_with_this_head_is_not_known(other: bytes) -> None:
    assert met().body_of(other) is None
    assert not met().is_head(other)


def test_a_request_is_known_by_nothing_less_than_all_of_it() -> None:
    for cut in range(len(FIRST)):
        assert met().body_of(FIRST[:cut]) is None
        assert met().is_head(FIRST[:cut]) == (cut == len(FIRST) - 5)


@pytest.mark.parametrize(
    ("data", "body", "headers"),
    [
        (FIRST, b"hell", HEADERS),
        (FIRST + FIRST, b"hello", HEADERS),
        (FIRST, b"hello", HEADERS[1:]),
        (FIRST, b"hello", [HEADERS[0], HEADERS[2]]),
        (FIRST, b"hello", [*HEADERS, (b"content-length", b"5")]),
        (FIRST, b"hello", [HEADERS[0], (b"content-length", b"6"), HEADERS[2]]),
        (FIRST, b"hello", [HEADERS[0], HEADERS[1], (b"expect", b"100-continue")]),
        (FIRST, b"hello", [HEADERS[0], HEADERS[1], (b"upgrade", b"h2c")]),
        (FIRST, b"hello", [HEADERS[0], HEADERS[1], (b"transfer-encoding", b"chunked")]),
        (b"\r\n" + FIRST, b"hello", HEADERS),
        (FIRST.replace(b"\r\n", b"\n"), b"hello", HEADERS),
        (FIRST.replace(b"*/*", b"a" * MOST_BYTES), b"hello", HEADERS),
        (b"POST / HTTP/1.1\r\nx: y\r\n content-length: 5\r\n\r\nhello", b"hello", HEADERS[:2]),
    ],
)
def test_a_head_that_the_parser_may_have_read_otherwise_is_parsed_each_time(
    data: bytes, body: bytes, headers: Headers
) -> None:
    assert known(data, body, headers) is None

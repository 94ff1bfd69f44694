"""What no provider should answer: the client gets an error in words or a broken connection, the ledger its record."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
import streams
from live import LiveProxy
from raw import RawProvider, parts, request, talk

from suffice.ledger.entry import Entry

PLAIN = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'
STREAM = b'{"model":"gpt-5.4","stream":true,"stream_options":{"include_usage":true},"messages":[]}'
HEAD = b"HTTP/1.1 200 OK\r\n"

GARBAGE = [
    b"\x00\xff garbage\r\n\r\n",
    b"hello",
    b"",
    b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 600 Odd\r\ncontent-length: 2\r\n\r\nhi",
    b"HTTP/1.1 000 Odd\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 101 Other\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nhi",
    HEAD + b"x y: z\r\ncontent-length: 2\r\n\r\nhi",
    HEAD + b"x: a\x01b\r\ncontent-length: 2\r\n\r\nhi",
    HEAD + b"content-length: abc\r\n\r\nhi",
    HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\nhi",
    HEAD
    + b"".join(b"x-%d: %b\r\n" % (number, b"y" * 5000) for number in range(200))
    + b"content-length: 0\r\n\r\n",
]


def tagged(feature: str, body: bytes, path: str = "/v1/chat/completions") -> bytes:
    return request(path, body, head=f"x-suffice-feature: {feature}\r\n")


@pytest.mark.parametrize("answer", GARBAGE, ids=lambda answer: repr(answer[:40]))
@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
def test_garbage_is_a_502_whose_cost_is_unknown(
    proxy: LiveProxy,
    provider: RawProvider,
    feature: str,
    entry: Callable[[], Entry],
    answer: bytes,
    body: bytes,
) -> None:
    provider.answer = answer
    status, headers, said = parts(talk(proxy.port, tagged(feature, body)))
    assert (status, headers["content-type"]) == (502, "application/json")
    assert json.loads(said)["error"]["code"] in {"upstream_broke_off", "upstream_invalid"}
    assert len(provider.got) == 1, "the SDKs retry, suffice does not"
    settled = entry()
    assert settled.outcome.id == headers["x-suffice-decision"]
    assert (settled.outcome.ending, settled.cost.grade) == ("upstream_broke", "unknown")


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
def test_a_provider_that_never_answers_is_a_504(
    proxy: LiveProxy, provider: RawProvider, feature: str, entry: Callable[[], Entry], body: bytes
) -> None:
    provider.answer = lambda _: None
    status, _, said = parts(talk(proxy.port, tagged(feature, body)))
    assert (status, json.loads(said)["error"]["code"]) == (504, "upstream_timeout")
    assert (entry().outcome.ending, entry().cost.grade) == ("upstream_broke", "unknown")


def test_a_stream_that_falls_silent_is_broken_off(
    proxy: LiveProxy, provider: RawProvider, feature: str, entry: Callable[[], Entry]
) -> None:
    begun = streams.chat(usage_asked=True)[:900]
    # A longer length than what follows: the connection stays open, and says nothing.
    provider.answer = HEAD + b"content-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n" + begun
    answer = talk(proxy.port, tagged(feature, STREAM))
    assert parts(answer)[2] == begun
    assert entry().outcome.ending == "upstream_broke"
    assert entry().outcome.usage is not None
    assert entry().outcome.usage.source == "estimated"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + HEAD + b"content-length: 2\r\n\r\nhi",
        HEAD + b"x-latin: caf\xe9\r\ncontent-length: 2\r\n\r\nhi",
        HEAD + b"content-type: text/plain\r\n\r\nhi",
    ],
    ids=["early hints", "latin-1", "no framing"],
)
@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
def test_what_can_still_be_understood_is_passed_on(
    proxy: LiveProxy, provider: RawProvider, answer: bytes, body: bytes
) -> None:
    provider.answer = answer
    answered = talk(proxy.port, request(body=body))
    status, _, said = parts(answered)
    assert status == 200
    assert (b"x-latin" in answer) == (b"x-latin: caf\xe9\r\n" in answered)
    assert said.removesuffix(b"\r\n0\r\n\r\n").removeprefix(b"2\r\n") == b"hi"


@pytest.mark.parametrize("status", [204, 302, 304])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/files"])
def test_answers_without_a_body_end(proxy: LiveProxy, provider: RawProvider, status: int, path: str) -> None:
    length = b"content-length: 77\r\n" if status == 304 else b"content-length: 0\r\n"
    provider.answer = f"HTTP/1.1 {status} X\r\nlocation: /elsewhere\r\n".encode() + length + b"\r\n"
    got, headers, body = parts(talk(proxy.port, request(path, PLAIN)))
    assert (got, headers["location"], body) == (status, "/elsewhere", b"")


def test_no_credential_and_no_header_of_ours_comes_back(proxy: LiveProxy, provider: RawProvider) -> None:
    leaks = b"authorization: Bearer leaked\r\nx-api-key: leaked\r\nx-suffice-model: leaked\r\nconnection: x-hop\r\n"
    provider.answer = (
        HEAD + leaks + b"x-request-id: req_1\r\nretry-after-ms: 20\r\ncontent-length: 2\r\n\r\nhi"
    )
    answer = talk(proxy.port, request(body=PLAIN))
    assert b"leaked" not in answer
    assert parts(answer)[1]["x-request-id"] == "req_1"
    assert parts(answer)[1]["retry-after-ms"] == "20"


@pytest.mark.parametrize("body", [PLAIN, STREAM], ids=["plain", "stream"])
def test_an_answer_that_comes_compressed_all_the_same_passes_byte_for_byte(
    proxy: LiveProxy, provider: RawProvider, feature: str, entry: Callable[[], Entry], body: bytes
) -> None:
    packed = gzip.compress(streams.chat(usage_asked=True))
    provider.answer = (
        HEAD + b"content-encoding: gzip\r\ncontent-type: text/event-stream\r\n"
        b"content-length: %d\r\n\r\n" % len(packed) + packed
    )
    _, headers, got = parts(talk(proxy.port, tagged(feature, body)))
    assert (headers["content-encoding"], got) == ("gzip", packed)
    assert b"accept-encoding: identity" in provider.got[0][0].lower()
    assert entry().outcome.ending == "complete"
    assert entry().cost.grade in {"unknown", "modelled"}


KEYS = [
    ("/v1/chat/completions", "authorization: Bearer sk-secret-1"),
    ("/v1/messages", "x-api-key: sk-secret-2"),
    ("/nosuch/v1/chat/completions", "authorization: Bearer sk-secret-3"),
    ("/v1/../x", "authorization: Bearer sk-secret-4"),
    ("/v1/models?key=sk-secret-5", "x-other: 1"),
]


@pytest.mark.parametrize("answer", [GARBAGE[0], b""], ids=["garbage", "nothing"])
@pytest.mark.parametrize(("path", "key"), KEYS)
def test_a_key_is_in_no_answer_no_log_and_no_record(
    proxy: LiveProxy,
    provider: RawProvider,
    feature: str,
    entry: Callable[[], Entry],
    path: str,
    key: str,
    answer: bytes,
) -> None:
    provider.answer = answer
    said = talk(proxy.port, request(path, PLAIN, head=f"{key}\r\nx-suffice-feature: {feature}\r\n"))
    entry()
    kept = b"".join(file.read_bytes() for file in proxy.data.rglob("*") if file.is_file())
    assert b"sk-secret" not in said + kept + proxy.log.encode()

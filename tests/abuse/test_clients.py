"""What no client should send: an error in words or passed on to judge; never a hang, a trace or a lost record."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import psutil
import pytest
from live import LiveProxy, providers, running_proxy
from raw import RawProvider, parts, request, talk

from suffice.ledger.entry import Entry

MIB = 1024 * 1024
CHAT = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"hi"}]}'


@pytest.mark.parametrize(
    "sent",
    [
        b"CONNECT evil.test:443 HTTP/1.1\r\nhost: evil.test\r\n\r\n",
        b"CONNECT evil.test:443 HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        b"CONNECT /v1/models HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        request(head="content-length: 5\r\n"),
        request(head="transfer-encoding: chunked\r\n"),
        request().replace(b"content-length: ", b"content-length: -"),
        request(head="x y: 1\r\n"),
        request(head=": 1\r\n"),
        request(head="x: a\x00b\r\n"),
        request(head="x: a\r\n folded\r\n"),
        request("/v1/caf\xe9"),
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_sound_http_is_a_400_and_goes_no_further(
    proxy: LiveProxy, provider: RawProvider, sent: bytes
) -> None:
    status, headers, body = parts(talk(proxy.port, sent))
    assert (status, headers["connection"]) == (400, "close")
    assert json.loads(body)["error"]["code"] == "invalid_http"
    assert provider.got == []


def test_a_url_that_is_longer_than_a_head_may_be_is_a_431(proxy: LiveProxy, provider: RawProvider) -> None:
    status, headers, body = parts(talk(proxy.port, request("/v1/" + "a" * 70_000)))
    assert (status, headers["connection"]) == (431, "close")
    assert json.loads(body)["error"]["code"] == "request_head_too_large"
    assert provider.got == []


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("http://evil.test/v1/models", "/v1/models"),
        ("http://evil.test:80@x/v1/models", "/v1/models"),
        ("//v1//evil.test/x", "/v1//evil.test/x"),
        ("/v1/@evil.test/x", "/v1/@evil.test/x"),
        ("/v1/a%2f..%2fb", "/v1/a%2f..%2fb"),
        (
            "/v1/files/a%20b?after=%C3%A9&limit=2&x[]=1&x[]=2",
            "/v1/files/a%20b?after=%C3%A9&limit=2&x[]=1&x[]=2",
        ),
        ("/v1/x?next=http://evil.test/../y", "/v1/x?next=http://evil.test/../y"),
    ],
)
def test_no_path_or_host_leads_anywhere_but_to_the_provider(
    proxy: LiveProxy, provider: RawProvider, path: str, reached: str
) -> None:
    sent = request(path, b"", method="GET", head="x-forwarded-host: evil.test\r\n").replace(
        b"host: x", b"host: evil.test"
    )
    assert parts(talk(proxy.port, sent))[0] == 200
    ((head, _),) = provider.got
    assert head.split(b"\r\n")[0] == f"GET {reached} HTTP/1.1".encode()
    assert f"host: {provider.url.removeprefix('http://')}".encode() in head.lower()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/../secret", "bad_path"),
        ("/v1/%2e%2e/%2E./secret", "bad_path"),
        ("/v1/..\\..\\secret", "bad_path"),
        ("//evil.test/v1/models", "unknown_provider"),
        ("/nosuch/v1/models", "unknown_provider"),
        ("/%2e%2e/v1/models", "bad_path"),
    ],
)
def test_a_path_out_of_a_provider_is_refused(
    proxy: LiveProxy, provider: RawProvider, path: str, code: str
) -> None:
    status, headers, body = parts(talk(proxy.port, request(path)))
    assert (status, json.loads(body)["error"]["code"]) == (400 if code == "bad_path" else 404, code)
    assert headers["x-suffice-decision"]
    assert provider.got == []


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "PATCH", "PUT"])
def test_any_method_passes_through(proxy: LiveProxy, provider: RawProvider, method: str) -> None:
    body = b"" if method in {"HEAD", "OPTIONS", "DELETE"} else b"some bytes"
    if method == "HEAD":
        provider.answer = b"HTTP/1.1 200 OK\r\ncontent-length: 77\r\n\r\n"
    status, headers, answer = parts(talk(proxy.port, request("/v1/files/f", body, method=method)))
    ((head, got),) = provider.got
    assert (status, got) == (200, body)
    assert head.startswith(f"{method} /v1/files/f HTTP/1.1".encode())
    assert (headers["content-length"], answer) == (("77", b"") if method == "HEAD" else ("2", b"{}"))


@pytest.mark.parametrize("path", ["/v1/files", "/v1/audio/transcriptions"])
def test_an_upload_passes_byte_for_byte(proxy: LiveProxy, provider: RawProvider, path: str) -> None:
    part = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    body = part + bytes(range(256)) * 4000 + b"\r\n--b--\r\n"
    sent = request(path, body, head="content-type: multipart/form-data; boundary=b\r\n")
    assert parts(talk(proxy.port, sent))[0] == 200
    ((head, got),) = provider.got
    assert got == body
    assert b"multipart/form-data; boundary=b" in head


def test_headers_that_are_there_twice_stay_twice(proxy: LiveProxy, provider: RawProvider) -> None:
    provider.answer = b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\nset-cookie: b=2\r\ncontent-length: 0\r\n\r\n"
    answer = talk(proxy.port, request(head="x-twice: 1\r\nx-twice: 2\r\n"))
    ((head, _),) = provider.got
    assert head.lower().count(b"x-twice: ") == 2
    assert answer.count(b"set-cookie: ") == 2


def test_a_body_in_chunks_without_a_length_is_read(proxy: LiveProxy, provider: RawProvider) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: Chunked\r\n\r\n"
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in CHAT)
    answer = talk(proxy.port, head, chunks, b"0\r\nx-trailer: 1\r\n\r\n")
    assert parts(answer)[0] == 200
    assert [body for _, body in provider.got] == [CHAT]


def test_a_client_that_offers_http2_is_answered_and_its_body_kept(
    proxy: LiveProxy, provider: RawProvider
) -> None:
    offer = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
    sent = request(body=CHAT, head=offer)
    assert parts(talk(proxy.port, sent))[0] == 200
    ((head, body),) = provider.got
    assert body == CHAT
    assert b"upgrade" not in head.lower()
    assert b"http2-settings" not in head.lower()


def test_the_connection_goes_on_after_an_error(proxy: LiveProxy, provider: RawProvider) -> None:
    again = request().replace(b"connection: close\r\n", b"")
    answer = talk(proxy.port, again.replace(b"/v1/", b"/nosuch/v1/"), again, request(body=CHAT))
    assert answer.count(b"HTTP/1.1 404") == 1
    assert answer.count(b"HTTP/1.1 200") == 2
    assert [body for _, body in provider.got] == [b"{}", CHAT]


def test_a_tag_or_a_model_cannot_add_a_header(
    proxy: LiveProxy, provider: RawProvider, feature: str, entry: Callable[[], Entry]
) -> None:
    body = b'{"model":"m\\r\\nx-evil: 1\\u0000\\u001b[31m","messages":[]}'
    tagged = request(body=body, head=f"x-suffice-feature: {feature}\r\nx-suffice-session: \x1b[31m\r\n")
    # An escape is no HTTP; without it the model's line break is made visible.
    assert parts(talk(proxy.port, tagged))[0] == 400
    answer = talk(proxy.port, request(body=body, head=f"x-suffice-feature: {feature}\r\n"))
    status, headers, _ = parts(answer)
    assert (status, headers["x-suffice-model"]) == (200, "m??x-evil: 1??[31m")
    assert "x-evil" not in headers
    assert entry().outcome.requested_model == "m??x-evil: 1??[31m"


def test_a_number_that_cannot_be_written_again_costs_the_request_nothing(
    proxy: LiveProxy, provider: RawProvider
) -> None:
    # Other stream options mean that the body is encoded anew to ask for usage.
    body = b'{"model":"gpt-5.4","stream":true,"stream_options":{},"seed":%d,"messages":[]}' % 10**40
    assert parts(talk(proxy.port, request(body=body)))[0] == 200
    ((_, got),) = provider.got
    assert json.loads(got)["seed"] == pytest.approx(10**40)


@pytest.mark.parametrize("chunked", [True, False])
def test_a_hundred_mib_of_whitespace_are_refused_and_stall_nobody(
    proxy: LiveProxy, provider: RawProvider, feature: str, entry: Callable[[], Entry], chunked: bool
) -> None:
    framing = "transfer-encoding: chunked" if chunked else f"content-length: {100 * MIB}"
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-suffice-feature: {feature}\r\n{framing}\r\n\r\n"
    )
    piece = b" " * MIB
    served = Served(proxy.port)
    with served, socket.create_connection(("127.0.0.1", proxy.port), timeout=30) as client:
        client.sendall(head.encode())
        for number in range(100):
            client.sendall(b"%x\r\n%b\r\n" % (MIB, piece) if chunked else piece)
            if number % 20 == 10:
                served.wait_for_more()
        client.sendall(b"0\r\n\r\n" if chunked else b"")
        answer = client.recv(65536)
        assert parts(answer)[0] == 413
        # All of it was read, so that the connection can go on.
        client.sendall(request(body=CHAT))
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert served.failed == 0
    assert (entry().outcome.ending, entry().outcome.fault) == ("refused", "body_too_large")


class Served:
    """Another client, which goes on meanwhile."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.count = self.failed = 0

    def _ask(self) -> None:
        while not self._stop.is_set():
            self.failed += not talk(self._port, request(body=CHAT)).startswith(b"HTTP/1.1 200")
            self.count += 1

    def wait_for_more(self) -> None:
        """Waits until it was served once more: the test's time-out is what a stall runs into."""
        before = self.count
        deadline = time.monotonic() + 30
        while self.count <= before + 1:
            assert time.monotonic() < deadline, "nobody else was served meanwhile"
            time.sleep(0.005)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def test_a_slow_client_is_cut_off_settled_and_holds_up_nobody(tmp_path: Path, provider: RawProvider) -> None:
    config = providers(provider.url) + "[limits]\nclient_timeout_s = 0.3\n"
    with running_proxy(tmp_path, config) as proxy:
        half = request(body=CHAT)[:-10]
        slow = [socket.create_connection(("127.0.0.1", proxy.port), timeout=10) for _ in range(50)]
        for number, client in enumerate(slow):
            client.sendall(half if number % 2 else half[:30])
        assert talk(proxy.port, request(body=CHAT)).startswith(b"HTTP/1.1 200")
        answers = [client.recv(65536) for client in slow]
        for client in slow:
            client.close()
        entries = proxy.ledger(at_least=26)
    assert [parts(answer)[0] for answer in answers] == [408] * 50
    left = [entry for entry in entries if entry.outcome.ending == "client_left"]
    assert len(left) == 25
    assert {entry.cost.nanos for entry in left} == {0}


def test_a_client_that_reads_slowly_holds_up_its_provider_and_misses_nothing(
    proxy: LiveProxy, provider: RawProvider
) -> None:
    piece = b'data: {"choices":[{"delta":{"content":"' + b"x" * 16_000 + b'"}}]}\n\n'
    stream = piece * (64 * MIB // len(piece)) + b"data: [DONE]\n\n"
    frames = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part)
        for part in (stream[at : at + 7000] for at in range(0, len(stream), 7000))
    )
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    provider.answer = head + frames + b"0\r\n\r\n"
    worker = psutil.Process(proxy.worker_pids()[0])
    client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
    before = worker.memory_info().rss
    client.request("POST", "/v1/chat/completions", CHAT[:-1] + b',"stream":true}')
    answer = client.getresponse()
    time.sleep(1)
    assert worker.memory_info().rss - before < 8 * MIB
    got = answer.read()
    client.close()
    assert got == stream
    assert worker.memory_info().rss - before < 8 * MIB

"""One request after another through a running proxy, down to the bytes: what passes, what fails, what is settled."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live import LiveProxy, free_port, providers, running_proxy

from recorded import HELLO, LONG, write_answers
from suffice.ledger.entry import Entry
from suffice.testing import ReplayUpstream

CHAT = "/v1/chat/completions"


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplayUpstream]:
    with ReplayUpstream.start(write_answers(tmp_path_factory.mktemp("answers"))) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def proxy(upstream: ReplayUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveProxy]:
    dead = f'[providers.dead]\nbase_url = "http://127.0.0.1:{free_port()}/v1"\n'
    with running_proxy(tmp_path_factory.mktemp("proxy"), providers(upstream.url) + dead) as proxy:
        yield proxy


@pytest.fixture
def feature() -> str:
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def entry(proxy: LiveProxy, feature: str) -> Callable[[], Entry]:
    """Waits for this test's one entry."""

    def wait() -> Entry:
        deadline = time.monotonic() + 10
        while True:
            found = [entry for entry in proxy.ledger() if entry.outcome.feature == feature]
            if found or time.monotonic() > deadline:
                assert len(found) == 1
                return found[0]
            time.sleep(0.05)

    return wait


def post(
    port: int, path: str, body: bytes, headers: dict[str, str] | None = None, method: str = "POST"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def chat(prompt: str = HELLO, **more: object) -> bytes:
    return json.dumps(
        {"model": "gpt-5.4", "messages": [{"role": "user", "content": prompt}], **more}
    ).encode()


def test_request_and_response_pass_byte_for_byte(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, entry: Callable[[], Entry]
) -> None:
    odd = (
        b'  { "messages" : [{"content":"'
        + HELLO.encode()
        + b'","role":"user"}],"model":"gpt-5.4", "x":1.50 }\n '
    )
    status, headers, body = post(proxy.port, CHAT, odd, {"x-suffice-feature": feature})
    port = int(upstream.url.rsplit(":", 1)[1])
    direct_status, direct_headers, direct_body = post(port, CHAT, odd)
    assert (status, body) == (direct_status, direct_body) == (200, body)
    ours = {"x-suffice-decision", "x-suffice-model", "x-suffice-reason"}
    changing = {"date", "content-length", "transfer-encoding", "connection"}
    assert {k: v for k, v in headers.items() if k not in ours | changing} == {
        k: v for k, v in direct_headers.items() if k not in changing
    }
    assert ours <= headers.keys()
    assert entry().outcome.id == headers["x-suffice-decision"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"model": 7, "messages": "x"}',
        b'{"model":"gpt-5.4","messages":[{"role":"user","content":"\xff\xfe"}]}',
        b'{"model":"gpt-5.4","messages":[{"role":"user","content":"\\ud800"}]}',
        b"[" * 100_000,
        b'{"model":"gpt-5.4","messages":' + b'[{"a":' * 3000,
        b'{"stream":true}',
        b'{"model":"x\\r\\ny: z\\u0000","messages":[{"role":"user","content":"hi"}]}',
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda body: body[:24].decode("ascii", "replace"),
)
def test_what_cannot_be_read_is_for_the_provider_to_judge(
    proxy: LiveProxy, upstream: ReplayUpstream, feature: str, entry: Callable[[], Entry], body: bytes
) -> None:
    status, headers, answer = post(proxy.port, CHAT, body, {"x-suffice-feature": feature})
    direct = post(int(upstream.url.rsplit(":", 1)[1]), CHAT, body)
    assert (status, answer) == (direct[0], direct[2])
    assert 400 <= status < 500
    assert json.loads(answer)["error"]["message"]
    assert headers["x-suffice-reason"]
    settled = entry()
    assert (settled.outcome.status, settled.outcome.ending) == (status, "complete")
    assert settled.cost.grade == "not_billed"
    assert proxy.health()["faults"] == {}


def test_a_dead_provider_is_a_clear_502_and_nothing_billed(
    proxy: LiveProxy, feature: str, entry: Callable[[], Entry]
) -> None:
    status, headers, body = post(
        proxy.port, "/dead/v1/chat/completions", chat(), {"x-suffice-feature": feature}
    )
    error = json.loads(body)["error"]
    assert (status, error["code"]) == (502, "upstream_unreachable")
    assert "could not be reached" in error["message"]
    settled = entry()
    assert settled.outcome.id == headers["x-suffice-decision"]
    assert (settled.outcome.ending, settled.cost.grade) == ("upstream_unreachable", "not_billed")


def test_a_silent_provider_is_a_504_of_unknown_cost(upstream: ReplayUpstream, tmp_path: Path) -> None:
    impatient = providers(upstream.url) + "[limits]\nread_timeout_s = 0.5\n"
    with running_proxy(tmp_path, impatient) as proxy:
        status, _, body = post(proxy.port, CHAT, chat(), {"x-replay-fault": "hang"})
        (settled,) = proxy.ledger(at_least=1)
    assert (status, json.loads(body)["error"]["code"]) == (504, "upstream_timeout")
    assert (settled.outcome.ending, settled.cost.grade) == ("upstream_broke", "unknown")


def test_a_body_over_the_limit_is_refused_before_it_is_read(
    proxy: LiveProxy, feature: str, entry: Callable[[], Entry]
) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall(
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-suffice-feature: {feature}\r\n"
            f"content-length: {40 * 1024 * 1024}\r\n\r\n".encode()
        )
        client.settimeout(10)
        answer = b""
        while b"max_body_mib" not in answer and (piece := client.recv(4096)):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"max_body_mib" in answer
    # No model was read and nothing was decided: an empty header would say that there is something.
    assert b"x-suffice-decision: " in answer
    assert b"x-suffice-model" not in answer
    assert b"x-suffice-reason" not in answer
    assert entry().outcome.fault == "body_too_large"


def test_a_client_that_is_refused_before_it_sent_its_body_is_not_waited_for(proxy: LiveProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.settimeout(10)
        client.sendall(
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
            f"content-length: {40 * 1024 * 1024}\r\n\r\n".encode()
        )
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"\r\nconnection: close\r\n" in answer


def test_a_header_bomb_is_cut_off(proxy: LiveProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.settimeout(10)
        client.sendall(f"POST {CHAT} HTTP/1.1\r\nhost: x\r\n".encode())
        received = b""
        try:
            for number in range(400):
                client.sendall(f"x-{number}: {'y' * 1000}\r\n".encode())
            received = client.recv(4096)
        except (ConnectionResetError, BrokenPipeError):
            received = received or b"HTTP/1.1 431 (reset)"
    assert received.startswith(b"HTTP/1.1 431")
    assert proxy.health()["status"] == "ok"


def test_what_is_no_http_gets_a_json_error(proxy: LiveProxy) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.settimeout(10)
        client.sendall(b"NONSENSE\x00\r\n\r\n")
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 400")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_http"


def test_a_websocket_is_refused_in_words(proxy: LiveProxy) -> None:
    upgrade = {"upgrade": "websocket", "connection": "Upgrade"}
    status, _, body = post(proxy.port, "/v1/realtime", b"", upgrade, method="GET")
    assert (status, json.loads(body)["error"]["code"]) == (400, "websocket_unsupported")


def test_a_client_that_leaves_before_its_body_is_complete_is_settled(
    proxy: LiveProxy, feature: str, entry: Callable[[], Entry]
) -> None:
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        head = (
            f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-suffice-feature: {feature}\r\ncontent-length: 100\r\n\r\n"
        )
        client.sendall(head.encode() + b"{")
        time.sleep(0.1)
    settled = entry()
    assert (settled.outcome.ending, settled.cost.nanos) == ("client_left", 0)


def test_any_other_path_of_a_provider_is_passed_through(
    proxy: LiveProxy, feature: str, entry: Callable[[], Entry]
) -> None:
    status, headers, body = post(proxy.port, "/v1/models", b"", {"x-suffice-feature": feature}, method="GET")
    assert status == 200
    assert json.loads(body)["data"]
    assert headers["x-suffice-reason"] == "passed_through"
    settled = entry()
    assert (settled.outcome.api, settled.outcome.path) == ("passthrough", "/v1/models")
    assert settled.cost.grade == "not_billed"


@pytest.mark.parametrize("cut", [*range(1, 400, 7), 2000, 5000])
def test_a_stream_cut_at_any_byte_reaches_the_client_up_to_there(
    proxy: LiveProxy, feature: str, entry: Callable[[], Entry], cut: int
) -> None:
    # The client asks for usage itself, so that not one byte is changed.
    body = chat(LONG, stream=True, stream_options={"include_usage": True})
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-suffice-feature: {feature}\r\nx-replay-fault: cut-bytes:{cut}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.settimeout(10)
        client.sendall(head.encode() + body)
        received = b""
        while piece := client.recv(65536):
            received += piece
    assert not received.endswith(b"0\r\n\r\n"), "a broken stream must not look whole"
    settled = entry()
    assert settled.outcome.ending == "upstream_broke"
    assert settled.cost.grade in {"modelled", "unknown"}


def test_a_stream_cut_before_its_first_byte_is_an_error_that_the_client_may_retry(
    proxy: LiveProxy, feature: str, entry: Callable[[], Entry]
) -> None:
    sent = {"x-suffice-feature": feature, "x-replay-fault": "cut-bytes:0"}
    status, _, body = post(proxy.port, CHAT, chat(LONG, stream=True), sent)
    assert (status, json.loads(body)["error"]["code"]) == (502, "upstream_broke_off")
    settled = entry()
    assert (settled.outcome.ending, settled.cost.grade) == ("upstream_broke", "unknown")


def test_a_large_unread_body_and_deep_nesting_do_not_stall_others(proxy: LiveProxy, feature: str) -> None:
    stop = threading.Event()
    served = [0]

    def others() -> None:
        while not stop.is_set():
            assert post(proxy.port, CHAT, chat())[0] == 200
            served[0] += 1

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for body in (b" " * (31 * 1024 * 1024), b"[" * (7 * 1024 * 1024), b'{"a":' * (1024 * 1024)):
            before = served[0]
            answer = post(proxy.port, CHAT, body, {"x-suffice-feature": feature})
            assert 400 <= answer[0] < 500, answer
            assert served[0] > before, "nobody else was served meanwhile"
    finally:
        stop.set()
        thread.join()


def test_the_operators_key_needs_the_access_token(upstream: ReplayUpstream, tmp_path: Path) -> None:
    provider = f'[providers.openai]\nbase_url = "{upstream.url}/v1"\nkey = "env:KEY"\n'
    config = '[server]\naccess_token = "env:TOKEN"\n' + provider
    with running_proxy(tmp_path, config, environ={"TOKEN": "let-me-in", "KEY": "operator"}) as proxy:
        refused = post(proxy.port, CHAT, chat(), {"authorization": "Bearer wrong"})
        admitted = post(proxy.port, CHAT, chat(), {"authorization": "Bearer let-me-in"})
    assert (refused[0], json.loads(refused[2])["error"]["code"]) == (401, "bad_access_token")
    assert admitted[0] == 200


def test_a_ledger_that_cannot_be_written_costs_no_request(upstream: ReplayUpstream, tmp_path: Path) -> None:
    with running_proxy(tmp_path, providers(upstream.url)) as proxy:
        assert post(proxy.port, CHAT, chat())[0] == 200
        assert len(proxy.ledger(at_least=1)) == 1
        spools = tmp_path / "data" / "spool"
        for _ in range(3):
            for file in spools.glob("*"):
                file.unlink()
            assert post(proxy.port, CHAT, chat())[0] == 200
        assert proxy.health()["status"] == "ok"


def test_off_mode_forwards_without_deciding(upstream: ReplayUpstream, tmp_path: Path) -> None:
    with running_proxy(tmp_path, 'mode = "off"\n' + providers(upstream.url)) as proxy:
        status, headers, _ = post(proxy.port, CHAT, chat())
        (settled,) = proxy.ledger(at_least=1)
    assert (status, headers["x-suffice-reason"]) == (200, "mode_off")
    assert settled.outcome.decided_model is None
    assert settled.cost.grade == "measured"

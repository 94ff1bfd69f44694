from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from suffice.proxy.asgi import CONNECTION, ClientLeft, Receive, Scope, Send, read_body, send_json
from suffice.proxy.server import ClientProtocol


class Wire(asyncio.Transport):
    """The client's end of a connection, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


bodies: list[bytes] = []
offers: list[bytes] = []


def converse(*chunks: bytes, lose: bool = False, wait_s: float = 0.05) -> tuple[Wire, list[str]]:
    """Feeds a connection and returns what came back, and which paths were served or lost."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/echo":
            try:
                bodies.append(await read_body(receive, declared=None, limit_bytes=100))
            except ClientLeft:
                return
            offers.extend(name for name, _ in scope["headers"] if name in {b"upgrade", b"connection"})
        if scope["path"] == "/slow":
            scope[CONNECTION].on_lost = lambda: seen.append("lost")
            await asyncio.sleep(0.01 if wait_s < 0.1 else wait_s / 2)
        seen.append(scope["path"])
        await send_json(send, 200, b"{}")

    async def run() -> Wire:
        config = uvicorn.Config(app, loop="none", ws="none", lifespan="off", log_config=None)
        protocol = ClientProtocol(config, ServerState(), {})
        wire = Wire()
        protocol.connection_made(wire)
        for chunk in chunks:
            protocol.data_received(chunk)
            await asyncio.sleep(0)
        if lose:
            protocol.connection_lost(None)
        await asyncio.sleep(wait_s)
        protocol._unset_keepalive_if_required()
        if not lose:
            protocol.connection_lost(None)
        await asyncio.sleep(0)
        return wire

    return asyncio.run(run()), seen


def test_requests_on_one_connection_are_served_one_after_another() -> None:
    one = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
    wire, seen = converse(one, one.replace(b"/a", b"/b"))
    assert seen == ["/a", "/b"]
    assert wire.sent.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("size", [1, 100, 5000])
def test_a_head_over_the_limit_is_answered_with_431(size: int) -> None:
    head = b"GET / HTTP/1.1\r\nhost: x\r\nx-bomb: " + b"y" * (ClientProtocol.max_head_bytes + 2 * size)
    wire, seen = converse(*(head[at : at + size * 50] for at in range(0, len(head), size * 50)))
    assert wire.sent.startswith(b"HTTP/1.1 431")
    assert json.loads(wire.sent.partition(b"\r\n\r\n")[2])["error"]["code"] == "request_head_too_large"
    assert wire.closed
    assert seen == []


def test_a_head_under_the_limit_passes_however_it_is_cut() -> None:
    head = b"GET /a HTTP/1.1\r\nhost: x\r\nx-long: " + b"y" * 20_000 + b"\r\n\r\n"
    wire, seen = converse(*(head[at : at + 700] for at in range(0, len(head), 700)))
    assert seen == ["/a"]
    assert wire.sent.startswith(b"HTTP/1.1 200")


def test_what_is_no_http_gets_a_json_error() -> None:
    wire, _ = converse(b"\x16\x03\x01 not http\r\n\r\n")
    assert wire.sent.startswith(b"HTTP/1.1 400")
    assert json.loads(wire.sent.partition(b"\r\n\r\n")[2])["error"]["code"] == "invalid_http"


def test_the_exchange_under_way_is_told_when_its_client_leaves() -> None:
    _, seen = converse(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n", lose=True)
    assert seen == ["lost", "/slow"]


H2C = (
    b"POST /echo HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
    b"http2-settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\ncontent-length: 5\r\n\r\nhello"
)


@pytest.mark.parametrize("cut", [*range(1, len(H2C), 9), len(H2C)])
def test_an_offer_of_http2_is_declined_and_the_body_is_read(cut: int) -> None:
    bodies.clear()
    offers.clear()
    wire, seen = converse(H2C[:cut], H2C[cut:] + b"GET /next HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (seen, bodies, offers) == (["/echo", "/next"], [b"hello"], [])
    assert wire.sent.count(b"HTTP/1.1 200") == 2


def test_an_offer_keeps_the_wish_to_close() -> None:
    wire, _ = converse(H2C.replace(b"connection: ", b"connection: close, "))
    assert wire.closed


SLOW = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n"


@pytest.mark.parametrize("begun", [b"", b"GET /a HT", b"GET /a HTTP/1.1\r\nhost: x\r\n", POST, POST + b"hel"])
def test_a_client_that_goes_silent_in_a_request_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(ClientProtocol, "max_silence_s", 0.05)
    wire, seen = converse(*([begun] if begun else []), wait_s=0.3)
    assert wire.sent.startswith(b"HTTP/1.1 408")
    assert json.loads(wire.sent.partition(b"\r\n\r\n")[2])["error"]["code"] == "client_silent"
    assert wire.closed
    assert seen == []


@pytest.mark.parametrize(
    "sent", [SLOW, SLOW + SLOW[:9], SLOW + POST + b"he", SLOW.replace(b"/slow", b"/a"), POST + b"hello"]
)
def test_a_client_that_waits_its_turn_is_left_alone(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(ClientProtocol, "max_silence_s", 0.05)
    wire, _ = converse(sent, wait_s=0.3 if b"/slow" not in sent else 0.4)
    assert wire.sent.startswith(b"HTTP/1.1 200")
    assert sent == SLOW or b"/slow" in sent or b" 408 " not in wire.sent


def test_a_connection_that_rests_is_closed_and_one_timer_serves_all_its_requests() -> None:
    request = b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n"

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send_json(send, 200, b"{}")

    async def run() -> None:
        config = uvicorn.Config(
            app, loop="none", ws="none", lifespan="off", log_config=None, timeout_keep_alive=1000
        )
        protocol, wire = ClientProtocol(config, ServerState(), {}), Wire()
        protocol.connection_made(wire)

        async def ask(part: bytes) -> None:
            protocol.data_received(part)
            await asyncio.gather(*protocol.tasks)

        await ask(request)
        timer = protocol.timeout_keep_alive_task
        await ask(request)
        assert timer is not None
        assert protocol.timeout_keep_alive_task is timer
        # Busy when the timer ends: it begins anew after the answer.
        protocol.data_received(request[:10])
        protocol.timeout_keep_alive_handler()
        assert protocol.timeout_keep_alive_task is None
        await ask(request[10:])
        assert protocol.timeout_keep_alive_task is not None
        # Not at rest for long enough, and then it is.
        protocol.timeout_keep_alive_handler()
        assert not wire.closed
        assert protocol.timeout_keep_alive_task is not None
        protocol.timeout_keep_alive = 0
        protocol.timeout_keep_alive_handler()
        assert wire.closed
        protocol.connection_lost(None)

    asyncio.run(run())

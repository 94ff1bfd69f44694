from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import uvicorn
from client_wire import Wire, bodies, converse, offers
from uvicorn.server import ServerState

from suffice.proxy.asgi import Receive, Scope, Send, send_json
from suffice.proxy.known_head import WHOLE
from suffice.proxy.server import ClientProtocol


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


def test_a_head_over_the_limit_that_comes_at_once_is_answered_with_431() -> None:
    bomb = b"".join(b"x-bomb-%d: %b\r\n" % (number, b"y" * 1_000) for number in range(70))
    head = b"GET / HTTP/1.1\r\nhost: x\r\n" + bomb + b"\r\n"
    for parts in ([head], [b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n", head], [head[:9_000], head[9_000:]]):
        wire, seen = converse(*parts)
        assert b"HTTP/1.1 431" in wire.sent
        assert "/" not in seen


@pytest.mark.parametrize("cut", range(-4, 5))
def test_a_large_body_beside_the_end_of_its_head_is_no_part_of_it(cut: int) -> None:
    size = 2 * ClientProtocol.max_head_bytes
    head = b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size
    sent = head + b"z" * size
    wire, seen = converse(sent[: len(head) + cut], sent[len(head) + cut :])
    assert seen == ["/a"]
    assert wire.sent.startswith(b"HTTP/1.1 200")


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


AGAIN = b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\nx-last: y\r\n\r\n"


def asked(body: bytes) -> bytes:
    return AGAIN % len(body) + body


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the parser got to see."""
    seen: list[bytes] = []
    parse = ClientProtocol._parse

    def noting(self: ClientProtocol, data: bytes) -> None:
        seen.append(data)
        parse(self, data)

    monkeypatch.setattr(ClientProtocol, "_parse", noting)
    return seen


@pytest.mark.parametrize("cut", [0, len(asked(b"first")) - 5, len(asked(b"first")) - 2])
def test_a_head_that_comes_again_is_not_parsed_again(parsed: list[bytes], cut: int) -> None:
    bodies.clear()
    first, others = asked(b"first"), [asked(b"another"), asked(b""), asked(b"x" * 99)]
    firsts = [first[:cut], first[cut:]] if cut else [first]
    wire, seen = converse(*firsts, *others)
    assert (seen, bodies) == (["/echo"] * 4, [b"first", b"another", b"", b"x" * 99])
    assert parsed == firsts
    assert wire.sent.count(b"HTTP/1.1 200") == 4


@pytest.mark.parametrize("cut", range(1, len(asked(b"second"))))
def test_a_request_with_a_known_head_is_served_however_it_is_cut(parsed: list[bytes], cut: int) -> None:
    bodies.clear()
    second = asked(b"second")
    wire, seen = converse(asked(b"first"), second[:cut], second[cut:], asked(b"third"))
    assert (seen, bodies) == (["/echo"] * 3, [b"first", b"second", b"third"])
    assert wire.sent.count(b"HTTP/1.1 200") == 3
    # Where the body came by itself, nothing was parsed but the first.
    assert (len(parsed) == 1) == (cut == len(second) - len(b"second"))


def test_a_body_that_comes_in_many_parts_after_a_known_head_is_read(parsed: list[bytes]) -> None:
    bodies.clear()
    head, body = AGAIN % 6, b"second"
    wire, seen = converse(asked(b"first"), head, body[:2], body[2:4], body[4:], asked(b"third"))
    assert (seen, bodies) == (["/echo"] * 3, [b"first", b"second", b"third"])
    assert parsed == [asked(b"first"), head + body[:2], body[2:4], body[4:]]
    assert wire.sent.count(b"HTTP/1.1 200") == 3


def test_requests_sent_ahead_are_parsed_and_served_in_their_order() -> None:
    bodies.clear()
    ahead = asked(b"second") + asked(b"third")
    wire, seen = converse(asked(b"first"), ahead, asked(b"fourth"))
    assert (seen, bodies) == (["/echo"] * 4, [b"first", b"second", b"third", b"fourth"])
    assert wire.sent.count(b"HTTP/1.1 200") == 4


def test_a_client_that_sends_its_next_request_too_early_waits_its_turn() -> None:
    slow = asked(b"").replace(b"/echo", b"/slow")
    wire, seen = converse(slow, slow, slow, wait_s=0.09)
    assert seen.count("/slow") == 3
    assert wire.sent.count(b"HTTP/1.1 200") == 3


def test_a_known_head_whose_body_does_not_come_ends_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientProtocol, "max_silence_s", 0.05)
    wire, seen = converse(asked(b"first"), AGAIN % 6, wait_s=0.3)
    assert seen == ["/echo"]
    assert b" 408 " in wire.sent
    assert wire.closed


def test_a_client_that_leaves_after_a_known_head_has_begun_a_request(parsed: list[bytes]) -> None:
    bodies.clear()
    converse(asked(b"first"), AGAIN % 6, lose=True)
    # The app was called, and told that the client is gone.
    assert parsed == [asked(b"first"), AGAIN % 6]
    assert bodies == [b"first"]


def test_a_request_that_is_known_is_told_when_its_client_leaves() -> None:
    slow = b"POST /slow HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n1"

    async def left(receive: Receive) -> None:
        await receive()
        while (await receive())["type"] != "http.disconnect":
            pass
        offers.append(b"left")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if offers:
            await left(receive)
        else:
            offers.append(b"first")
            await receive()
            await send_json(send, 200, b"{}")

    async def run() -> None:
        config = uvicorn.Config(app, loop="none", ws="none", lifespan="off", log_config=None)
        protocol = ClientProtocol(config, ServerState(), {})
        protocol.connection_made(Wire())
        protocol.data_received(slow)
        await asyncio.gather(*protocol.tasks)
        protocol.data_received(slow)
        await asyncio.sleep(0.01)
        assert offers == [b"first"]
        protocol.connection_lost(None)
        await asyncio.gather(*protocol.tasks)

    offers.clear()
    asyncio.run(run())
    assert offers == [b"first", b"left"]


def test_a_client_that_has_left_before_its_request_is_begun_is_not_served() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        left = WHOLE not in scope and (await receive())["type"] == "http.disconnect"
        seen.append("left" if left else "served")
        await send_json(send, 200, b"{}")

    async def run() -> None:
        config = uvicorn.Config(app, loop="none", ws="none", lifespan="off", log_config=None)
        protocol = ClientProtocol(config, ServerState(), {})
        protocol.connection_made(Wire())
        for _ in range(3):
            protocol.data_received(asked(b"x"))
            await asyncio.sleep(0.001)
        protocol.data_received(asked(b"x"))
        protocol.connection_lost(None)
        await asyncio.sleep(0.001)

    asyncio.run(run())
    assert seen == ["served", "served", "served", "left"]


def test_one_task_serves_the_requests_with_a_known_head_and_ends_with_the_connection() -> None:
    tasks: list[asyncio.Task[Any] | None] = []
    slow: list[float] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tasks.append(asyncio.current_task())
        await receive()
        await send_json(send, 200, b"{}")
        if slow:
            await asyncio.sleep(slow.pop())

    async def run() -> None:
        config = uvicorn.Config(app, loop="none", ws="none", lifespan="off", log_config=None)
        protocol = ClientProtocol(config, ServerState(), {})
        protocol.connection_made(Wire())

        async def ask() -> None:
            protocol.data_received(asked(b"x"))
            assert len(protocol.tasks) >= 1
            await asyncio.sleep(0.001)

        for _ in range(4):
            await ask()
            assert not protocol.tasks
        assert len(set(tasks)) == 2
        # One that goes on after its answer does not hold the next one up.
        slow.append(0.02)
        await ask()
        await ask()
        assert len(set(tasks)) == 3
        await asyncio.sleep(0.03)
        await ask()
        assert (len(set(tasks)), protocol.tasks) == (3, set())
        protocol.connection_lost(None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert all(task is not None and task.done() for task in tasks)

    asyncio.run(run())


@pytest.mark.parametrize("more", [b"connection: close\r\n", b"transfer-encoding: chunked\r\n"])
def test_a_head_that_asks_for_more_is_parsed_each_time(parsed: list[bytes], more: bytes) -> None:
    body = b"0\r\n\r\n" if b"chunked" in more else b"hello"
    length = b"" if b"chunked" in more else b"content-length: 5\r\n"
    one = b"POST /echo HTTP/1.1\r\nhost: x\r\n%b%b\r\n%b" % (length, more, body)
    converse(one, one)
    assert len(parsed) == (2 if b"chunked" in more else 1)


def test_a_client_whose_heads_are_all_different_is_not_remembered_for_ever(parsed: list[bytes]) -> None:
    def numbered(number: int) -> bytes:
        return asked(b"").replace(b"x-last: y", b"x-last: %d" % number)

    converse(*map(numbered, range(20)), numbered(19), wait_s=0.01)
    assert len(parsed) == 21


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

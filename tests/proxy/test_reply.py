"""Responses written by hand, as a client's own parser reads them: framing, the end, and what happens without one."""

from __future__ import annotations

import asyncio
import gc
import http.client
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from suffice.proxy.asgi import CONNECTION, Receive, Scope, Send, send_json
from suffice.proxy.headers import lines_of
from suffice.proxy.reply import REPLY, Reply
from suffice.proxy.server import ClientProtocol
from suffice.upstream.outbox import outbox_of

Answer = Callable[[Reply, ClientProtocol], Awaitable[None]]
PLAIN = lines_of([(b"content-type", b"text/plain"), (b"x-twice", b"1"), (b"x-twice", b"2")])


class Wire(asyncio.Transport):
    """A client's end of the connection, in memory: keeps each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    @property
    def sent(self) -> bytes:
        return b"".join(self.writes)

    def write(self, data: Any) -> None:
        assert not self.closed
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def serve(answer: Answer, *requests: bytes) -> Wire:
    """Serves requests on one connection to their end."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/json":
            await send_json(send, 200, b"{}")
        else:
            await answer(scope[REPLY], scope[CONNECTION])

    async def run() -> Wire:
        config = uvicorn.Config(app, loop="none", ws="none", lifespan="off", log_config=None)
        state, wire = ServerState(), Wire()
        protocol = ClientProtocol(config, state, {})
        protocol.connection_made(wire)
        for request in requests:
            protocol.data_received(request)
        while state.tasks:
            await asyncio.wait(state.tasks, timeout=10)
        protocol._unset_keepalive_if_required()
        closed = wire.closed
        protocol.connection_lost(None)
        wire.closed = closed
        return wire

    return asyncio.run(run())


def request(path: str = "/", *, method: str = "GET", version: str = "1.1", more: str = "") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nhost: x\r\n{more}\r\n".encode()


def parsed(sent: bytes, method: str = "GET") -> tuple[int, dict[str, str], bytes, bytes]:
    """Reads one response with the standard library's parser; returns status, headers, body and what follows."""

    class Connection:
        def __init__(self) -> None:
            self.file = io.BytesIO(sent)

        def makefile(self, *_: object) -> io.BytesIO:
            return self.file

    connection = Connection()
    response = http.client.HTTPResponse(connection, method=method)  # type: ignore[arg-type] -- only read
    response.begin()
    headers = dict(response.getheaders())
    # Reading the body closes the file.
    length = response.length
    chunked = response.chunked
    if not chunked and length is not None:
        body = connection.file.read(length)
        return response.status, headers, body, connection.file.read()
    end = sent.find(b"0\r\n\r\n") + 5
    return response.status, headers, response.read(), sent[end:]


async def hello(reply: Reply, _: ClientProtocol) -> None:
    reply.start(200, PLAIN)
    assert reply.write(b"hel")
    assert reply.write(b"")
    reply.end(b"lo")


async def sized(reply: Reply, _: ClientProtocol) -> None:
    reply.start(200, PLAIN + b"content-length: 5\r\n", 5)
    reply.write(b"hel")
    reply.end(b"lo")


async def framed(reply: Reply, _: ClientProtocol) -> None:
    reply.start(200, PLAIN)
    assert not reply.takes_frames
    reply.write(b"he")
    assert reply.takes_frames
    reply.cycle.transport.write(b"3\r\nllo\r\n")
    reply.end()


async def whole(reply: Reply, _: ClientProtocol) -> None:
    reply.whole(200, PLAIN, b"hello")


@pytest.mark.parametrize("answer", [hello, sized, framed, whole])
def test_a_body_is_framed_and_the_next_request_on_the_connection_is_served(answer: Answer) -> None:
    wire = serve(answer, request(), request("/json"))
    status, headers, body, following = parsed(wire.sent)
    assert (status, body) == (200, b"hello")
    assert ("transfer-encoding" in headers) == (answer not in {sized, whole})
    assert wire.sent.count(b"x-twice: ") == 2
    assert parsed(following)[:3:2] == (200, b"{}")
    assert not wire.closed


def test_the_head_goes_out_with_the_first_bytes_also_where_there_are_none() -> None:
    async def silent(reply: Reply, _: ClientProtocol) -> None:
        reply.start(200, PLAIN)
        await asyncio.sleep(0)
        reply.write(b"")
        reply.end()

    assert serve(hello, request()).writes[0].endswith(b"\r\n\r\n3\r\nhel\r\n")
    wire = serve(silent, request())
    assert wire.writes[0].endswith(b"\r\n\r\n")
    assert parsed(wire.sent)[2:] == (b"", b"")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
@pytest.mark.parametrize("declared", [None, 77])
def test_an_answer_that_has_no_body_gets_none(method: str, status: int, declared: int | None) -> None:
    async def answer(reply: Reply, _: ClientProtocol) -> None:
        reply.start(status, PLAIN + (b"content-length: 77\r\n" if declared else b""), declared)
        reply.write(b"")
        reply.end(b"surprise")

    wire = serve(answer, request(method=method), request("/json"))
    head, _, following = wire.sent.partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert (b"content-length: 77" in head) == bool(declared)
    assert parsed(following)[:3:2] == (200, b"{}")
    assert not wire.closed


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_an_answer_that_has_no_body_gets_none_where_it_came_whole(method: str, status: int) -> None:
    async def answer(reply: Reply, _: ClientProtocol) -> None:
        reply.whole(status, PLAIN, b"surprise")

    wire = serve(answer, request(method=method), request("/json"))
    head, _, following = wire.sent.partition(b"\r\n\r\n")
    assert b"content-length" not in head
    assert parsed(following)[:3:2] == (200, b"{}")


@pytest.mark.parametrize("answer", [hello, whole])
@pytest.mark.parametrize("how", [{"version": "1.0"}, {"more": "connection: close\r\n"}])
def test_the_connection_closes_after_the_answer_where_the_client_wants_that(
    how: dict[str, str], answer: Answer
) -> None:
    wire = serve(answer, request(**how))
    assert parsed(wire.sent)[1]["connection"] == "close"
    assert parsed(wire.sent)[2] == b"hello"
    assert wire.closed


@pytest.mark.parametrize("body", [b"hell", b"hello!"])
def test_a_body_of_another_length_than_declared_breaks_the_connection(body: bytes) -> None:
    async def answer(reply: Reply, _: ClientProtocol) -> None:
        reply.start(200, b"content-length: 5\r\n", 5)
        reply.end(body)

    assert serve(answer, request()).closed


def test_an_answer_without_its_end_breaks_the_connection() -> None:
    async def answer(reply: Reply, _: ClientProtocol) -> None:
        reply.start(200, PLAIN)
        reply.write(b"hel")

    wire = serve(answer, request())
    assert wire.closed
    assert not wire.sent.endswith(b"0\r\n\r\n")


def test_requests_sent_ahead_are_answered_in_their_order() -> None:
    async def slow(reply: Reply, _: ClientProtocol) -> None:
        reply.start(200, PLAIN)
        reply.write(b"hel")
        await asyncio.sleep(0.01)
        reply.end(b"lo")

    wire = serve(slow, request() + request("/json"))
    _, _, body, following = parsed(wire.sent)
    assert body == b"hello"
    assert parsed(following)[2] == b"{}"


def test_nothing_is_written_to_a_client_that_has_left() -> None:
    async def answer(reply: Reply, protocol: ClientProtocol) -> None:
        reply.start(200, PLAIN)
        reply.write(b"one")
        protocol.connection_lost(None)
        reply.write(b"two")
        reply.end(b"three")

    async def late(reply: Reply, protocol: ClientProtocol) -> None:
        protocol.connection_lost(None)
        await whole(reply, protocol)

    assert serve(late, request()).sent == b""
    wire = serve(answer, request())
    assert b"one" in wire.sent
    assert b"two" not in wire.sent
    assert b"three" not in wire.sent


def test_a_client_that_reads_slowly_is_waited_for() -> None:
    took: list[bool] = []

    async def answer(reply: Reply, protocol: ClientProtocol) -> None:
        reply.start(200, PLAIN)
        protocol.pause_writing()
        took.append(reply.write(b"one"))
        asyncio.get_running_loop().call_soon(protocol.resume_writing)
        await reply.drained()
        took.append(reply.write(b"two"))
        reply.end()

    wire = serve(answer, request())
    assert took == [False, True]
    assert parsed(wire.sent)[2] == b"onetwo"


def test_a_request_leaves_no_circle_for_the_collector() -> None:
    async def answer(reply: Reply, protocol: ClientProtocol) -> None:
        del protocol.scope[REPLY]  # type: ignore[misc] -- as an exchange takes it out
        await hello(reply, protocol)

    one = request()
    serve(answer, one)
    gc.collect()
    gc.disable()
    try:
        serve(answer, one)
        few = gc.collect()
        serve(answer, *[one] * 200)
        many = gc.collect()
    finally:
        gc.enable()
    assert many - few < 200


def test_a_server_that_shuts_down_sends_the_answer_that_it_holds() -> None:
    async def answer(reply: Reply, protocol: ClientProtocol) -> None:
        reply.start(200, b"content-length: 2\r\n", 2)
        reply.end(b"ok")
        protocol.shutdown()

    wire = serve(answer, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    assert wire.sent.endswith(b"\r\n\r\nok")
    assert wire.closed


def test_bytes_that_are_no_http_are_refused_after_the_answer_before_them() -> None:
    async def answer(reply: Reply, protocol: ClientProtocol) -> None:
        reply.start(200, b"content-length: 2\r\n", 2)
        reply.end(b"ok")
        protocol.data_received(b"\x00\x01 no HTTP\r\n\r\n")

    wire = serve(answer, b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
    first, _, second = wire.sent.partition(b"ok")
    assert first.startswith(b"HTTP/1.1 200")
    assert second.startswith(b"HTTP/1.1 400")


def test_what_must_be_done_first_is_done_before_a_part_goes_out() -> None:
    order: list[tuple[str, int]] = []

    async def answer(reply: Reply, protocol: ClientProtocol) -> None:
        wire = protocol.transport
        assert isinstance(wire, Wire)
        outbox_of(protocol.loop).before(lambda: order.append(("write", len(wire.writes))))
        reply.start(200, PLAIN)
        reply.write(b"part")
        outbox_of(protocol.loop).before(lambda: order.append(("end", len(wire.writes))))
        reply.end()

    wire = serve(answer, b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    assert order == [("write", 0), ("end", 1)]
    assert len(wire.writes) == 2

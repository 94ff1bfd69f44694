from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import pytest

from suffice.errors import UpstreamError
from suffice.upstream.client import UpstreamPool, _begun_before, opening_of

T = TypeVar("T")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-twice: 1\r\nx-twice: 2\r\n"


class Server:
    """Answers each connection with prepared pieces; notes what it got and when the client hung up."""

    def __init__(self, *pieces: bytes | float) -> None:
        self.pieces = pieces
        self.received = b""
        self.hung_up = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received += await reader.read(65536)
        with suppress(ConnectionError):
            for piece in self.pieces:
                if isinstance(piece, float):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(reader.read(1), timeout=piece)
                        self.hung_up.set()
                        break
                else:
                    writer.write(piece)
                    await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def talk(server: Server, client: Callable[[UpstreamPool, Server], Awaitable[T]]) -> T:
    async def run() -> T:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/x"
        pool = UpstreamPool(connect_timeout_s=1, read_timeout_s=0.3)
        try:
            return await client(pool, server)
        finally:
            await pool.close()
            listening.close()
            await listening.wait_closed()
            # The connections' own tasks end once their clients have hung up.
            await asyncio.sleep(0.05)

    return asyncio.run(run())


def test_bytes_and_headers_arrive_as_they_were_given() -> None:
    async def client(pool: UpstreamPool, server: Server) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        headers = [(b"x-one", b"a"), (b"x-one", b"b"), (b"accept-encoding", b"identity")]
        with await pool.open("POST", server.url + "?q=1", headers, b"{ }") as call:
            return call.status, call.headers, await call.whole()

    server = Server(HEAD + b"content-length: 2\r\n\r\nhi")
    status, headers, body = talk(server, client)
    assert (status, body) == (200, b"hi")
    assert [value for name, value in headers if name == b"x-twice"] == [b"1", b"2"]
    assert server.received.startswith(b"POST /v1/x?q=1 HTTP/1.1\r\n")
    assert server.received.lower().count(b"x-one: ") == 2
    assert server.received.endswith(b"\r\n\r\n{ }")


def test_a_header_that_is_no_text_keeps_its_bytes() -> None:
    async def client(pool: UpstreamPool, server: Server) -> list[tuple[bytes, bytes]]:
        with await pool.open("GET", server.url, [], b"") as call:
            return call.headers

    headers = talk(Server(HEAD + b"x-odd: caf\xe9\r\ncontent-length: 0\r\n\r\n"), client)
    assert (b"x-twice", b"2") in headers
    assert dict(headers)[b"x-odd"] == b"caf\xe9"


def test_chunks_come_one_by_one() -> None:
    async def client(pool: UpstreamPool, server: Server) -> list[bytes]:
        with await pool.open("POST", server.url, [], b"{}") as call:
            chunks = []
            while (chunk := await call.chunk()) is not None:
                chunks.append(chunk)
            return chunks

    pieces = [
        HEAD + b"transfer-encoding: chunked\r\n\r\n",
        0.02,
        b"3\r\none\r\n",
        0.02,
        b"3\r\ntwo\r\n",
        0.02,
    ]
    assert talk(Server(*pieces, b"0\r\n\r\n"), client) == [b"one", b"two"]


@pytest.mark.parametrize(
    ("pieces", "code", "billed"),
    [
        ((2.0,), "upstream_timeout", True),
        ((b"",), "upstream_broke_off", True),
        ((b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",), "upstream_invalid", True),
        ((b"HTTP/1.1 101 Other\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",), "upstream_invalid", True),
        ((b"\x00garbage\r\n\r\n",), "upstream_broke_off", True),
        (
            (HEAD.replace(b"x-twice", b"x twice", 1) + b"content-length: 0\r\n\r\n",),
            "upstream_broke_off",
            True,
        ),
        ((HEAD + b"transfer-encoding: chunked\r\n\r\nZZ\r\n",), "upstream_broke_off", True),
        ((HEAD + b"content-length: 9\r\n\r\nhi",), "upstream_broke_off", True),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
def test_each_way_to_fail_has_its_code(
    pieces: tuple[bytes | float, ...], code: str, billed: bool, streamed: bool
) -> None:
    async def client(pool: UpstreamPool, server: Server) -> None:
        with await pool.open("POST", server.url, [], b"{}") as call:
            if not streamed:
                await call.whole()
            while await call.chunk() is not None:
                pass

    with pytest.raises(UpstreamError) as caught:
        talk(Server(*pieces), client)
    assert (caught.value.code, caught.value.billed) == (code, billed)


def test_a_port_where_nobody_listens_is_not_billed() -> None:
    async def client(pool: UpstreamPool, server: Server) -> None:
        with await pool.open("POST", "http://127.0.0.1:1/v1/x?key=secret", [], b""):
            pass

    with pytest.raises(UpstreamError) as caught:
        talk(Server(), client)
    assert (caught.value.code, caught.value.billed, caught.value.status) == (
        "upstream_unreachable",
        False,
        502,
    )
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("how", ["leave", "cancel", "cancel before the head"])
def test_leaving_or_cancelling_hangs_up_at_once(how: str) -> None:
    async def client(pool: UpstreamPool, server: Server) -> bool:
        async def read() -> None:
            with await pool.open("POST", server.url, [], b"{}") as call:
                await call.chunk()
                if how == "cancel":
                    await call.chunk()

        task = asyncio.ensure_future(read())
        await asyncio.sleep(0.1)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.hung_up.wait(), timeout=2)
        return server.hung_up.is_set()

    head = (
        b"" if how == "cancel before the head" else HEAD + b"transfer-encoding: chunked\r\n\r\n3\r\none\r\n"
    )
    assert talk(Server(head, 5.0), client)


class Refusing(Server):
    """Refuses what is put, and reads no more of it; takes anything else."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        refused = (await reader.readuntil(b"\r\n\r\n")).startswith(b"PUT")
        writer.write(b"HTTP/1.1 %d x\r\ncontent-length: 0\r\n\r\n" % (413 if refused else 200))
        await asyncio.sleep(0.02)
        writer.transport.abort()


def test_a_request_that_is_refused_before_it_was_read_costs_no_other() -> None:
    async def client(pool: UpstreamPool, server: Server) -> list[int]:
        statuses = []
        for method, body in (("PUT", bytes(20_000_000)), ("POST", b"{}")):
            with await pool.open(method, server.url, [], body) as call:
                statuses.append(call.status)
                await call.whole()
        return statuses

    assert talk(Refusing(), client) == [413, 200]


@pytest.mark.parametrize("more", ["?key=secret", "/" + "x" * 300])
def test_of_addresses_only_short_ones_without_a_query_are_remembered(more: str) -> None:
    _begun_before.cache_clear()
    for _ in range(2):
        opening_of("GET", f"http://127.0.0.1:1/v1/models{more}", [])
    assert _begun_before.cache_info().currsize == 0
    for _ in range(2):
        opening_of("GET", "http://127.0.0.1:1/v1/models", [])
    assert (_begun_before.cache_info().currsize, _begun_before.cache_info().hits) == (1, 1)

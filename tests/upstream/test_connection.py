"""One connection, fed by hand: any cut of the bytes gives the same response, and nothing odd passes for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from wires import Wire

from suffice.errors import UpstreamError
from suffice.upstream.connection import Connection, Headers
from suffice.upstream.framing import framed

OK = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nx-one: 2\r\n"
SIZED = OK + b"content-length: 5\r\n\r\nhello"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\nx-trailer: 1\r\n\r\n"
TO_THE_END = OK + b"\r\nhello"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n" + SIZED


def exchange(
    *pieces: bytes,
    method: str = "POST",
    ends: bool = False,
    then: Callable[[Connection, Wire], None] | None = None,
) -> tuple[int, Headers, bytes, bool]:
    """Sends a request, feeds the pieces, returns status, headers, body and whether the connection can go on."""

    async def run() -> tuple[int, Headers, bytes, bool]:
        wire, connection = Wire(), Connection(5.0)
        connection.connection_made(wire)
        connection.send(method, b"head", b"body")
        await asyncio.sleep(0)
        assert wire.sent == b"headbody"
        for piece in pieces:
            connection.data_received(piece)
        if ends:
            connection.connection_lost(None)
        try:
            await asyncio.wait_for(head_of(connection), 1)
            body = b""
            while (chunk := await asyncio.wait_for(connection.chunk(), 1)) is not None:
                body += chunk
            if then is not None:
                then(connection, wire)
            return connection.status, connection.headers, body, connection.release()
        finally:
            connection.release()

    return asyncio.run(run())


async def head_of(connection: Connection) -> None:
    while not connection.head_done:
        await connection.wait()


@pytest.mark.parametrize("stream", [SIZED, CHUNKED, INTERIM])
def test_a_response_is_the_same_wherever_it_is_cut(stream: bytes) -> None:
    for at in range(len(stream)):
        status, headers, body, goes_on = exchange(stream[:at], stream[at:])
        assert (status, body, goes_on) == (200, b"hello", True)
        assert headers[:2] == [(b"x-one", b"1"), (b"x-one", b"2")]
        assert b"x-trailer" not in dict(headers)
        assert b"link" not in dict(headers)


def test_a_body_may_end_with_its_connection() -> None:
    assert exchange(TO_THE_END, ends=True)[2:] == (b"hello", False)


@pytest.mark.parametrize("stream", [SIZED, CHUNKED])
def test_a_response_that_ends_early_is_broken_off_at_any_byte(stream: bytes) -> None:
    for at in range(len(stream)):
        with pytest.raises(UpstreamError) as caught:
            exchange(stream[:at], ends=True)
        assert (caught.value.code, caught.value.billed) == ("upstream_broke_off", True)


def test_an_answer_to_head_has_no_body_and_ends_the_connection() -> None:
    status, headers, body, goes_on = exchange(OK + b"content-length: 77\r\n\r\n", method="HEAD")
    assert (status, dict(headers)[b"content-length"], body, goes_on) == (200, b"77", b"", False)


@pytest.mark.parametrize("status", [b"204", b"304"])
def test_an_answer_without_a_body_leaves_the_connection_open(status: bytes) -> None:
    assert exchange(b"HTTP/1.1 " + status + b" X\r\n\r\n")[2:] == (b"", True)


def test_a_connection_that_the_provider_wants_closed_is_not_used_again() -> None:
    assert not exchange(SIZED.replace(b"content-length", b"connection: close\r\ncontent-length"))[3]
    assert not exchange(SIZED.replace(b"HTTP/1.1", b"HTTP/1.0"))[3]


def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    def more(connection: Connection, wire: Wire) -> None:
        connection.data_received(SIZED)
        assert wire.aborted

    assert not exchange(SIZED, then=more)[3]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x00nonsense\r\n\r\n", "upstream_broke_off"),
        (b"HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", "upstream_invalid"),
        (b"HTTP/1.1 101 Other\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhi", "upstream_invalid"),
        (OK + b"x: a\x00b\r\n\r\n", "upstream_broke_off"),
        (OK + b"".join(b"x-%d: %b\r\n" % (n, b"y" * 4000) for n in range(100)), "upstream_broke_off"),
        (OK + b"transfer-encoding: chunked\r\n\r\nZZ\r\n", "upstream_broke_off"),
    ],
)
def test_what_is_no_answer_is_an_error(said: bytes, code: str) -> None:
    pieces = [said[at : at + 1000] for at in range(0, len(said), 1000)]
    with pytest.raises(UpstreamError) as caught:
        exchange(*pieces)
    assert caught.value.code == code


PIECE = b"x" * 200_000


def begun(pieces: int, *, read_timeout_s: float) -> tuple[Wire, Connection]:
    """A connection with the first piece of an answer, of which nobody has taken anything."""
    wire, connection = Wire(), Connection(read_timeout_s)
    connection.connection_made(wire)
    connection.send("GET", b"", b"")
    connection.data_received(OK + b"content-length: %d\r\n\r\n" % (pieces * len(PIECE)) + PIECE)
    return wire, connection


def test_a_provider_that_says_too_much_waits_until_it_is_taken() -> None:
    async def run() -> None:
        wire, connection = begun(3, read_timeout_s=0.05)
        assert not wire.paused
        connection.data_received(PIECE)
        assert wire.paused
        # It is the client who takes its time now, not the provider.
        await asyncio.sleep(0.2)
        assert await connection.chunk() == PIECE
        assert not wire.paused
        connection.data_received(PIECE)
        assert [await connection.chunk(), await connection.chunk(), await connection.chunk()] == [
            PIECE,
            PIECE,
            None,
        ]
        assert connection.release()

    asyncio.run(run())


def test_a_connection_that_is_not_read_from_is_not_used_again() -> None:
    async def run() -> None:
        wire, connection = begun(2, read_timeout_s=5.0)
        connection.data_received(PIECE)
        assert wire.paused
        # The client has left, and nobody takes what has come.
        assert not connection.release()
        assert wire.aborted

    asyncio.run(run())


@pytest.mark.parametrize("unsent_bytes", [0, 1])
def test_a_connection_that_a_refused_request_still_waits_on_is_not_used_again(unsent_bytes: int) -> None:
    def then(connection: Connection, wire: Wire) -> None:
        wire.unsent_bytes = unsent_bytes

    refused = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 2\r\n\r\nno"
    status, _, body, goes_on = exchange(refused, then=then)
    assert (status, body, goes_on) == (413, b"no", not unsent_bytes)


@pytest.mark.parametrize("said", [b"", OK + b"content-length: 5\r\n\r\n", OK + b"\r\n"])
def test_a_provider_that_falls_silent_is_given_up(said: bytes) -> None:
    async def run() -> None:
        wire, connection = Wire(), Connection(0.05)
        connection.connection_made(wire)
        connection.send("GET", b"", b"")
        if said:
            connection.data_received(said)
        if b"\r\n\r\n" in said:
            await head_of(connection)
        with pytest.raises(UpstreamError) as caught:
            await (connection.chunk() if b"\r\n\r\n" in said else head_of(connection))
        assert (caught.value.code, caught.value.status) == ("upstream_timeout", 504)
        assert wire.aborted
        connection.connection_lost(None)
        with pytest.raises(UpstreamError):
            await connection.chunk()

    asyncio.run(run())


def poured(
    then: Callable[[Connection, Wire, list[bytes]], None], *, takes: bool = True
) -> tuple[list[bytes], bool | UpstreamError, Connection, Wire]:
    """Pours a body into a list while `then` feeds the connection; returns the list and how pouring ended."""

    async def run() -> tuple[list[bytes], bool | UpstreamError, Connection, Wire]:
        wire, connection = Wire(), Connection(5.0)
        connection.connection_made(wire)
        connection.send("POST", b"", b"")
        connection.data_received(OK + b"transfer-encoding: chunked\r\n\r\n1\r\n0\r\n")
        await head_of(connection)
        assert await connection.chunk() == b"0"
        taken: list[bytes] = []

        def take(chunk: bytes) -> bool:
            taken.append(chunk)
            return takes

        pouring = asyncio.ensure_future(connection.pour(take))
        await asyncio.sleep(0)
        then(connection, wire, taken)
        try:
            ended: bool | UpstreamError = await asyncio.wait_for(pouring, 1)
        except UpstreamError as error:
            ended = error
        connection.release()
        return taken, ended, connection, wire

    return asyncio.run(run())


def test_a_body_is_poured_within_the_callback_and_what_comes_together_goes_on_together() -> None:
    def feed(connection: Connection, wire: Wire, taken: list[bytes]) -> None:
        connection.data_received(b"1\r\na\r\n")
        assert taken == [b"a"]
        connection.data_received(b"1\r\nb\r\n2\r\nc")
        assert taken == [b"a", b"bc"]
        connection.data_received(b"d\r\n0\r\n\r\n")

    taken, ended, connection, _ = poured(feed)
    assert (taken, ended) == ([b"a", b"bc", b"d"], True)
    assert connection.release()


def test_pouring_stops_where_the_sink_takes_no_more_and_the_provider_has_to_wait() -> None:
    piece = b"x" * 200_000

    def feed(connection: Connection, wire: Wire, taken: list[bytes]) -> None:
        for _ in range(3):
            connection.data_received(framed(piece))
        assert taken == [piece], "the rest waits"
        assert wire.paused

    taken, ended, connection, wire = poured(feed, takes=False)
    assert (taken, ended) == ([piece], False)
    assert not connection.release()

    async def rest() -> bool:
        return await connection.pour(lambda chunk: not taken.append(chunk) or True)

    connection.on_message_complete()
    connection._complete = True
    assert asyncio.run(rest())
    assert taken == [piece, piece + piece]
    assert not wire.paused


def test_a_body_that_breaks_off_is_poured_up_to_there() -> None:
    def feed(connection: Connection, wire: Wire, taken: list[bytes]) -> None:
        connection.data_received(b"1\r\na\r\n1\r\nb\r\nZZ\r\n")

    taken, ended, _, _ = poured(feed)
    assert taken == [b"ab"]
    assert isinstance(ended, UpstreamError)
    assert ended.code == "upstream_broke_off"


def test_pouring_that_is_cancelled_leaves_the_sink_alone() -> None:
    async def run() -> list[bytes]:
        connection = Connection(5.0)
        connection.connection_made(Wire())
        connection.send("POST", b"", b"")
        connection.data_received(OK + b"transfer-encoding: chunked\r\n\r\n")
        taken: list[bytes] = []
        pouring = asyncio.ensure_future(connection.pour(lambda chunk: not taken.append(chunk)))
        await asyncio.sleep(0)
        pouring.cancel()
        await asyncio.wait([pouring])
        connection.data_received(b"1\r\na\r\n")
        connection.release()
        return taken

    assert asyncio.run(run()) == []


def test_frames_of_one_answer_are_not_heard_again_in_the_next_one() -> None:
    async def run() -> None:
        connection = Connection(0.05)
        connection.connection_made(Wire())
        connection.send("POST", b"", b"")
        connection.data_received(OK + b"transfer-encoding: chunked\r\n\r\n" + framed(b"a\n\n"))
        frames: list[bytes] = []

        def take(data: bytes) -> bool:
            frames.append(data)
            return True

        pouring = asyncio.ensure_future(connection.pour(take, take))
        await asyncio.sleep(0)
        connection.data_received(framed(b"b\n\n"))
        assert frames == [b"a\n\n", framed(b"b\n\n")], "the second went by unparsed"
        connection.data_received(b"0\r\n\r\n")
        assert await pouring
        assert connection.release()
        connection.send("POST", b"", b"")
        asked_at = connection.heard_at
        await asyncio.sleep(0.02)  # some looks for silence
        assert connection.heard_at == asked_at
        connection.release()

    asyncio.run(run())

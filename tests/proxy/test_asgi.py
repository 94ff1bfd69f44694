from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from suffice.errors import RequestError
from suffice.proxy.asgi import CONNECTION, ClientLeft, ClientWatch, Message, Receive, read_body, send_json


def receiving(*messages: Message) -> Receive:
    left = list(messages)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_is_read_in_one_piece_or_many() -> None:
    one = read_body(receiving(part(b"abc", more=False)), declared=b"3", limit_bytes=3)
    many = read_body(receiving(part(b"a", more=True), part(b"bc", more=False)), declared=None, limit_bytes=3)
    assert asyncio.run(one) == asyncio.run(many) == b"abc"


@pytest.mark.parametrize(
    ("declared", "messages"),
    [
        (b"4", ()),
        (None, (part(b"abcd", more=False),)),
        (b"nonsense", (part(b"ab", more=True), part(b"cd", more=True))),
    ],
)
def test_a_body_over_the_limit_is_refused(declared: bytes | None, messages: tuple[Message, ...]) -> None:
    with pytest.raises(RequestError, match="max_body_mib") as caught:
        asyncio.run(read_body(receiving(*messages), declared=declared, limit_bytes=3))
    assert caught.value.status == 413


def test_a_client_that_leaves_while_it_sends_is_told_apart() -> None:
    with pytest.raises(ClientLeft):
        asyncio.run(
            read_body(
                receiving(part(b"a", more=True), {"type": "http.disconnect"}), declared=None, limit_bytes=9
            )
        )


class Connection:
    on_lost: Callable[[], None] | None = None

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()


def left_while_serving(*, stops_first: bool) -> bool:
    """Whether a request is cancelled when its client leaves while it is served."""

    async def serve() -> bool:
        connection = Connection()
        watch = ClientWatch({CONNECTION: connection})
        if stops_first:
            watch.stop()
        if connection.on_lost is not None:
            asyncio.get_running_loop().call_later(0.01, connection.on_lost)
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            return watch.left
        return False

    return asyncio.run(serve())


def test_the_watch_cancels_the_request_of_a_client_that_left() -> None:
    assert left_while_serving(stops_first=False)


def test_a_stopped_watch_leaves_the_request_alone() -> None:
    assert not left_while_serving(stops_first=True)


def test_a_stopped_watch_leaves_the_next_requests_watch_in_place() -> None:
    async def serve() -> bool:
        connection = Connection()
        first = ClientWatch({CONNECTION: connection})
        second = ClientWatch({CONNECTION: connection})
        first.stop()
        still_there = connection.on_lost is not None
        second.stop()
        return still_there and connection.on_lost is None

    assert asyncio.run(serve())


def test_a_json_answer_has_its_length_and_our_headers() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(send_json(send, 418, b"{}", [(b"x-suffice-reason", b"r")]))
    head, body = sent
    assert head["status"] == 418
    assert dict(head["headers"]) == {
        b"content-type": b"application/json",
        b"content-length": b"2",
        b"x-suffice-reason": b"r",
    }
    assert body == {"type": "http.response.body", "body": b"{}", "more_body": False}

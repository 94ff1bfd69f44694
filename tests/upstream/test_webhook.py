from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from live import free_port

from suffice.errors import UpstreamError
from suffice.upstream import webhook
from suffice.upstream.webhook import ATTEMPTS, Message, NotTakenError, Webhook, signature

MESSAGE = Message(id="e-1", body=b'{"what":"demoted"}')


class Listener:
    """The other end: answers with these statuses, the last for ever."""

    def __init__(self, *statuses: int) -> None:
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.statuses = list(statuses) or [204]
        listener = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
                place = min(len(listener.came), len(listener.statuses)) - 1
                self.send_response(listener.statuses[place])
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def listen() -> Iterator[Any]:
    there: list[Listener] = []

    def make(*statuses: int) -> Listener:
        there.append(Listener(*statuses))
        return there[-1]

    yield make
    for one in there:
        one.close()


def hook(url: str, secret: str | None = "k") -> Webhook:  # noqa: S107 -- made up
    return Webhook(url, secret, lambda: 5_000_000_000, wait_initial_s=0.01)


def test_an_event_is_told_signed(listen: Any) -> None:
    listener = listen()
    teller = hook(listener.url)
    teller.tell(MESSAGE)
    teller.join()
    ((headers, body),) = listener.came
    assert body == MESSAGE.body
    assert headers["x-suffice-event"] == "e-1"
    digits = hmac.new(b"k", b"5." + body, hashlib.sha256).hexdigest()
    assert headers["x-suffice-signature"] == f"t=5,v1={digits}" == signature("k", 5, body)


def test_without_a_secret_nothing_is_signed(listen: Any) -> None:
    listener = listen()
    teller = hook(listener.url, None)
    teller.tell(MESSAGE)
    teller.join()
    assert "x-suffice-signature" not in listener.came[0][0]


def test_it_is_told_again_until_it_is_taken(listen: Any) -> None:
    listener = listen(503, 429, 200)
    asyncio.run(hook(listener.url).send(MESSAGE))
    assert [headers["x-suffice-event"] for headers, _ in listener.came] == ["e-1"] * 3


def test_what_is_refused_for_good_is_not_sent_again(listen: Any) -> None:
    listener = listen(410)
    with pytest.raises(NotTakenError, match="410"):
        asyncio.run(hook(listener.url).send(MESSAGE))
    assert len(listener.came) == 1


def test_it_is_given_up_after_a_while(listen: Any) -> None:
    listener = listen(500)
    with pytest.raises(NotTakenError):
        asyncio.run(hook(listener.url).send(MESSAGE))
    assert len(listener.came) == ATTEMPTS


def test_who_is_not_there_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    with pytest.raises(UpstreamError):
        asyncio.run(hook(url).send(MESSAGE))
    teller = hook(url)
    teller.tell(MESSAGE)
    teller.join()
    assert "could not be told" in caplog.text


def test_no_more_wait_than_may(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(webhook, "MOST_WAITING", 1)
    teller = hook("http://127.0.0.1:9/")
    # No thread takes them: as if the first took for ever.
    teller._thread = threading.current_thread()
    teller.tell(MESSAGE)
    teller.tell(MESSAGE)
    assert "is not told" in caplog.text

"""Both ends of a proxy down to the bytes: a provider that answers whatever a test says, and a client."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"

Answer = bytes | Callable[[bytes], bytes | None]
"""The answer's bytes, or what makes them from the request's head; `None` says nothing and keeps the connection."""


class RawProvider:
    """Answers every request with the same bytes, or as a function of its head says; notes what it got."""

    def __init__(self, listening: socket.socket, answer: Answer) -> None:
        self._listening = listening
        self.answer = answer
        self.got: list[tuple[bytes, bytes]] = []
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while (request := read_request(connection)) is not None:
                self.got.append(request)
                said = self.answer if isinstance(self.answer, bytes) else self.answer(request[0])
                if said is None:
                    connection.recv(1)
                    return
                connection.sendall(said)
                if b"content-length" not in said.lower():
                    return


def read_request(connection: socket.socket) -> tuple[bytes, bytes] | None:
    """Reads one request with a declared length; `None` if the client has no more."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (piece := connection.recv(65536)):
            return None
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        if not (piece := connection.recv(65536)):
            return None
        body += piece
    return head, body


@contextmanager
def raw_provider(answer: Answer = OK) -> Iterator[RawProvider]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield RawProvider(listening, answer)
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def request(
    path: str = "/v1/chat/completions", body: bytes = b"{}", *, method: str = "POST", head: str = ""
) -> bytes:
    """The bytes of a request that asks for its connection to be closed."""
    lines = f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{head}"
    return f"{lines}content-length: {len(body)}\r\n\r\n".encode("latin-1") + body


def talk(port: int, *pieces: bytes, timeout_s: float = 10.0) -> bytes:
    """Sends the pieces and returns all that comes back until the other end closes."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as client:
        # The other end may refuse before it has read everything.
        with suppress(ConnectionError):
            for piece in pieces:
                client.sendall(piece)
        with suppress(ConnectionError):
            while piece := client.recv(65536):
                received += piece
    return received


def parts(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers with names in lower case, and body as it was framed."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(": ") for line in lines]
    return int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body

"""A client that keeps asking, for tests that break something meanwhile."""

from __future__ import annotations

import http.client
import json
import threading
import time

from recorded import HELLO, SENTIMENT


class Client(threading.Thread):
    """Sends one request after another; notes the ids of the answers that it saw complete."""

    def __init__(self, port: int, number: int, stop: threading.Event) -> None:
        super().__init__()
        self._port = port
        self._number = number
        self._stop_at = stop
        self.seen: list[str] = []
        self.broken = 0

    def run(self) -> None:
        body = {
            "model": "gpt-5.4",
            "messages": [{"role": "user", "content": HELLO if self._number % 2 else SENTIMENT}],
            "stream": self._number % 3 == 0,
        }
        while not self._stop_at.is_set():
            try:
                self.seen.append(self._one(json.dumps(body).encode(), stream=bool(body["stream"])))
            except (OSError, http.client.HTTPException):
                self.broken += 1
                time.sleep(0.01)

    def _one(self, body: bytes, *, stream: bool) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
            # An SDK takes a stream for complete when it has read the event that ends it.
            if answer.status != 200 or (stream and b"data: [DONE]" not in text):
                raise ConnectionError
            return answer.headers["x-suffice-decision"]
        finally:
            connection.close()

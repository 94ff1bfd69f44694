"""A provider that streams: 200 chunks of a chat completion, 2 ms apart, each in a write of its own."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any, cast

import uvloop

CHUNKS = 200
PAUSE_S = 0.002
EVENTS = CHUNKS + 2
"""Of a stream: its chunks, the usage, and the mark of its end."""
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
)
_EMPTY = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def _event(choices: list[dict[str, Any]], **more: Any) -> bytes:
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1764000000,
        "model": "gpt-5.4-2026-03-05",
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
        "choices": choices,
        **more,
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def _delta(content: str | None, finish: str | None = None) -> list[dict[str, Any]]:
    delta = {} if content is None else {"content": content}
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]


def events(*, usage: bool) -> list[bytes]:
    used = {"prompt_tokens": 312, "completion_tokens": CHUNKS, "total_tokens": 312 + CHUNKS}
    empty: dict[str, Any] = {"usage": None} if usage else {}
    made = [_event(_delta(f" word{number}"), **empty) for number in range(CHUNKS - 1)]
    made.append(_event(_delta(None, "stop"), **empty))
    if usage:
        made.append(_event([], usage=used))
    return [*made, b"data: [DONE]\n\n"]


_FRAMED = {
    usage: [b"%x\r\n%b\r\n" % (len(event), event) for event in events(usage=usage)] for usage in (False, True)
}


class Provider(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._seen = b""
        self._task: asyncio.Task[None] | None = None

    def data_received(self, data: bytes) -> None:
        self._seen += data
        end = self._seen.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._seen[:end])
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self._seen) < whole:
            return
        request, self._seen = self._seen[:whole], self._seen[whole:]
        if not request.startswith(b"POST"):
            self._transport.write(_EMPTY)
            return
        usage = b'"include_usage"' in request
        self._task = asyncio.get_running_loop().create_task(self._stream(usage=usage))

    async def _stream(self, *, usage: bool) -> None:
        self._transport.write(_HEAD)
        for frame in _FRAMED[usage]:
            self._transport.write(frame)
            await asyncio.sleep(PAUSE_S)
        self._transport.write(b"0\r\n\r\n")


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())

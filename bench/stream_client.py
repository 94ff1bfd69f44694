"""Reads streams through a proxy, and prints how long the first chunk took, as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time

import uvloop

PROMPT = "Summarise for the customer what happened to the parcel, and what we do about it. " * 16


def request(stream: str, headers: list[str]) -> bytes:
    body = json.dumps(
        {
            "model": "gpt-5.4",
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [
                {"role": "system", "content": "You answer for a shop."},
                {"role": "user", "content": f"{PROMPT} {stream}"},
            ],
        }
    ).encode()
    lines = [
        "POST /v1/chat/completions HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        "authorization: Bearer sk-bench",
        f"content-length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def read_streams(port: int, name: str, count: int, headers: list[str]) -> tuple[list[float], int]:
    """Returns seconds to the first chunk of each stream, and how many events came in all."""
    waits, events = [], 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(count):
        started = time.perf_counter()
        writer.write(request(f"{name}-{number}", headers))
        tail, first = b"", True
        while not tail.endswith(b"\r\n0\r\n\r\n"):
            data = await reader.read(65536)
            if not data:
                raise ConnectionError("the stream broke off")
            # The mark of an event may be cut in two by the network.
            seen = (tail[-5:] + data).count(b"data: ")
            if first and seen:
                waits.append(time.perf_counter() - started)
                first = False
            events += seen
            tail = (tail + data)[-16:]
    writer.close()
    return waits, events


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--streams", type=int, default=1, help="on each connection")
    parser.add_argument("--header", action="append", default=[])
    asked = parser.parse_args()
    readings = await asyncio.gather(
        *(read_streams(asked.port, f"c{n}", asked.streams, asked.header) for n in range(asked.connections))
    )
    waits = [wait for reading, _ in readings for wait in reading]
    events = sum(seen for _, seen in readings)
    print(json.dumps({"first_ms": statistics.median(waits) * 1000, "events": events}))


if __name__ == "__main__":
    uvloop.run(main())

"""A client's connection to the server's protocol, fed by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from suffice.proxy.asgi import CONNECTION, ClientLeft, Receive, Scope, Send, read_body, send_json
from suffice.proxy.server import ClientProtocol


class Wire(asyncio.Transport):
    """The client's end of a connection, in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.sent += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


bodies: list[bytes] = []
offers: list[bytes] = []


def converse(*chunks: bytes, lose: bool = False, wait_s: float = 0.05) -> tuple[Wire, list[str]]:
    """Feeds a connection and returns what came back, and which paths were served or lost."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/echo":
            try:
                bodies.append(await read_body(receive, declared=None, limit_bytes=100))
            except ClientLeft:
                return
            offers.extend(name for name, _ in scope["headers"] if name in {b"upgrade", b"connection"})
        if scope["path"] == "/slow":
            scope[CONNECTION].on_lost = lambda: seen.append("lost")
            await asyncio.sleep(0.01 if wait_s < 0.1 else wait_s / 2)
        seen.append(scope["path"])
        await send_json(send, 200, b"{}")

    async def run() -> Wire:
        config = uvicorn.Config(app, loop="none", ws="none", lifespan="off", log_config=None)
        protocol = ClientProtocol(config, ServerState(), {})
        wire = Wire()
        protocol.connection_made(wire)
        for chunk in chunks:
            protocol.data_received(chunk)
            await asyncio.sleep(0)
        if lose:
            protocol.connection_lost(None)
        await asyncio.sleep(wait_s)
        protocol._unset_keepalive_if_required()
        if not lose:
            protocol.connection_lost(None)
        await asyncio.sleep(0)
        return wire

    return asyncio.run(run()), seen

"""Runs the replay upstream under uvicorn."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

import uvicorn

from suffice.errors import ConfigError
from suffice.testing.replay_upstream.app import ReplayApp

_BACKLOG = 2048
_HOST = "127.0.0.1"
_GRACE_S = 2


def bind(port: int) -> socket.socket:
    """Returns a listening socket on the loopback interface.

    Args:
        port: 0 for any free one.

    Raises:
        ConfigError: The port is taken, or may not be used.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_HOST, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"cannot listen on {_HOST}:{port} ({os.strerror(error.errno or 0)}): "
            "choose another with --port, or end what listens there",
            code="cannot_listen",
        ) from error
    return listening


def url_of(listening: socket.socket) -> str:
    """Returns the URL of a server on this socket, without a slash at the end."""
    host, port = listening.getsockname()[:2]
    return f"http://{host}:{port}"


class ReplayServer(uvicorn.Server):
    """A uvicorn server of one replay application.

    Args:
        app: What it serves.
        on_ready: Called on the server's loop when requests are answered.
    """

    def __init__(self, app: ReplayApp, on_ready: Callable[[], None] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to serve, then says so."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the answers that wait, then the server."""
        self._app.close()
        await super().shutdown(sockets)

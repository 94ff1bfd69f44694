"""The process that watches over the workers, and the server of each: uvicorn's, but for what wakes them at rest."""

from __future__ import annotations

import asyncio
from types import FrameType

import uvicorn
from uvicorn.supervisors import multiprocess

_ASKED_EVERY = 10


class Server(uvicorn.Server):
    """uvicorn's, which by itself looks ten times a second whether it is to end: most of what a worker costs at rest.

    Here a signal wakes it.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Serves until a signal says that it is to end."""
        self._loop = asyncio.get_running_loop()
        # One look only: no header has a date, and no number of requests ends a worker.
        if not await self.on_tick(0):
            await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Takes a signal to end, wherever the program is at that moment."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._told.set)


class Process(multiprocess.Process):
    """A worker process. It is sent to the process that it becomes, and makes its server there."""

    _looks = 0

    @property
    def server(self) -> uvicorn.Server:
        """Its server."""
        if self._server is None:
            self._server = Server(self.config)
        return self._server

    def is_alive(self, timeout: float = 5) -> bool:
        """Tells whether it runs; each tenth time, every five seconds, also whether it answers: asked, it wakes.

        Args:
            timeout: Seconds to wait for the answer.
        """
        self._looks += 1
        return super().is_alive(timeout) if self._looks % _ASKED_EVERY == 0 else self.process.is_alive()


multiprocess.Process = Process  # type: ignore[misc] # -- uvicorn has no other way to say what its workers are


class Supervisor(multiprocess.Multiprocess):
    """uvicorn's, which by itself holds the port until the last request has ended: who connects then hangs."""

    def terminate_all(self) -> None:
        """Lets go of the port, so that new connections are refused at once, then ends the workers in good order."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()

"""Serves a recording in this process until told to stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.app import ReplayApp
from suffice.testing.replay_upstream.options import ReplayOptions
from suffice.testing.replay_upstream.served import Served
from suffice.testing.replay_upstream.server import ReplayServer, bind, url_of

OnReady = Callable[[str, Recording, ReplayServer], None]


def serve(answers: Path, options: ReplayOptions, on_ready: OnReady) -> None:
    """Serves until SIGINT or SIGTERM arrives, or `should_exit` of the server is set.

    Args:
        answers: The folder with the recorded answers.
        options: How to behave.
        on_ready: Called once with the URL, the recording and the running server.

    Raises:
        ConfigError: The recording cannot be read, or the port is taken.
        ValueError: A fault rate cannot be read.
    """
    rates = options.rates()
    recording = Recording.load(answers)
    with bind(options.port) as listening, _Log(options.log) as log:
        url = url_of(listening)
        app = ReplayApp(
            recording,
            rates=rates,
            always=options.always(),
            watch=log.write if options.log else None,
        )
        server = ReplayServer(app, lambda: on_ready(url, recording, server))
        server.run(sockets=[listening])


class _Log:
    """One JSON line for every request served, flushed so that a test can read along."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("ab", buffering=0)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, served: Served) -> None:
        assert self._file is not None  # noqa: S101 -- only called where there is a path
        self._file.write(msgspec.json.encode(served) + b"\n")

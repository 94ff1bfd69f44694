"""`ReplayUpstream`: a replay upstream that a test or a command starts, asks and stops."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from suffice.errors import ConfigError
from suffice.testing.replay_upstream.answers import Recording
from suffice.testing.replay_upstream.app import ReplayApp
from suffice.testing.replay_upstream.options import ReplayOptions
from suffice.testing.replay_upstream.served import Served
from suffice.testing.replay_upstream.server import ReplayServer, bind, url_of

_KEPT = 100_000
_START_S = 30.0
_STOP_S = 10.0
_POLL_S = 0.005


class ReplayUpstream:
    """A running replay upstream. Use it as a context manager, or call `stop`.

    Args:
        url: Without a slash at the end; the APIs are under `/v1`.
        served: Returns what was served so far.
        stop: Ends the server; called once.

    `with ReplayUpstream.start(answers) as upstream: client = OpenAI(base_url=f"{upstream.url}/v1")`
    """

    def __init__(self, url: str, served: Callable[[], list[Served]], stop: Callable[[], None]) -> None:
        self.url = url
        self._served = served
        self._stop: Callable[[], None] | None = stop

    @classmethod
    def start(cls, answers: Path, options: ReplayOptions | None = None) -> Self:
        """Starts one in a thread of this process; `served` then has bodies and headers as well.

        Args:
            answers: The folder with the recorded answers.
            options: How to behave; `log` is not used.

        Raises:
            ConfigError: The recording cannot be read, or the port is taken.
            ValueError: A fault rate cannot be read.
        """
        options = options or ReplayOptions()
        kept: deque[Served] = deque(maxlen=_KEPT)
        app = ReplayApp(
            Recording.load(answers),
            rates=options.rates(),
            always=options.always(),
            watch=kept.append,
            keep_bodies=True,
        )
        listening, ready = bind(options.port), threading.Event()
        server = ReplayServer(app, ready.set)
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="replay-upstream", daemon=True
        )
        thread.start()
        if not ready.wait(_START_S):
            raise ConfigError(f"the replay upstream did not start in {_START_S:.0f} s", code="not_started")

        def stop() -> None:
            server.should_exit = True
            thread.join(_STOP_S)

        return cls(url_of(listening), lambda: list(kept), stop)

    @classmethod
    def start_process(cls, answers: Path, options: ReplayOptions | None = None) -> Self:
        """Starts one in a process of its own, which ends with this one whatever happens.

        Args:
            answers: The folder with the recorded answers.
            options: How to behave; without `log`, a temporary file is used.

        Raises:
            ConfigError: It did not start; the message says what it said.
        """
        options = options or ReplayOptions()
        scratch = tempfile.TemporaryDirectory(prefix="suffice-replay-")
        log = options.log or Path(scratch.name, "served.jsonl")
        arguments = msgspec.json.encode(msgspec.structs.replace(options, log=log), enc_hook=str).decode()
        command = [sys.executable, "-m", "suffice.testing.replay_upstream", str(answers), arguments]
        process = subprocess.Popen(  # noqa: S603 -- our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A Ctrl-C at the terminal is for whoever started this, who then ends it.
            process_group=0,
        )

        def stop() -> None:
            _end(process)
            scratch.cleanup()

        assert process.stdout is not None  # noqa: S101 -- a pipe was asked for
        url = process.stdout.readline().decode().strip()
        if not url:
            said = process.communicate()[1].decode(errors="replace").strip()
            scratch.cleanup()
            raise ConfigError(f"the replay upstream did not start: {said}", code="not_started")
        return cls(url, lambda: _read_log(log), stop)

    @property
    def served(self) -> list[Served]:
        """The requests that are over, in the order in which they ended."""
        return self._served()

    def wait_served(self, count: int, timeout_s: float = 5.0) -> list[Served]:
        """Returns what was served as soon as it is `count` requests or more.

        Args:
            count: Requests to wait for.
            timeout_s: Seconds; after a client's departure the server needs a moment to see it.

        Raises:
            TimeoutError: Fewer were served by then.
        """
        deadline = time.monotonic() + timeout_s
        while len(served := self.served) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(served)} of {count} requests were served in {timeout_s} s")
            time.sleep(_POLL_S)
        return served

    def stop(self) -> None:
        """Ends the server; a second call does nothing."""
        if self._stop is not None:
            stop, self._stop = self._stop, None
            stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _read_log(log: Path) -> list[Served]:
    whole = log.read_bytes().rpartition(b"\n")[0] if log.exists() else b""
    return [msgspec.json.decode(line, type=Served) for line in whole.split(b"\n") if line]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closes the process's input, which ends it; kills it if it does not obey."""
    assert process.stdin is not None  # noqa: S101 -- a pipe was asked for
    process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()

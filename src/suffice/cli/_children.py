"""Child processes of a command: started, waited for, and ended by their id on every way out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from suffice.errors import SufficeError

_POLL_S = 0.05
_STOP_S = 20.0
_TAIL_LINES = 20

Shown = Literal["nothing", "progress", "all"]
"""What of a command's output goes to the terminal: nothing, standard error alone, or all of it."""


class ChildError(SufficeError):
    """A child process did not do what it was started for."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="child_failed")


class SufficeChild:
    """A `suffice` command in a process of its own. Use as a context manager, which ends it.

    Args:
        arguments: The command and its arguments.
        log: The file that gets what it prints.
    """

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self._arguments = list(arguments)
        self._log = log

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [sys.executable, "-m", "suffice", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C at the terminal is for the command that started this, which then ends it.
                process_group=0,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    @property
    def running(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def tail(self) -> str:
        """Returns the last lines of what it printed."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:]) or "(it printed nothing)"

    def wait_healthy(self, url: str, timeout_s: float) -> None:
        """Waits until `GET url` answers 200.

        Raises:
            ChildError: The process ended, or did not answer in time; the message has the tail of its log.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if not self.running:
                raise ChildError(
                    f"`suffice {self._arguments[0]}` ended at its start. It said:\n{self.tail()}"
                )
            if fetched(url) is not None:
                return
            time.sleep(_POLL_S)
        raise ChildError(f"{url} did not answer in {timeout_s:.0f} s. The log says:\n{self.tail()}")


def run_suffice(
    arguments: Sequence[str], *, shown: Shown = "nothing", variables: Mapping[str, str] | None = None
) -> str:
    """Runs a `suffice` command to its end; returns what it wrote to standard output.

    Args:
        arguments: The command and its arguments.
        shown: What goes to the terminal instead; of standard output, that is then not returned.
        variables: Of its environment, beside this process's own.

    Raises:
        ChildError: It failed; the message has what it wrote to standard error, unless that went to the terminal.
    """
    done = subprocess.run(  # noqa: S603 -- our own program
        [sys.executable, "-m", "suffice", *arguments],
        stdout=None if shown == "all" else subprocess.PIPE,
        stderr=subprocess.PIPE if shown == "nothing" else None,
        env={**os.environ, **(variables or {})},
        check=False,
    )
    if done.returncode:
        said = "" if done.stderr is None else f" It said:\n{done.stderr.decode(errors='replace').strip()}"
        raise ChildError(f"`suffice {arguments[0]}` failed.{said}")
    return (done.stdout or b"").decode()


def fetched(url: str) -> bytes | None:
    """Returns what `GET url` answers, or `None` if it does not answer 200."""
    # Not through an HTTP proxy that the environment may name: this is our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bytes(answer.read()) if answer.status == 200 else None
    except (urllib.error.URLError, OSError):
        return None

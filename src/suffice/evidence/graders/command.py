"""A program of yours judges each answer: tests that run, an eval that passes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Literal

import msgspec

from suffice.config import GraderSettings
from suffice.evidence.graders import Parts
from suffice.evidence.grading import Answered, Sample, Score, no_verdict
from suffice.evidence.told import handed, told_text

VERSION = "1"
READS = frozenset({"command", "verdict", "environment", "timeout_s"})
NEEDS = frozenset({"command"})
REFERENCES: tuple[str, ...] = ()
MOST_OUTPUT = 1 << 20
"""Bytes of output that are read; of a program that prints more, the verdict is not waited for."""
_GRACE_S = 5.0
_HANDED_ON = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "PYTHONPATH", "VIRTUAL_ENV"})


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What the program says; no verdict where it fails, takes too long or says nothing readable.

    It is also asked about answers that refuse or are empty: that is for it to judge.
    """

    NAME: ClassVar[str] = "command"
    VERSION: ClassVar[str] = VERSION
    command: tuple[str, ...]
    verdict: Literal["stdout", "exit_code"] = "stdout"
    environment: Mapping[str, str] = {}
    timeout_s: float = 30.0
    folder: Path = Path()
    advisory: bool = False

    async def score(self, sample: Sample, answer: Answered) -> Score:
        """Returns what the program says."""
        try:
            child = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=self.folder,
                env=dict(self.environment),
                # A group of its own, so that what it starts ends with it.
                start_new_session=True,
            )
        except OSError as error:
            return no_verdict("command_failed", error.strerror or "it cannot be started")
        try:
            async with asyncio.timeout(self.timeout_s):
                said = await _talk(child, json.dumps(handed(sample, answer), default=str).encode())
        except TimeoutError:
            return no_verdict("grader_timed_out", f"no verdict within {self.timeout_s:g} s")
        finally:
            await _end(child)
        if said is None:
            return no_verdict("unreadable_score", "it printed more than 1 MiB")
        return self._read(said, child.returncode)

    def _read(self, said: bytes, code: int | None) -> Score:
        if self.verdict == "exit_code":
            if code in {0, 1}:
                return Score(value=1.0 - code, reason=f"exit code {code}")
            return no_verdict("command_failed", f"exit code {code}")
        if code != 0:
            return no_verdict("command_failed", f"exit code {code}")
        return told_text(said.decode("utf-8", "replace"))


async def _talk(child: asyncio.subprocess.Process, told: bytes) -> bytes | None:
    """Writes and reads at once: a program that does not read must not keep us from reading."""

    async def write() -> None:
        assert child.stdin is not None  # noqa: S101 -- it was asked for as a pipe
        try:
            child.stdin.write(told)
            await child.stdin.drain()
            child.stdin.close()
        except (BrokenPipeError, ConnectionResetError):
            pass
        except RuntimeError:
            # uvloop's word for a pipe that the program has closed; anything else is a fault of ours.
            if not child.stdin.is_closing():
                raise

    async def read() -> bytes | None:
        assert child.stdout is not None  # noqa: S101 -- it was asked for as a pipe
        parts, size = [], 0
        while part := await child.stdout.read(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MOST_OUTPUT:
                _kill(child)
                return None
        return b"".join(parts)

    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        reading = group.create_task(read())
    said = reading.result()
    if said is not None:
        await child.wait()
    return said


async def _end(child: asyncio.subprocess.Process) -> None:
    """Ends the program and all that it has started, and waits until it is gone."""
    _kill(child)
    assert child.stdout is not None  # noqa: S101 -- it was asked for as a pipe
    # asyncio waits for the pipe's end as well. What has left the group may hold it open: that is not waited for.
    with suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            while await child.stdout.read(1 << 16):
                pass
            await child.wait()


def _kill(child: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _missing(settings: GraderSettings, folder: Path) -> str | None:
    program = settings.command[0]
    found = shutil.which(program) if "/" not in program else (folder / program).is_file() or None
    return None if found else f"command {program} is not there"


def _environment(named: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, value in os.environ.items():
        if name in _HANDED_ON or name.startswith("LC_") or name in named:
            yield name, value


def grader(settings: GraderSettings, parts: Parts) -> Command:
    """Returns the grader of some settings.

    Raises:
        ValueError: There is no such program, or a variable that it shall be handed is not set.
    """
    missing = _missing(settings, parts.folder)
    if missing is not None:
        raise ValueError(missing)
    environment = dict(_environment(settings.environment))
    unset = [name for name in settings.environment if name not in environment]
    if unset:
        raise ValueError(f"environment names {unset[0]}, which is not set: export {unset[0]}=... first")
    return Command(
        command=settings.command,
        verdict=settings.verdict,
        environment=environment,
        timeout_s=settings.timeout_s,
        folder=parts.folder,
    )

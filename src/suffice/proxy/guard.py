"""Fail open: runs a step of ours so that no fault in it can reach the request, and counts what failed."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar, TypeVarTuple

Args = TypeVarTuple("Args")
T = TypeVar("T")
Step = Literal["read", "decide", "meter", "record", "reload", "capture", "route", "shadow", "budget"]

_log = logging.getLogger("suffice.guard")


class Guard:
    """Shields requests from our own faults. `faults` counts them by step, for `/healthz`."""

    def __init__(self) -> None:
        self.faults: Counter[Step] = Counter()
        self._told: Counter[tuple[Step, str]] = Counter()

    def run(self, step: Step, call: Callable[[*Args], T], *args: *Args) -> T | None:
        """Returns what the call returns, or `None` if it failed in whatever way.

        It takes no named arguments: to hand on what may be named costs half as much again, for each chunk of a stream.
        """
        try:
            return call(*args)
        except Exception as fault:  # noqa: BLE001 -- the one place that may: a fault of ours must not cost a request
            self.faults[step] += 1
            self._tell(step, _kind(fault))
            return None

    async def run_async(self, step: Step, doing: Awaitable[T]) -> T | None:
        """Returns what is awaited, or `None` if it failed in whatever way; a task that is cancelled stays so."""
        # A cancellation of whoever waits here ends what is awaited too, and is raised here.
        (ended,) = await asyncio.gather(doing, return_exceptions=True)

        def outcome() -> T:
            if isinstance(ended, BaseException):
                raise ended
            return ended

        return self.run(step, outcome)

    def _tell(self, step: Step, kind: str) -> None:
        """Logs the first, second, fourth, eighth ... fault of a kind: a full disk must not fill its log as well."""
        self._told[step, kind] += 1
        times = self._told[step, kind]
        if times & (times - 1) == 0:
            so_far = f"; {times:,} times so far" if times > 1 else ""
            _log.warning("%s failed (%s), requests go on without it%s", step, kind, so_far)


def _kind(fault: Exception) -> str:
    """Returns the kind of a fault, and what the operating system says of it: its own text could quote the prompt."""
    cause = fault if isinstance(fault, OSError) else fault.__cause__
    said = f": {os.strerror(cause.errno)}" if isinstance(cause, OSError) and cause.errno is not None else ""
    return f"{type(fault).__name__}{said}"

"""Fail open: runs a step of ours so that no fault in it can reach the request, and counts what failed."""

from __future__ import annotations

import asyncio
import logging
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

    def run(self, step: Step, call: Callable[[*Args], T], *args: *Args) -> T | None:
        """Returns what the call returns, or `None` if it failed in whatever way.

        It takes no named arguments: to hand on what may be named costs half as much again, for each chunk of a stream.
        """
        try:
            return call(*args)
        except Exception as fault:  # noqa: BLE001 -- the one place that may: a fault of ours must not cost a request
            self.faults[step] += 1
            # The kind of the fault alone: its text could quote the prompt.
            _log.warning("%s failed (%s), requests go on without it", step, type(fault).__name__)
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

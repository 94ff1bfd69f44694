"""Fail open: runs a step of ours so that no fault in it can reach the request, and counts what failed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Literal, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
Step = Literal["read", "decide", "meter", "record", "reload", "capture", "route", "shadow", "budget"]

_log = logging.getLogger("suffice.guard")


class Guard:
    """Shields requests from our own faults. `faults` counts them by step, for `/healthz`."""

    def __init__(self) -> None:
        self.faults: Counter[Step] = Counter()

    def run(self, step: Step, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Returns what the call returns, or `None` if it failed in whatever way."""
        try:
            return call(*args, **kwargs)
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

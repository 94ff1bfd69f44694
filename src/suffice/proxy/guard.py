"""Fail open: runs a step of ours so that no fault in it can reach the request, and counts what failed."""

from __future__ import annotations

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
            _log.warning("%s failed (%s), the request goes on without it", step, type(fault).__name__)
            return None

    async def run_async(self, step: Step, doing: Awaitable[T]) -> T | None:
        """Returns what is awaited, or `None` if it failed in whatever way; a task that is cancelled stays so."""
        try:
            return await doing
        except Exception as fault:  # noqa: BLE001 -- as above: what is done beside requests must not end the worker
            self.faults[step] += 1
            _log.warning("%s failed (%s)", step, type(fault).__name__)
            return None

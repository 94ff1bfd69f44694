"""Puts what was newly learned to use in a running worker: notices, decodes off the request path, swaps one reference.

An artifact that cannot be used changes nothing: the last good engine goes on, and `/healthz` says what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from suffice.engine import Engine
from suffice.errors import PolicyError
from suffice.proxy.guard import Guard
from suffice.store.artifacts import Artifacts

LOOK_EVERY_S = 0.5
_DAY_NS = 86_400_000_000_000

_log = logging.getLogger("suffice.reload")


class Reload:
    """Holds the engine in use and replaces it when the artifact or the day's prices change.

    Args:
        artifacts: Where artifacts are published.
        engine_of: Makes the engine of an artifact's fingerprint and bytes, or of `None`: with nothing learned. Raises
            `PolicyError` if they cannot be used.
        guard: Counts what fails, as `reload`.
        now_ns: The clock, Unix time: prices have dates.
    """

    def __init__(
        self,
        artifacts: Artifacts,
        engine_of: Callable[[tuple[str, bytes] | None], Engine],
        guard: Guard,
        now_ns: Callable[[], int],
    ) -> None:
        self._artifacts = artifacts
        self._engine_of = engine_of
        self._guard = guard
        self._now_ns = now_ns
        self._state = artifacts.state()
        self._day = now_ns() // _DAY_NS
        self.error: str | None = None
        self.engine = (None if self._state is None else self._load()) or engine_of(None)

    def look(self) -> bool:
        """Tells whether there is something new to load, once for each change. Cheap: one stat."""
        seen = self._artifacts.state(), self._now_ns() // _DAY_NS
        if seen == (self._state, self._day):
            return False
        # Whatever comes of it: what is broken is not tried again before it changes.
        self._state, self._day = seen
        return True

    def load(self) -> bool:
        """Replaces the engine, or keeps the one in use if the new one cannot be; returns which."""
        engine = self._load()
        if engine is not None:
            self.engine = engine
        return engine is not None

    async def run(self, swapped: Callable[[Engine], None]) -> None:
        """Looks twice a second until it is cancelled.

        Args:
            swapped: Told of each new engine, on the event loop.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self.look() and await asyncio.to_thread(self.load):
                swapped(self.engine)

    def _load(self) -> Engine | None:
        self.error = "it cannot be used"
        engine = self._guard.run("reload", self._try)
        if engine is not None:
            self.error = None
        return engine

    def _try(self) -> Engine | None:
        try:
            fingerprint = self._artifacts.current()
            learned = None if fingerprint is None else (fingerprint, self._artifacts.read(fingerprint))
            return self._engine_of(learned)
        except PolicyError as error:
            self._guard.faults["reload"] += 1
            self.error = error.message
            _log.warning("what was learned before goes on: %s", error.message)
            return None

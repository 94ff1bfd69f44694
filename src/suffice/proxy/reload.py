"""Puts what was learned or published to use in a running worker: notices, decodes off the path, swaps one reference.

Three files are watched: the pointers to what was learned from outcomes and to the published policy, and the switch.
What cannot be used changes nothing: what was in use goes on, and `/healthz` says what is wrong.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

import msgspec

from suffice.engine import Engine
from suffice.errors import PolicyError
from suffice.policy import escalation
from suffice.policy.switch import Switch
from suffice.proxy.guard import Guard
from suffice.store.artifacts import State

LOOK_EVERY_S = 0.5
_DAY_NS = 86_400_000_000_000

_log = logging.getLogger("suffice.reload")

Named = tuple[str, bytes] | None
"""A fingerprint and bytes; `None` where nothing has been published."""
EngineOf = Callable[[Named, Named], Engine]


class Source(Protocol):
    """A folder with a pointer to the artifact in use."""

    def state(self) -> State:
        """Returns something that differs whenever the pointer was replaced."""

    def current(self) -> str | None:
        """Returns the fingerprint of the artifact in use."""

    def read(self, fingerprint: str) -> bytes:
        """Returns the bytes of an artifact."""


class Switching(Protocol):
    """Where the switch is kept."""

    def state(self) -> State:
        """Returns something that differs whenever the switch was replaced."""

    def read(self) -> Switch | None:
        """Returns the switch; `None` if nobody has set it."""


class Reload:
    """Holds the engine in use and replaces it when an artifact or the day's prices change.

    Args:
        artifacts: Where what was learned is published.
        policies: Where policies are published.
        engine_of: Makes the engine of what was learned and of a policy, each `None` where there is none. Raises
            `PolicyError` if they cannot be used.
        guard: Counts what fails, as `reload`.
        now_ns: The clock, Unix time: prices have dates.
        switches: Where the switch is kept; `None` where there is none.
        default: The switch that counts until one is set.
    """

    def __init__(  # noqa: PLR0913 -- made in one place
        self,
        artifacts: Source,
        policies: Source,
        engine_of: EngineOf,
        guard: Guard,
        now_ns: Callable[[], int],
        *,
        switches: Switching | None = None,
        default: Switch | None = None,
    ) -> None:
        self._sources = (artifacts, policies)
        self._switches = switches
        self._default = default
        self._engine_of = engine_of
        self._guard = guard
        self._now_ns = now_ns
        self._seen = self._look()
        self._stale = self._switched = False
        self.error: str | None = None
        self.switch_error: str | None = None
        self._wrong = ""
        self.engine = self._start()
        self._switch_seen = self._switch_state()
        # One that cannot be read at the start routes nothing: who knows what it said.
        calm = None if default is None else default.observing()
        self._switch(calm)

    def look(self) -> bool:
        """Tells whether there is something new to load, once for each change. Cheap: three stats."""
        seen, switch = self._look(), self._switch_state()
        self._stale = self._stale or seen != self._seen
        self._switched = self._switched or switch != self._switch_seen
        changed = (seen, switch) != (self._seen, self._switch_seen)
        # Whatever comes of it: what is broken is not tried again before it changes.
        self._seen, self._switch_seen = seen, switch
        return changed

    def load(self) -> bool:
        """Replaces the engine, or keeps the one in use if the new one cannot be; returns which."""
        replaced = False
        if self._switched:
            self._switched = False
            replaced = self._switch(self.engine.switch)
        if self._stale:
            self._stale = False
            engine = self._load(*self._sources)
            if engine is not None:
                self.engine = msgspec.structs.replace(engine, switch=self.engine.switch)
            replaced = replaced or engine is not None
        return replaced

    async def run(self, swapped: Callable[[Engine], None]) -> None:
        """Looks twice a second until it is cancelled.

        Args:
            swapped: Told of each new engine, on the event loop.
        """
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self.look() and await asyncio.to_thread(self.load):
                swapped(self.engine)

    def _switch_state(self) -> State:
        return None if self._switches is None else self._switches.state()

    def _switch(self, otherwise: Switch | None) -> bool:
        """Puts the switch as it stands into the engine, or another if it cannot be read; returns whether it could."""
        wrong = None
        try:
            found = None if self._switches is None else self._switches.read()
            switch = found or self._default
        except PolicyError as error:
            self._guard.faults["reload"] += 1
            wrong = error.message
            _log.warning("the switch stays as it was: %s", wrong)
            switch = otherwise
        if switch is not None and switch.routes:
            # Takes a while, once; off the event loop, or before there is one.
            self._guard.run("reload", escalation.warm)
        self.engine = msgspec.structs.replace(self.engine, switch=switch)
        self.switch_error = wrong
        return wrong is None

    def _look(self) -> tuple[State, State, int]:
        artifacts, policies = self._sources
        return artifacts.state(), policies.state(), self._now_ns() // _DAY_NS

    def _start(self) -> Engine:
        """The engine to begin with: of both, or else of the one that can be used, and what is wrong is kept."""
        artifacts, policies = self._sources
        learned, published, _ = self._seen
        tries: list[tuple[Source | None, Source | None]] = []
        if learned or published:
            tries.append((artifacts, policies))
        if learned and published:
            tries += [(artifacts, None), (None, policies)]
        wrong = None
        for sources in tries:
            engine = self._load(*sources)
            if engine is not None:
                self.error = wrong
                return engine
            wrong = wrong or self.error
        return self._engine_of(None, None)

    def _load(self, artifacts: Source | None, policies: Source | None) -> Engine | None:
        self._wrong = "it cannot be used"
        engine = self._guard.run("reload", lambda: self._try(artifacts, policies))
        # Only now: who asks while something loads is told of no error that there is not.
        self.error = None if engine is not None else self._wrong
        return engine

    def _try(self, artifacts: Source | None, policies: Source | None) -> Engine | None:
        try:
            return self._engine_of(_read(artifacts), _read(policies))
        except PolicyError as error:
            self._guard.faults["reload"] += 1
            self._wrong = error.message
            _log.warning("what was learned and published before goes on: %s", error.message)
            return None


def _read(source: Source | None) -> Named:
    fingerprint = None if source is None else source.current()
    return None if source is None or fingerprint is None else (fingerprint, source.read(fingerprint))

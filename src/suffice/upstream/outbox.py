"""Holds writes to sockets until the loop's turn ends, so that those of many requests go out together.

A write wakes whoever waits at the other end, and waking an idle process costs more than sending to one that is awake.
Of requests that come together, each would wake the provider, and each answer its client. One request alone waits for
one empty turn of the loop, some microseconds. What has to be safe before an answer goes out is done for all of them
at once, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakKeyDictionary

MOST_HELD = 16
"""So many go out at once, whatever else the loop has to do: the first waits for no more than these."""


class Outbox:
    """Writes of one loop, in the order in which they were put. `first` is what has to be done before any of them."""

    __slots__ = ("_held", "first")

    def __init__(self) -> None:
        self._held: list[tuple[asyncio.Transport, bytes]] = []
        self.first: list[Callable[[], None]] = []

    def before(self, step: Callable[[], None]) -> None:
        """Has a step done before anything more is written, and by the end of the turn in any case.

        Args:
            step: Must not raise. Whoever ends an answer past the outbox calls `prepare` first.

        Raises:
            RuntimeError: No loop is running.
        """
        if not self._held and not self.first:
            asyncio.get_running_loop().call_soon(self.flush)
        self.first.append(step)

    def prepare(self) -> None:
        """Does what has to be done before the next write."""
        steps, self.first = self.first, []
        for step in steps:
            step()

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Takes what is to be written; whoever writes past it, or closes the transport in order, flushes first.

        Raises:
            RuntimeError: No loop is running.
        """
        held = self._held
        if not held and not self.first:
            asyncio.get_running_loop().call_soon(self.flush)
        held.append((transport, data))
        if len(held) >= MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Writes what is held; what is for a transport that has closed meanwhile is dropped."""
        if self.first:
            self.prepare()
        held, self._held = self._held, []
        for transport, data in held:
            if not transport.is_closing():
                transport.write(data)


_outboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, Outbox] = WeakKeyDictionary()


def outbox_of(loop: asyncio.AbstractEventLoop) -> Outbox:
    """Returns the outbox of a loop; all that write on it share one."""
    found = _outboxes.get(loop)
    if found is None:
        found = _outboxes[loop] = Outbox()
    return found

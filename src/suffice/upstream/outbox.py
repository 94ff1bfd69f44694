"""Holds writes to sockets until the loop's turn ends, so that those of many requests go out together.

A write wakes whoever waits at the other end, and waking an idle process costs more than sending to one that is awake.
Of requests that come together, each would wake the provider, and each answer its client. One request alone waits for
one empty turn of the loop, some microseconds.
"""

from __future__ import annotations

import asyncio
from weakref import WeakKeyDictionary

MOST_HELD = 16
"""So many go out at once, whatever else the loop has to do: the first waits for no more than these."""


class Outbox:
    """Writes of one loop, in the order in which they were put."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, data: bytes) -> None:
        """Takes what is to be written; whoever writes past it, or closes the transport in order, flushes first.

        Raises:
            RuntimeError: No loop is running.
        """
        held = self._held
        if not held:
            asyncio.get_running_loop().call_soon(self.flush)
        held.append((transport, data))
        if len(held) >= MOST_HELD:
            self.flush()

    def flush(self) -> None:
        """Writes what is held; what is for a transport that has closed meanwhile is dropped."""
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

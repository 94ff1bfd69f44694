"""LEARN: what the guard moves, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from suffice.errors import SufficeError
from suffice.policy.switch import Switch
from suffice.store.events import EventLog, Happened
from suffice.store.policies import Policies
from suffice.store.switch import SwitchFile


class Levers(msgspec.Struct, frozen=True, kw_only=True):
    """What a demotion moves."""

    switches: SwitchFile
    default: Switch
    """That counts until one is set."""
    policies: Policies
    events: EventLog
    tell: Callable[[Happened], None]
    """Must not wait."""

    def announce(self, events: Sequence[Happened]) -> None:
        """Tells of events and writes them down. Tells first: a full disk must keep nobody from being told.

        Raises:
            SufficeError: One could not be written; all have been told.
        """
        for event in events:
            self.tell(event)
        failed: SufficeError | None = None
        for event in events:
            try:
                self.events.append(event)
            except SufficeError as error:
                failed = error
        if failed is not None:
            raise failed

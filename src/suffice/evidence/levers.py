"""LEARN: what the guard moves, and whom it tells."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

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

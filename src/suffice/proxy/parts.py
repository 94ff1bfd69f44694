"""What every exchange of a worker shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from suffice.config import Settings
from suffice.engine import Engine
from suffice.proxy.budgets import Gate
from suffice.proxy.guard import Guard
from suffice.proxy.routes import Routes
from suffice.proxy.settlement import Record
from suffice.proxy.steering import Steering
from suffice.upstream.breaker import Breakers
from suffice.upstream.client import UpstreamPool

if TYPE_CHECKING:
    # It brings libraries that a worker does without while capturing is off.
    from suffice.proxy.captures.taking import Captures
    from suffice.proxy.watching import Watching


class Parts(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A worker's parts; a reload puts another value in its place, and requests under way keep theirs."""

    settings: Settings
    routes: Routes
    engine: Engine
    pool: UpstreamPool
    record: Record
    guard: Guard
    steering: Steering
    breakers: Breakers
    now_ns: Callable[[], int]
    """Unix time."""
    now_s: Callable[[], float]
    """A clock that never goes back."""
    new_id: Callable[[], str]
    unasked: set[str]
    """Providers that refused to be asked for usage: they are not asked again."""
    captures: Captures | None = None
    """`None` while capturing is off."""
    watching: Watching | None = None
    """What the live guard sees; `None` where there is none."""
    gate: Gate | None = None
    """What budgets refuse; `None` where none does."""

    @cached_property
    def decides(self) -> bool:
        """Whether anything is decided."""
        return self.engine.mode != "off"

    @cached_property
    def steers(self) -> bool:
        """Whether something may be served as chosen."""
        switch = self.engine.switch
        return switch is not None and switch.routes

"""What a breaker is told of one call, and what is kept of a call to the baseline that failed."""

from __future__ import annotations

from suffice.policy.fallback import Told, after_baseline, retry_after_s
from suffice.policy.patch import Patch
from suffice.proxy.parts import Parts
from suffice.proxy.settlement import Settlement
from suffice.types import Ending
from suffice.upstream.breaker import Ticket
from suffice.upstream.client import UpstreamCall


class Tell:
    """Tells a breaker what came of one call: something, once; and a break after a good beginning.

    Args:
        parts: With the breakers.
        upstream: Whose breaker.
        ticket: The call's.
    """

    __slots__ = ("_parts", "_ticket", "_told", "_upstream")

    def __init__(self, parts: Parts, upstream: str, ticket: Ticket) -> None:
        self._parts = parts
        self._upstream = upstream
        self._ticket = ticket
        self._told = False

    def __call__(self, what: Told, retry_after_s: float = 0.0) -> None:
        """Tells it.

        Args:
            what: What came of the call; `dropped` after anything else says nothing.
            retry_after_s: How long the upstream asks to be left alone.
        """
        breakers, now_s = self._parts.breakers, self._parts.now_s()
        if what == "failed":
            breakers.failed(self._upstream, now_s, self._ticket, retry_after_s)
        elif not self._told and what == "succeeded":
            breakers.succeeded(self._upstream, now_s, self._ticket)
        elif not self._told:
            breakers.dropped(self._upstream, now_s, self._ticket)
        self._told = True


class Spare:
    """Where the baseline is served elsewhere, and what became of the call to its own provider.

    Args:
        patch: What it is asked with there.
        tell: The breaker of its own provider.
    """

    __slots__ = ("aside", "patch", "tell")

    def __init__(self, patch: Patch, tell: Tell) -> None:
        self.patch = patch
        self.tell = tell
        self.aside: tuple[Settlement, Ending, str | None] | None = None

    def failed(self, call: UpstreamCall) -> bool:
        """Tells the breaker what the head of an answer says, and returns whether the other is to be asked."""
        rule = after_baseline(call.status)
        self.tell(rule.told, retry_after_s(dict(call.headers)))
        return rule.move == "next"

    def fails(self, aside: Settlement, ending: Ending, fault: str | None) -> None:
        """Keeps the failed call, to be settled as discarded should the other answer."""
        self.aside = aside, ending, fault

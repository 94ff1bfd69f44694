"""Circuit breakers: an upstream that keeps failing is left alone for a while, then tried with one call.

Only for candidates and fallbacks that suffice chose: what the client asked for is never refused here, as suffice must
not make a request fail that would have worked without it.

Kept libraries (purgatory, pybreaker, aiobreaker) count consecutive failures against their own clock and wait a fixed
time; none has a failure rate over a window, a growing pause with jitter, or a clock that is handed in, and aiobreaker
has had no release since 2021.

Source: Nygard, "Release It!" (2nd ed. 2018), chapter 5, "Circuit Breaker"; a rate over a window of calls with a least
number of calls as in resilience4j; the numbers are house heuristics.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Literal

from suffice.config import LimitSettings

State = Literal["closed", "open", "half_open"]
Ticket = int
"""Permission for one call, to be handed back with its outcome; 0 is a refusal. A ticket of an earlier state counts for
nothing: a slow answer from before an outage does not end it."""

MOST_UPSTREAMS = 1_024
"""Breakers of a worker; the one that was used least recently goes first."""
_JITTER = 0.2
"""Share by which a pause is longer or shorter: workers do not probe in step. House heuristic."""


def upstream_of(provider: str, model: str) -> str:
    """Returns the name of what one breaker stands for.

    >>> upstream_of("openai", "gpt-5.4-nano")
    'openai/gpt-5.4-nano'
    """
    return f"{provider}/{model}"


class Breaker:
    """The state machine of one upstream. It reads no clock: each call says what time it is.

    closed: calls pass; when `breaker_failure_share` of the last `breaker_calls` calls (of at least
    `breaker_least_calls`) failed, it opens. open: nothing passes until the pause is over. half-open: one call passes,
    the probe; if it succeeds the breaker closes and forgets, if it fails or says nothing for `breaker_probe_s`, it
    opens for twice as long as before.

    Args:
        limits: When it opens and for how long.
        rng: Of the jitter.
    """

    __slots__ = ("_limits", "_outcomes", "_rng", "_state", "_ticket", "_trips", "_until_s")

    def __init__(self, limits: LimitSettings, rng: random.Random) -> None:
        self._limits = limits
        self._rng = rng
        self._outcomes: deque[tuple[float, bool]] = deque(maxlen=limits.breaker_calls)
        self._state: State = "closed"
        self._ticket: Ticket = 1
        self._trips = 0
        self._until_s = 0.0

    @property
    def state(self) -> State:
        """The state that the last call left; an open breaker whose pause is over is still called open."""
        return self._state

    @property
    def until_s(self) -> float:
        """When the pause or the probe's time ends; means nothing while closed."""
        return self._until_s

    def allows(self, now_s: float) -> Ticket:
        """Returns a ticket for a call, or 0 if there shall be none."""
        if self._state == "closed":
            return self._ticket
        if self._state == "half_open" and now_s >= self._until_s:
            self._open(now_s, 0.0)
        if self._state == "half_open" or now_s < self._until_s:
            return 0
        self._change("half_open")
        self._until_s = now_s + self._limits.breaker_probe_s
        return self._ticket

    def succeeded(self, now_s: float, ticket: Ticket) -> None:
        """Notes that a call was answered."""
        if ticket != self._ticket or self._state == "open":
            return
        if self._state == "half_open":
            self._trips = 0
            self._outcomes.clear()
            self._change("closed")
        self._outcomes.append((now_s, True))

    def failed(self, now_s: float, ticket: Ticket, retry_after_s: float = 0.0) -> None:
        """Notes that a call failed.

        Args:
            now_s: The time.
            ticket: The call's.
            retry_after_s: How long the upstream asks to be left alone; a pause is at least so long.
        """
        if ticket != self._ticket or self._state == "open":
            return
        if self._state == "half_open":
            self._open(now_s, retry_after_s)
            return
        self._outcomes.append((now_s, False))
        since = now_s - self._limits.breaker_window_s
        recent = [good for at_s, good in self._outcomes if at_s > since]
        bad = recent.count(False)
        if len(recent) >= self._limits.breaker_least_calls and (
            bad >= self._limits.breaker_failure_share * len(recent)
        ):
            self._open(now_s, retry_after_s)

    def dropped(self, now_s: float, ticket: Ticket) -> None:
        """Notes that a call ended without saying anything of the upstream: the client left, or asked what is invalid.

        A probe that says nothing makes room for the next one at once.
        """
        if ticket == self._ticket and self._state == "half_open":
            self._change("open")
            self._until_s = now_s

    def _open(self, now_s: float, retry_after_s: float) -> None:
        longest = self._limits.breaker_longest_pause_s
        # Beyond 2**30 the power says nothing that `longest` does not.
        pause = min(longest, self._limits.breaker_pause_s * 2 ** min(self._trips, 30))
        pause *= 1 + _JITTER * (2 * self._rng.random() - 1)
        self._trips += 1
        self._outcomes.clear()
        self._change("open")
        self._until_s = now_s + max(pause, min(retry_after_s, longest))

    def _change(self, state: State) -> None:
        self._state = state
        self._ticket += 1


class Breakers:
    """The breakers of one worker, by upstream (`upstream_of`). Workers do not share theirs.

    Args:
        limits: When they open and for how long.
        rng: Of the jitter.
    """

    def __init__(self, limits: LimitSettings, rng: random.Random) -> None:
        self._limits = limits
        self._rng = rng
        self._breakers: dict[str, Breaker] = {}

    def __len__(self) -> int:
        return len(self._breakers)

    def allows(self, upstream: str, now_s: float) -> Ticket:
        """Returns a ticket for a call that suffice chose, or 0 (false) if another upstream shall serve.

        Args:
            upstream: Of `upstream_of`.
            now_s: A clock that never goes back, in seconds.
        """
        # Taken out and put in again: a dict keeps the order of insertion, so the first is the least recently used.
        breaker = self._breakers.pop(upstream, None) or Breaker(self._limits, self._rng)
        self._breakers[upstream] = breaker
        if len(self._breakers) > MOST_UPSTREAMS:
            del self._breakers[next(iter(self._breakers))]
        return breaker.allows(now_s)

    def succeeded(self, upstream: str, now_s: float, ticket: Ticket) -> None:
        """Notes that a call was answered; see `Breaker.succeeded`."""
        if (breaker := self._breakers.get(upstream)) is not None:
            breaker.succeeded(now_s, ticket)

    def failed(self, upstream: str, now_s: float, ticket: Ticket, retry_after_s: float = 0.0) -> None:
        """Notes that a call failed; see `Breaker.failed`."""
        if (breaker := self._breakers.get(upstream)) is not None:
            breaker.failed(now_s, ticket, retry_after_s)

    def dropped(self, upstream: str, now_s: float, ticket: Ticket) -> None:
        """Notes that a call ended without saying anything of its upstream; see `Breaker.dropped`."""
        if (breaker := self._breakers.get(upstream)) is not None:
            breaker.dropped(now_s, ticket)

    def states(self) -> dict[str, State]:
        """Returns the state of each breaker that is not closed, for `/healthz`."""
        return {name: one.state for name, one in self._breakers.items() if one.state != "closed"}

"""The switch: what is served as chosen, in which use cases, to which share of sessions. One immutable value. Pure.

A bucket that is switched to `route` is ramped: each step of the ramp holds for a while, and then the next follows by
itself; every worker reads the same step off the same clock. The holdout stays on the baseline at every step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from suffice.errors import PolicyError

Mode = Literal["route", "observe", "off"]

RAMP = (0.05, 0.25, 1.0)
STEP_S = 86_400.0
HOLDOUT = 0.05
_NS = 1_000_000_000


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What one use case, or every other, is set to."""

    mode: Mode
    since_ns: int
    """Unix time: when the ramp began."""
    ramp: tuple[float, ...] = RAMP
    """Shares of the sessions outside of the holdout, each in (0, 1], rising."""
    step_s: float = STEP_S
    """How long each but the last holds."""
    reason: str = ""
    """Why, in words: who set it, or what the guard found."""

    def share(self, at_ns: int, *, certified_ns: int = 0) -> float:
        """Returns the share of sessions, outside of the holdout, that are served as chosen.

        Args:
            at_ns: Unix time.
            certified_ns: Unix time from which the choice's certificate holds: a new one ramps as well. 0: it has none.

        >>> ramped = Setting(mode="route", since_ns=0, ramp=(0.05, 1.0), step_s=60)
        >>> [ramped.share(seconds * 10**9) for seconds in (0, 59, 60, 10**6)]
        [0.05, 0.05, 1.0, 1.0]
        """
        if self.mode != "route":
            return 0.0
        began_ns = max(self.since_ns, certified_ns)
        step = int(max(0, at_ns - began_ns) // max(1, int(self.step_s * _NS)))
        return self.ramp[min(step, len(self.ramp) - 1)]


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """What every use case is set to."""

    default: Setting
    """For every use case that has no setting of its own."""
    buckets: Mapping[str, Setting] = {}
    holdout: float = HOLDOUT
    """Share of sessions that stay on the baseline, in [0, 1)."""
    salt: str = ""
    """Of the dice: another salt is another holdout."""

    def of(self, bucket: str) -> Setting:
        """Returns what holds for a use case: nothing is served as chosen where everything is switched off."""
        if self.default.mode == "off":
            return self.default
        return self.buckets.get(bucket, self.default)

    @property
    def routes(self) -> bool:
        """Something may be served as chosen."""
        return self.default.mode != "off" and any(
            setting.mode == "route" for setting in (self.default, *self.buckets.values())
        )

    def observing(self) -> Switch:
        """Returns the same with nothing served as chosen; what is off stays off."""

        def calm(setting: Setting) -> Setting:
            return msgspec.structs.replace(setting, mode="observe") if setting.mode == "route" else setting

        return msgspec.structs.replace(
            self,
            default=calm(self.default),
            buckets={bucket: calm(setting) for bucket, setting in self.buckets.items()},
        )

    @property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that name the content."""
        return hashlib.blake2b(self.encode(), digest_size=6).hexdigest()

    def encode(self) -> bytes:
        """Returns JSON that a person can read."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2) + b"\n"

    @staticmethod
    def decode(data: bytes) -> Switch:
        """Returns the switch of some JSON.

        Raises:
            PolicyError: It is none, or a share is out of range.
        """
        try:
            found = msgspec.json.decode(data, type=Switch)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise PolicyError(f"the switch cannot be read: {error}", code="bad_switch") from error
        if not 0 <= found.holdout < 1:
            raise PolicyError("the switch: holdout must be in [0, 1)", code="bad_switch")
        for setting in (found.default, *found.buckets.values()):
            problem = ramp_problem(setting.ramp)
            if problem is not None or not setting.step_s > 0:
                raise PolicyError(f"the switch: {problem or 'a step must last'}", code="bad_switch")
        return found


def ramp_problem(ramp: tuple[float, ...]) -> str | None:
    """Says what is wrong with a ramp; `None` if nothing is.

    >>> ramp_problem((0.05, 1.0)), ramp_problem((0.5, 0.2))
    (None, 'the steps of a ramp must rise')
    """
    if not ramp or not all(0 < step <= 1 for step in ramp):
        return "the steps of a ramp are shares above 0 and up to 1"
    return "the steps of a ramp must rise" if list(ramp) != sorted(set(ramp)) else None

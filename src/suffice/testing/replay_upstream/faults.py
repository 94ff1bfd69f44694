"""The faults that the replay upstream can be told to have: by a request's header, or at a rate."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec

FAULT_HEADER = b"x-replay-fault"
FAULT_MODEL_HEADER = b"x-replay-fault-model"
"""Names the one model whose requests get these faults; without it all do."""


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """What is to go wrong with one answer. The default is nothing."""

    status: int | None = None
    """Answer with this error status, 400 to 599."""
    latency_ms: float = 0.0
    """Wait before the first byte."""
    chunk_latency_ms: float = 0.0
    """Wait before each event of a stream but the first."""
    cut_events: int | None = None
    """Drop the connection after this many events."""
    cut_bytes: int | None = None
    """Drop the connection after this many bytes of the body or the stream."""
    hang_events: int | None = None
    """Say no more after this many events, and keep the connection; 0 sends not even headers."""
    error_events: int | None = None
    """After this many events send the API's error event and end."""
    bad_json: bool = False
    """Break the JSON of the body, or of an event in the middle of a stream."""
    no_usage: bool = False
    """Leave the usage out."""
    close: bool = False
    """Drop the connection without an answer."""

    def __or__(self, other: Faults) -> Faults:
        """Both; where both say something, `other` counts. With `NO_FAULTS` it is the one that is not."""
        if other is NO_FAULTS or self is NO_FAULTS:
            return self if other is NO_FAULTS else other
        said = {
            name: getattr(other, name)
            for name in self.__struct_fields__
            if getattr(other, name) != getattr(NO_FAULTS, name)
        }
        return msgspec.structs.replace(self, **said)


NO_FAULTS = Faults()

_SWITCHES = {
    "bad-json": Faults(bad_json=True),
    "no-usage": Faults(no_usage=True),
    "close": Faults(close=True),
    "hang": Faults(hang_events=0),
}
_COUNTED = {
    "cut": "cut_events",
    "cut-bytes": "cut_bytes",
    "hang": "hang_events",
    "error-event": "error_events",
    "latency": "latency_ms",
    "latency-chunk": "chunk_latency_ms",
}
FAULT_NAMES = (
    "400..599, cut:EVENTS, cut-bytes:BYTES, hang, hang:EVENTS, error-event:EVENTS, latency:MS, "
    "latency-chunk:MS, bad-json, no-usage, close"
)


def parse_faults(text: str) -> Faults:
    """Reads faults as the header writes them: names with a comma between.

    Raises:
        ValueError: A name is not one of `FAULT_NAMES`, or its number is none.

    >>> parse_faults("latency:20, cut:3") == Faults(latency_ms=20, cut_events=3)
    True
    """
    faults = NO_FAULTS
    for name in text.split(","):
        faults |= _parse_one(name.strip())
    return faults


def _parse_one(text: str) -> Faults:
    if text in _SWITCHES:
        return _SWITCHES[text]
    if text.isdecimal() and 400 <= int(text) <= 599:
        return Faults(status=int(text))
    name, _, number = text.partition(":")
    field = _COUNTED.get(name)
    if field is None or not number.isdecimal():
        raise ValueError(f"no such fault: {text!r}; there are {FAULT_NAMES}")
    value: Any = float(number) if field.endswith("_ms") else int(number)
    return Faults(**{field: value})


class FaultRates:
    """Draws faults at given rates.

    Args:
        rates: Faults with the share of requests, in [0, 1], that get them; drawn independently of each other.
        rng: Where chance comes from; seeded, it makes runs repeat.
    """

    def __init__(self, rates: Sequence[tuple[Faults, float]], rng: random.Random) -> None:
        self._rates = rates
        self._rng = rng

    def draw(self) -> Faults:
        """Returns the faults of the next request."""
        faults = NO_FAULTS
        for fault, rate in self._rates:
            if self._rng.random() < rate:
                faults |= fault
        return faults


def parse_rate(text: str) -> tuple[Faults, float]:
    """Reads a fault with its rate, such as `429=0.01`.

    Raises:
        ValueError: It is not a fault, `=`, and a number from 0 to 1.
    """
    name, equals, rate = text.rpartition("=")
    try:
        share = float(rate)
    except ValueError:
        share = -1.0
    if not equals or not 0 <= share <= 1:
        raise ValueError(f"{text!r} is not a fault with its rate: write, for example, 429=0.01")
    return parse_faults(name), share

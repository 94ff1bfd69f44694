"""CHOOSE: what follows when an upstream fails. One table; `docs/resilience.md` is the same in words.

What the client asked for is answered as its provider answers, errors included, so that the SDK's own retries work as
without suffice. A model that suffice chose in its place is tried once: whatever it answers with an error, the client
never sees, and the baseline answers. Where the operator says that a model is served elsewhere too, that is asked before
the baseline, and where the baseline's own provider fails. Nothing follows a first byte that the client has.

Sources: the vendors' SDKs (they retry 408, 409, 429 and 5xx, at most twice by default, and say how long they wait and
which try it is); the numbers are house heuristics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec

Move = Literal["relay", "next", "break"]
"""relay: the client gets this answer or error. next: the next upstream is asked. break: the client has a part of an
answer, so its connection is broken as the provider's broke."""
Told = Literal["succeeded", "failed", "dropped"]
"""What a breaker is told: the methods of `suffice.upstream.breaker.Breakers`."""

MOST_CHANGES = 2
"""Upstreams that may fail before the last one is asked: three calls for one request at most."""
_SERVER_FAULT = 500
_INVALID = frozenset({400, 409, 413, 415, 422})
"""The request's fault, or the adaptation's: says nothing of the upstream. 401, 403, 404 do: its key or model is not
there for anybody."""
_LONGEST_S = 86_400.0


class Rule(msgspec.Struct, frozen=True):
    """What to do now, and what the upstream's breaker is told."""

    move: Move
    told: Told


def after_status(status: int, *, ours: bool) -> Rule:
    """Says what follows the head of an answer, before anything was sent to the client.

    Args:
        status: HTTP status of the upstream.
        ours: suffice chose this upstream; false for the baseline that the client asked for.

    >>> after_status(429, ours=True), after_status(429, ours=False)
    (Rule(move='next', told='failed'), Rule(move='relay', told='failed'))
    """
    if status < 400:
        return Rule("relay", "succeeded")
    told: Told = "dropped" if status in _INVALID else "failed"
    return Rule("next" if ours else "relay", told)


def after_fault(*, ours: bool, started: bool) -> Rule:
    """Says what follows when an upstream cannot be reached, breaks off, is silent for too long or answers no HTTP.

    Args:
        ours: suffice chose this upstream.
        started: The client has the first byte.
    """
    if started:
        return Rule("break", "failed")
    return Rule("next" if ours else "relay", "failed")


def after_baseline(status: int) -> Rule:
    """Says what follows the head of the baseline's answer where the same model is served elsewhere.

    Only its provider's own faults are anybody else's business: a refused key or a limit is the client's, and stays so.

    >>> after_baseline(503), after_baseline(429)
    (Rule(move='next', told='failed'), Rule(move='relay', told='dropped'))
    """
    if status >= _SERVER_FAULT:
        return Rule("next", "failed")
    return Rule("relay", "dropped" if status >= 400 else "succeeded")


def patience_s(headers: Mapping[bytes, bytes], most_s: float) -> float:
    """Returns how long a model that suffice chose may stay silent before its first byte, in seconds.

    At most half of what the client itself waits, where its SDK says so: the other half is the baseline's.

    Args:
        headers: Of the request, names in lower case.
        most_s: `candidate_timeout_s` of the settings.

    >>> patience_s({b"x-stainless-read-timeout": b"20.0"}, 60.0), patience_s({}, 60.0)
    (10.0, 60.0)
    """
    waits = (_seconds(headers.get(name)) for name in (b"x-stainless-read-timeout", b"x-stainless-timeout"))
    return min([most_s, *(wait / 2 for wait in waits if wait)])


def is_retry(headers: Mapping[bytes, bytes]) -> bool:
    """Tells whether an SDK is trying again what failed before.

    Then the baseline answers: tries of the SDK and of suffice do not multiply.

    >>> is_retry({b"x-stainless-retry-count": b"1"}), is_retry({b"x-stainless-retry-count": b"0"})
    (True, False)
    """
    count = headers.get(b"x-stainless-retry-count", b"")
    return count.isdigit() and count.strip(b"0") != b""


def retry_after_s(headers: Mapping[bytes, bytes]) -> float:
    """Returns for how long a provider asks to be left alone, in seconds; 0 where it does not say, or names a date.

    Args:
        headers: Of its response, names in lower case.

    >>> retry_after_s({b"retry-after": b"7"}), retry_after_s({b"retry-after-ms": b"250", b"retry-after": b"1"})
    (7.0, 0.25)
    """
    milliseconds = _seconds(headers.get(b"retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    return _seconds(headers.get(b"retry-after")) or 0.0


def _seconds(said: bytes | None) -> float | None:
    if not said or len(said) > 32:
        return None
    try:
        value = float(said)
    except ValueError:
        return None
    return min(value, _LONGEST_S) if math.isfinite(value) and value >= 0 else None

"""Plays the guard on recorded answers: requests are drawn from a bucket's week as if that went on for ever."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bakeoff.recorded import BASELINE, Bucket
from suffice.evidence.guard import BucketGuard, Seen, Watched
from suffice.stats.betting import Numbers
from suffice.types import Arm

CANDIDATE = "gpt-4o-mini-2024-07-18"
WORSE = ("gpt-3.5-turbo-0125", "claude-3-haiku-20240307")
DELTA = 0.05
HOLDOUT = 0.05
SIGNAL_RATES = {"regenerate": 0.03, "length": 0.01, "contract": 0.005}
"""Of a session, in both arms of a clean run."""


@dataclass(frozen=True)
class Swap:
    """A candidate whose answers become another model's."""

    bucket: Bucket
    after: str
    share: float
    """Of the requests that are answered twice."""
    good_requests: int
    """Before the swap."""
    most_requests: int
    """After it; who is not demoted by then is not found."""


def fresh(bucket: str) -> BucketGuard:
    return BucketGuard(Watched(bucket=bucket, baseline=BASELINE, candidate=CANDIDATE, delta=DELTA))


def swapped(swap: Swap, rng: np.random.Generator) -> int | None:
    """Returns how many requests came after the swap until demotion; `None` if it never came or came before."""
    guard = fresh(swap.bucket.name)
    before = swap.bucket.values(CANDIDATE)
    for difference in rng.choice(before, rng.binomial(swap.good_requests, swap.share)):
        guard.take(float(difference))
    if guard.verdict.state == "demote":
        return None
    after, requests = swap.bucket.values(swap.after), 0
    while requests < swap.most_requests:
        requests += int(rng.geometric(swap.share))
        guard.take(float(rng.choice(after)))
        if guard.verdict.state == "demote":
            return requests
    return None


def clean(values: Numbers, requests: int, share: float, rng: np.random.Generator) -> tuple[bool, bool]:
    """Returns whether a candidate that stays as it is was demoted, and whether it was ever watched."""
    guard, watched = fresh("clean"), False
    twice = rng.random(requests) < share
    differences = rng.choice(values, requests)
    routed = rng.random(requests) >= HOLDOUT
    signals = {name: rng.random(requests) < rate for name, rate in SIGNAL_RATES.items()}
    any_signal = np.logical_or.reduce(list(signals.values()))
    for number in range(requests):
        if twice[number]:
            guard.take(float(differences[number]))
        arm: Arm = "routed" if routed[number] else "holdout"
        shown = tuple(name for name in signals if signals[name][number]) if any_signal[number] else ()
        guard.see(Seen(session=str(number), arm=arm, propensity=1 - HOLDOUT, signals=shown))
        # As often as something could have changed: more looks than any interval has.
        if twice[number] or shown:
            state = guard.verdict.state
            watched = watched or state != "fine"
            if state == "demote":
                return True, True
    return False, watched


def at_the_edge(values: Numbers) -> Numbers:
    """Returns differences whose mean is the tolerance itself: the most that a certificate promises."""
    size = 4_000
    drawn = np.resize(values, size).astype(float)
    order = np.random.default_rng(7).permutation(size)
    for place in order:
        if drawn.mean() <= -DELTA:
            break
        drawn[place] = max(-1.0, drawn[place] - 1.0)
    missing = -DELTA - drawn.mean()
    if missing > 0:
        place = int(np.argmin(drawn))
        drawn[place] += missing * size
    return drawn

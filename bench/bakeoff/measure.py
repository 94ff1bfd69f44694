"""Plays the trials and sums them up by rule and by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bakeoff import rules
from bakeoff.played import Setup, play
from bakeoff.recorded import CANDIDATES, Bucket


def measure(buckets: list[Bucket], delta: float, repeats: int, seed: int) -> dict[str, Any]:
    """Returns what each rule did at one tolerance."""
    keys = [(bucket, candidate) for bucket in buckets for candidate in CANDIDATES]
    good = np.array([bucket.truth(candidate) > -delta for bucket, candidate in keys])
    sizes = {(b.name, c): rules.fixed_size(b.values(c), delta) for b, c in keys}
    endings: dict[str, list[list[rules.Ending]]] = {}
    for repeat in play(buckets, Setup(delta=delta, seed=seed), repeats):
        for rule, found in rules.every_rule(repeat, sizes, delta).items():
            endings.setdefault(rule, []).append(found)
    tables = {rule: np.array(found, dtype=object) for rule, found in endings.items()}
    return {
        "delta": delta,
        "repeats": repeats,
        "good": int(good.sum()),
        "rules": {rule: rules.totals(found, good, len(CANDIDATES)) for rule, found in tables.items()},
        "rows": [_row(at, bucket, candidate, tables, sizes) for at, (bucket, candidate) in enumerate(keys)],
    }


def _row(
    at: int, bucket: Bucket, candidate: str, tables: dict[str, rules.Table], sizes: dict[tuple[str, str], int]
) -> dict[str, Any]:
    values = bucket.values(candidate)
    mine = {rule: list(found[:, at]) for rule, found in tables.items()}
    single = mine[rules.SINGLE_WHOLE]
    return {
        "bucket": bucket.name,
        "candidate": candidate,
        "size": len(values),
        "truth": bucket.truth(candidate),
        "losses": float((values < 0).mean()),
        "wins": float((values > 0).mean()),
        "fixed_size": sizes[bucket.name, candidate],
        "certified": {rule: float(np.mean([one.certified for one in found])) for rule, found in mine.items()},
        "units": {rule: float(np.mean([one.units for one in found])) for rule, found in mine.items()},
        "worse": float(np.mean([one.worse for one in single])),
        "dropped": float(np.mean([one.dropped for one in single])),
    }


def next_week(buckets: list[Bucket], delta: float, repeats: int, seed: int) -> dict[str, Any]:
    """Returns how often a certificate of one week is wrong about the traffic that the week was drawn from."""
    keys = [(bucket, candidate) for bucket in buckets for candidate in CANDIDATES]
    good = np.array([bucket.truth(candidate) > -delta for bucket, candidate in keys])
    found: dict[str, Any] = {"delta": delta, "repeats": repeats}
    for name, endless in (("week", False), ("endless", True)):
        setup = Setup(delta=delta, seed=seed, new_weeks=True, endless=endless)
        played = play(buckets, setup, repeats)
        certified = np.array(
            [[rules.alone(row, math.inf).certified for row in one.values()] for one in played]
        )
        each = certified.mean(axis=0)
        worst = int(np.argmax(np.where(good, -1.0, each)))
        found[name] = {
            "wrong_of_bad": float(each[~good].mean()),
            "worst_row": float(each[worst]),
            "worst": f"{keys[worst][1]} in {keys[worst][0].name}",
            "worst_truth": keys[worst][0].truth(keys[worst][1]),
            "found": float(each[good].mean()),
        }
    return found

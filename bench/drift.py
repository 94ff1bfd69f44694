"""How often drift voids a certificate: wrongly where traffic stays the same, rightly where part of it changes.

    OMP_NUM_THREADS=1 .venv/bin/python bench/drift.py --data ../shared/data

Without --data only the simulated part runs. Prints the tables of docs/policy.md.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from suffice.evidence.drift import FEWEST_UNITS, LEVEL, LOOKS, shift
from suffice.evidence.reference import seen_in
from suffice.testing.recorded_week import read_week
from suffice.types import LoggedCall

Points = NDArray[np.float32]
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--lives", type=int, default=300, help="certificates of the simulation")
    parser.add_argument("--repeats", type=int, default=50, help="looks of each cell on the recorded week")
    given = parser.parse_args()
    rng = np.random.default_rng(20_261_124)
    say(f"level of one test at one look: {LEVEL:.3g}\n")
    simulated(given.lives, rng)
    if given.data is not None:
        week = vectors_of(given.data / "traffic")
        same_week(week, given.repeats, rng)
        changed_week(week, given.repeats, rng)


def say(text: str) -> None:
    """Prints a line now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def simulated(lives: int, rng: np.random.Generator) -> None:
    """Whole lives of certificates on traffic that stays the same: prompts and lengths, each looked at 30 times."""
    begun, voided, low, looks = time.perf_counter(), 0, 0, 0
    for _ in range(lives):
        prompts, lengths = topic(rng), lognormal(rng)
        shifted = False
        for _ in range(LOOKS):
            for then, now in ((prompts, topic(rng)), (lengths, lognormal(rng))):
                found = shift(then, now, rng=rng)
                shifted |= found.shifted
                low += found.p_value <= 0.05
                looks += 1
        voided += shifted
    say(f"simulated, nothing changes: {voided} of {lives} certificates voided in a life of {LOOKS} looks; ")
    say(f"  p <= 0.05 in {low / looks:.1%} of {looks:,} tests ({time.perf_counter() - begun:.0f} s)\n")


def topic(rng: np.random.Generator, count: int = 100) -> Points:
    """Unit vectors around one direction."""
    rows = rng.normal(size=(count, 96)) * 0.3
    rows[:, 0] += 1.5
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def lognormal(rng: np.random.Generator, count: int = 100) -> Points:
    """Logarithms of lengths in whole tokens."""
    return np.log1p(np.round(np.exp(rng.normal(4, 0.8, size=(count, 1))))).astype(np.float32)


def vectors_of(week: Path) -> dict[str, Points]:
    """Fingerprints of the recorded week by the client's tag."""
    calls = defaultdict(list)
    for one in read_week(week):
        calls[one.feature].append(LoggedCall(id=one.id, source="week", model="m", request=one.request))
    found = {feature: seen_in(of).vectors for feature, of in sorted(calls.items())}
    return {feature: rows for feature, rows in found.items() if rows is not None}


def same_week(week: dict[str, Points], repeats: int, rng: np.random.Generator) -> None:
    """Random halves of a use case: nothing has changed."""
    say("recorded week, random halves of one use case (nothing changes):")
    for feature, rows in week.items():
        if len(rows) < 2 * FEWEST_UNITS:
            say(f"  {feature}: {len(rows)} calls, too few")
            continue
        found = []
        for _ in range(repeats):
            order = rng.permutation(len(rows))
            half = min(len(rows) // 2, 400)
            found.append(shift(rows[order[:half]], rows[order[half : 2 * half]], rng=rng))
        shares = sorted(one.share for one in found)
        say(
            f"  {feature}: {sum(one.shifted for one in found)} of {repeats} voided, p <= 0.05 in "
            f"{sum(one.p_value <= 0.05 for one in found) / repeats:.0%}, share up to {shares[-1]:.4f}"
        )
    say("")


def changed_week(week: dict[str, Points], repeats: int, rng: np.random.Generator) -> None:
    """A share of the calls comes from another use case."""
    say("recorded week, a share of 150 calls comes from another use case, against 150 at issue:")
    pairs = [
        (a, b) for a, b in itertools.permutations(week, 2) if len(week[a]) >= 300 and len(week[b]) >= 150
    ]
    for share in SHARES:
        voided = 0
        for _ in range(repeats):
            one, other = pairs[rng.integers(len(pairs))]
            order = rng.permutation(len(week[one]))[:300]
            now = week[one][order[150:]].copy()
            count = round(share * len(now))
            now[:count] = week[other][rng.choice(len(week[other]), count, replace=False)]
            voided += shift(week[one][order[:150]], now, rng=rng).shifted
        say(f"  {share:.0%}: {voided / repeats:.0%} of {repeats} looks void it")


if __name__ == "__main__":
    main()

"""Plays trials with the product's own sample and sequential state, as far as any rule may want to know.

What a rule would have done (stop here, drop there, cap at so many) is then read off the played rounds: see `rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from bakeoff.recorded import BASELINE, CANDIDATES, Bucket
from routing.parallel import each
from suffice.evidence.rows import ROUND
from suffice.evidence.sample import draw, strata_for
from suffice.evidence.trial import Graded, Row, Trial
from suffice.stats.betting import Numbers

ALPHA = 0.05


@dataclass(frozen=True)
class Played:
    """One row of one repeat, round by round; each array of shape (rounds,)."""

    asked: Numbers
    equivalent: np.ndarray[tuple[int], np.dtype[np.bool_]]
    worse: np.ndarray[tuple[int], np.dtype[np.bool_]]
    dropped: np.ndarray[tuple[int], np.dtype[np.bool_]]
    e_value: Numbers
    drawn: Numbers
    """The differences in the order of the draw, shape (units,)."""


Repeat = dict[tuple[str, str], Played]
"""By bucket and candidate."""


@dataclass(frozen=True)
class Setup:
    """What is played."""

    delta: float
    seed: int
    new_weeks: bool = False
    """Each repeat's buckets are weeks drawn, with replacement, from the recorded one."""
    endless: bool = False
    """Bounds take the bucket for a sample of endless traffic."""


def play(buckets: list[Bucket], setup: Setup, repeats: int) -> list[Repeat]:
    """Returns every row of every repeat; the baseline is drawn alike for all candidates of a bucket."""
    return each(partial(_repeat, buckets, setup), repeats, f"delta {setup.delta:g}", workers=2)


def _repeat(buckets: list[Bucket], setup: Setup, number: int) -> Repeat:
    rng = np.random.default_rng([setup.seed, number])
    found: Repeat = {}
    for bucket in buckets:
        size = len(bucket.lengths)
        lengths = bucket.lengths
        if setup.new_weeks:
            lengths = [lengths[at] for at in rng.integers(size, size=size)]
        drawn = draw(lengths, strata=strata_for(size), most=size, twice_share=0.0, rng=rng)
        for candidate in CANDIDATES:
            row = Row(
                trial="bench",
                bucket=bucket.name,
                baseline=BASELINE,
                candidate=candidate,
                grader="recorded",
                grader_version="1",
                delta=setup.delta,
                alpha=ALPHA,
                population=drawn.population,
                strata=drawn.strata,
                whole=not setup.endless,
                set_aside=drawn.set_aside,
            )
            differences = bucket.differences[candidate]
            units = [Graded(unit=unit.id, d=differences[unit.id]) for unit in drawn.units]
            found[bucket.name, candidate] = played(row, units, len(buckets) * len(CANDIDATES))
    return found


def played(row: Row, units: list[Graded], rows: int = 1) -> Played:
    """Returns what a trial says after each round of 20, up to where no rule can ask for more.

    That is where it is dropped, or EQUIVALENT with an e-value that e-BH rejects whatever the other rows are.
    """
    trial = Trial(row)
    rounds = []
    for start in range(0, len(units), ROUND):
        trial.add(units[start : start + ROUND])
        equivalent, worse, e_value = trial.verdict == "EQUIVALENT", trial.verdict == "WORSE", trial.e_value
        dropped = worse or (trial.asked <= ROUND and trial.clearly_worse)
        rounds.append((trial.asked, equivalent, worse, dropped, e_value))
        if dropped or (equivalent and e_value >= rows / ALPHA):
            break
    asked, equivalent, worse, dropped, e_value = zip(*rounds, strict=True)
    return Played(
        asked=np.array(asked, dtype=float),
        equivalent=np.array(equivalent),
        worse=np.array(worse),
        dropped=np.array(dropped),
        e_value=np.array(e_value, dtype=float),
        drawn=np.array([unit.d for unit in units], dtype=float),
    )

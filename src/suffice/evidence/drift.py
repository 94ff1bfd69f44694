"""LEARN: has a use case's traffic become another one since its certificate was issued? Pure: randomness is an argument.

Three conditions, each against the reference that the certificate names:

1. *Prompts*: the energy distance between the fingerprints then and now.
2. *Output length*: the same between the logarithms of the lengths of the baseline's answers.
3. *Served version*: the baseline, asked for by one name, answers as a model version that it was not then.

A distance counts as a shift if chance does not explain it (a permutation test, whose level holds exactly for samples
that could have been drawn in any order) and if it is large enough to matter (`LEAST_SHIFT`): with enough calls any
traffic differs a little from last week's.

**False alarms.** A certificate is looked at again and again, so one test at 5% would void a good one in time. The error
of a certificate's whole life, `LIFE_ALPHA` = 1%, is split evenly over `LOOKS` = 30 looks (one a day) and two tests a
look: by the union bound traffic that does not change is voided with a probability of at most 1% in a certificate's
life, whatever the looks have in common. More looks than that, by hand, are not covered.

Source: energy distance, Szekely & Rizzo, "Energy statistics", J. Statistical Planning and Inference 143 (2013), with
the permutation test of their section 6. A maximum mean discrepancy with the kernel -|x - y| is the same statistic
(Sejdinovic et al., Annals of Statistics 41, 2013).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

LIFE_ALPHA = 0.01
LOOKS = 30
TESTS = 2
LEVEL = LIFE_ALPHA / (LOOKS * TESTS)
"""Of one test at one look."""
LEAST_SHIFT = 0.01
"""Of `Shift.share`: below this a certain difference is taken to be a harmless one. Some 20% of calls of another kind
reach it; random halves of one use case stay below 0.005 (measured on the recorded week). House heuristic."""
MOST_UNITS = 400
"""Calls of either side that are compared; more would make the test slower, not wrong."""
FEWEST_UNITS = 50
"""Calls of either side below which nothing is said."""
VERSION_SHARE = 0.05
"""Of the calls by one name: an unknown version serves more than this."""
VERSION_CALLS = 20

# A first, cheap round: what is nowhere near the level after so many permutations is no shift. It can only lower the
# share of false alarms.
_FIRST = 199
_MORE = 9_800
_GIVE_UP = 0.03
# Sums in single precision: splits that lie as far apart as the true one are told from farther ones no better.
_TIE = 1e-5


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """How far two samples lie apart."""

    share: float
    """Energy distance over the mean distance between the two samples, in [0, 1]: 0 for one distribution."""
    p_value: float
    """How often samples of one distribution lie so far apart; an upper bound where that is clearly often."""
    n: int
    m: int

    @property
    def shifted(self) -> bool:
        """Whether it is certain at `LEVEL`, and large enough to matter."""
        return self.p_value <= LEVEL and self.share >= LEAST_SHIFT


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Traffic of one use case: at issue, or since."""

    vectors: NDArray[np.float32] | None = None
    """Fingerprints of prompts, shape (n, d); `None` where no bodies are kept."""
    output_tokens: Sequence[int] = ()
    """Of the baseline's answers."""
    served: Mapping[str, Mapping[str, int]] = {}
    """The baseline's name as asked for, to the version that answered, to how often."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at one condition says."""

    condition: str
    """prompts, output_tokens or served."""
    drifted: bool | None
    """`None`: it cannot be said."""
    detail: str
    """In words."""


def look(then: Seen, now: Seen, *, rng: np.random.Generator) -> tuple[Finding, ...]:
    """Returns what each condition says.

    Args:
        then: The reference.
        now: Traffic since the certificate was issued: a random sample, not the last hour.
        rng: For the permutations.
    """
    return (
        _distance("prompts", then.vectors, now.vectors, "prompts", rng),
        _distance("output_tokens", _lengths(then.output_tokens), _lengths(now.output_tokens), "answers", rng),
        versions(then.served, now.served),
    )


def shift(x: NDArray[np.float32], y: NDArray[np.float32], *, rng: np.random.Generator) -> Shift:
    """Returns how far two samples lie apart, and how often chance would have it so.

    Args:
        x: Shape (n, d).
        y: Shape (m, d).
        rng: For the permutations.

    Raises:
        ValueError: One of them is empty.
    """
    n, m = len(x), len(y)
    if not n or not m:
        raise ValueError("there is nothing to compare")
    distances = _distances(np.concatenate([x, y]).astype(np.float32))
    first = np.zeros((1, n + m), np.float32)
    first[0, :n] = 1
    energy, between = _energies(distances, first, n, m)
    permuted = _permuted(distances, n, m, _FIRST, rng)
    tries, above = _FIRST, int((permuted >= energy[0] - _TIE * between[0]).sum())
    if (above + 1) / (tries + 1) <= _GIVE_UP:
        permuted = _permuted(distances, n, m, _MORE, rng)
        tries, above = tries + _MORE, above + int((permuted >= energy[0] - _TIE * between[0]).sum())
    share = float(energy[0] / (2 * between[0])) if between[0] > 0 else 0.0
    return Shift(share=max(0.0, share), p_value=(above + 1) / (tries + 1), n=n, m=m)


def versions(then: Mapping[str, Mapping[str, int]], now: Mapping[str, Mapping[str, int]]) -> Finding:
    """Tells whether a model version answers that did not at issue, to a name that was asked for then too.

    Args:
        then: Name as asked for, to served version, to how often.
        now: The same since.
    """
    known = {name: counts for name, counts in then.items() if counts}
    compared = 0
    for name, counts in now.items():
        total = sum(counts.values())
        if name not in known or total < VERSION_CALLS:
            continue
        compared += 1
        strange = {version: count for version, count in counts.items() if version not in known[name]}
        if sum(strange.values()) > VERSION_SHARE * total:
            new, old = ", ".join(sorted(strange)), ", ".join(sorted(known[name]))
            share = sum(strange.values()) / total
            return Finding(
                condition="served",
                drifted=True,
                detail=f"{share:.0%} of {total:,} calls for {name} were answered by {new}, at issue it was {old}",
            )
    if compared:
        return Finding(condition="served", drifted=False, detail="the versions that answered at issue")
    why = (
        "no version was noted at issue"
        if not known
        else f"fewer than {VERSION_CALLS} calls by a known name since"
    )
    return Finding(condition="served", drifted=None, detail=why)


def _distance(
    condition: str,
    then: NDArray[np.float32] | None,
    now: NDArray[np.float32] | None,
    what: str,
    rng: np.random.Generator,
) -> Finding:
    counts = [0 if side is None else len(side) for side in (then, now)]
    if then is None or now is None or min(counts) < FEWEST_UNITS:
        detail = (
            f"too few {what}: {counts[0]:,} at issue, {counts[1]:,} since; it takes {FEWEST_UNITS} of each"
        )
        return Finding(condition=condition, drifted=None, detail=detail)
    if then.shape[1] != now.shape[1]:
        return Finding(condition=condition, drifted=None, detail="the fingerprints are of two versions")
    found = shift(_some(then, rng), _some(now, rng), rng=rng)
    detail = (
        f"{found.share:.1%} of the distance between {found.n} {what} at issue and {found.m} since "
        f"is a shift (p = {found.p_value:.2g})"
    )
    return Finding(condition=condition, drifted=found.shifted, detail=detail)


def _some(rows: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    if len(rows) <= MOST_UNITS:
        return rows
    return rows[rng.choice(len(rows), MOST_UNITS, replace=False)]


def _lengths(tokens: Sequence[int]) -> NDArray[np.float32] | None:
    # Logarithms: an answer of 20 tokens and one of 40 are as far apart as one of 200 and one of 400.
    return np.log1p(np.array(tokens, np.float32)).reshape(-1, 1) if len(tokens) else None


def _distances(points: NDArray[np.float32]) -> NDArray[np.float32]:
    squares = (points * points).sum(axis=1)
    squared = squares[:, None] + squares[None, :] - 2 * (points @ points.T)
    distances: NDArray[np.float32] = np.sqrt(np.maximum(squared, 0))
    np.fill_diagonal(distances, 0)
    return distances


def _permuted(
    distances: NDArray[np.float32], n: int, m: int, count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Energy distances of random splits, shape (count,)."""
    found = []
    for start in range(0, count, 1_000):
        sides = np.zeros((min(1_000, count - start), n + m), np.float32)
        sides[:, :n] = 1
        found.append(_energies(distances, rng.permuted(sides, axis=1), n, m)[0])
    return np.concatenate(found)


def _energies(
    distances: NDArray[np.float32], sides: NDArray[np.float32], n: int, m: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Energy distance, and mean distance between the two sides, of each split; 1 marks the first side."""
    to_first = sides @ distances
    total = to_first.astype(np.float64) @ np.ones(n + m)
    within = (to_first * sides).sum(axis=1, dtype=np.float64)
    across = total - within
    rest = float(distances.sum(dtype=np.float64)) - 2 * across - within
    between = across / (n * m)
    # Without the zero distances of a point to itself, so that two samples of one distribution lie 0 apart on average.
    inside = within / (n * max(n - 1, 1)) + rest / (m * max(m - 1, 1))
    energy: NDArray[np.float64] = 2 * between - inside
    return energy, between

"""Bounds on the mean of bounded values that hold at every moment, however often one looks: testing by betting.

To test "the mean is at most m", a gambler starts with capital 1 and bets on values above m at odds that are fair if
the mean is m. If it is m or less, the capital cannot be expected to grow, and (Ville's inequality) it reaches 1 / alpha
at any time at all with probability alpha at most. The lower bound is the largest m that has been ruled out so.

How it bets: the capital is spread over fixed shares of the largest stake that cannot bankrupt (Cover's universal
portfolio), so nothing has to be guessed of the variance, and the capital trails the best single share in hindsight by
a factor only. Since no share depends on m, the capital falls in m and its logarithm is convex: bounds are found on a
grid without rounding in the wrong direction.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2024 (the
capital, section 4; without replacement, section 5). The mixture: Cover, "Universal portfolios", Mathematical Finance
1991; Orabona and Jun, "Tight concentrations and confidence sequences from the regret of universal portfolio", IEEE
Transactions on Information Theory 2024. Shares, weights, strata and missing verdicts: ours, argued below.

Strata. A block holds one draw from each of k strata of equal size. All its bets are made before the block, with one
stake. Given the past the draws are independent, so the block multiplies the capital by prod(1 + stake (mu_i - m)) in
expectation, mu_i the strata's means; none of the factors is negative, so by the inequality of arithmetic and geometric
means that is at most (1 + stake (mean of mu_i - m))^k, which is at most 1 if the mean is at most m.

Without replacement what is left of N values has, if the mean is m, the mean (N m - sum so far) / (N - number so far):
bets are made against that, taken at the start of the block. What is left in each stratum is equally many.

No verdict. A value that is missing counts x_i - m = 0 in "the sum of x_i - m over the values that are there is at most
0", which says the same as "their mean is at most m" and is again about the mean of N numbers. So missing values need
no assumption, neither on why they are missing nor on how many there are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

MOST = 1e200
"""Capital is not counted further: finite, so that it can be written down."""
_LEAST = 1e-250
_TINY = 1e-12
_SLACK = 1e-9
_CELLS = 400
_SHARES: Numbers = np.array([[1.0], [0.8], [0.45], [0.25], [0.12]])
"""Of the largest stake. Any will do for validity; these lose little against the best share in hindsight, from values
that are all alike to those that are -1 or 1 at random (docs/statistics.md)."""
_WEIGHTS: Numbers = np.array([[0.5], [0.16], [0.13], [0.12], [0.09]])
"""Half of the capital is for values that do not differ: the commonest case worth certifying."""
_MOST_SHARE = 0.9
"""Without replacement a difference from m weighs more the less is left, so the shares grow as the population runs
out: up to here."""


class Capital:
    """What was made of 1 by betting against "the mean is at most m", for several m or several sequences at once.

    Args:
        points: The means that are bet against, shape (n_points,); values and means lie in [0, 1].
        population: How many values there are, if they are drawn without replacement.
    """

    def __init__(self, points: Numbers, *, population: int | None = None) -> None:
        self.points = points
        self.drawn = 0
        self._population = population
        self._there: Numbers = np.zeros(1)
        self._total: Numbers = np.zeros(1)
        self._parts: Numbers = np.repeat(_WEIGHTS, points.size, axis=1)

    @property
    def total(self) -> Numbers:
        """The capital, shape (n_points,), in [0, `MOST`]."""
        total: Numbers = np.minimum(self._parts.sum(axis=0), MOST)
        return total

    def update(self, block: Numbers) -> None:
        """Bets on a block of draws, one of each stratum.

        Args:
            block: Shape (n_draws,), NaN where there is no verdict; or, where each point has a sequence of its own,
                (n_draws, n_points), every value there.
        """
        shares, against = self._terms()
        per_value = shares / np.maximum(against, _TINY)
        kept = 1.0 - shares
        with np.errstate(over="ignore"):
            for values, count in _alike(block):
                there = self.points if values is None else values
                factor = kept + per_value * there
                for _ in range(count):
                    self._parts *= factor
                np.minimum(self._parts, MOST, out=self._parts)
        self._parts[self._parts < _LEAST] = 0.0
        self.drawn += len(block)
        there = ~np.isnan(block)
        self._there = self._there + np.count_nonzero(there, axis=0)
        self._total = self._total + np.where(there, block, 0.0).sum(axis=0)
        self._rule_out()

    def _terms(self) -> tuple[Numbers, Numbers]:
        """Returns the shares, shape (n_shares, 1), and what is bet against now, shape (n_points,)."""
        if self._population is None:
            return _SHARES, self.points
        left = self._population - self.drawn
        grown = np.minimum(_SHARES * (self._population / left), _MOST_SHARE)
        return np.maximum(_SHARES, grown), self.points + (self._there * self.points - self._total) / left

    def keep(self, chosen: slice) -> None:
        """Goes on with some of the points, for one sequence only."""
        self.points = self.points[chosen]
        self._parts = np.ascontiguousarray(self._parts[:, chosen])

    def _rule_out(self) -> None:
        """A mean that cannot be reached any more, whatever is left, is ruled out for good."""
        if self._population is None:
            return
        most = self._there + (self._population - self.drawn)
        impossible = self._total - self.points * most > _SLACK * self._population
        self._parts[:, impossible] = MOST


def _alike(block: Numbers) -> Iterator[tuple[Numbers | float | None, int]]:
    """Yields the values of a block and how often each occurs; `None` is no verdict."""
    if block.ndim > 1:
        yield from ((values, 1) for values in block)
        return
    counts: dict[float | None, int] = {}
    for value in block.tolist():
        key = None if value != value else value  # noqa: PLR0124 -- NaN, the fast way
        counts[key] = counts.get(key, 0) + 1
    yield from counts.items()


class BettingSequence:
    """A confidence sequence for the mean of bounded values: bounds that hold after every block, with one error for all.

    Args:
        low: The least value.
        high: The largest value.
        alpha: Error of each of the two one-sided bounds, in (0, 1).
        population: How many values there are, if they are drawn without replacement and bounds are to be of their mean;
            also where only a part of them will be drawn. `None`: bounds of the mean of what they come from, endless.

    Raises:
        ValueError: A setting is out of range.

    >>> seen = BettingSequence(alpha=0.05)
    >>> for _ in range(14):
    ...     seen.update([0.0] * 5)
    >>> seen.lower > -0.05, seen.against_at_most(-0.05) > 20
    (True, True)
    """

    def __init__(
        self,
        *,
        low: float = -1.0,
        high: float = 1.0,
        alpha: float = 0.05,
        population: int | None = None,
    ) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"values lie between two numbers, low < high: not {low} and {high}")
        if not 0.0 < alpha < 1.0:
            raise ValueError(f"alpha is in (0, 1): not {alpha}")
        if population is not None and population < 1:
            raise ValueError(f"a population has at least one value: not {population}")
        self._low, self._high, self._width = low, high, high - low
        self._population = population
        self._above = _Side(alpha, population)
        self._below = _Side(alpha, population)
        self._total = 0.0
        self.drawn = 0
        """Values drawn, those without a verdict included."""
        self.n = 0
        """Values with a verdict."""
        self.lower = low
        """With probability 1 - alpha the mean never lies below it, at any time."""
        self.upper = high
        """With probability 1 - alpha the mean never lies above it, at any time."""

    @property
    def mean(self) -> float | None:
        """The mean of the values that there are; `None` if there is none."""
        return self._total / self.n if self.n else None

    def update(self, block: Sequence[float | None]) -> None:
        """Takes one draw from each of k equal strata (k = 1: not stratified), in the order of the strata or any other.

        Args:
            block: The values; `None` where there is no verdict.

        Raises:
            ValueError: A value is out of range, or more was drawn than there is.
        """
        values = self._unit(block)
        if not values.size:
            return
        self.drawn += values.size
        there = [value for value in block if value is not None]
        self.n += len(there)
        self._total += math.fsum(there)
        self._above.update(values)
        self._below.update(1.0 - values)
        self._tighten()

    def against_at_most(self, m: float) -> float:
        """Returns the e-value against "the mean is at most m": expected to be at most 1 if that is so.

        Valid when looked at after any block, also one chosen by what was seen: but as of that block, not the largest so
        far. At least 1 / alpha where the bound passed m with this very block.

        Returns:
            In [0, `MOST`]; 1 before any draw.
        """
        return self._above.capital((m - self._low) / self._width)

    def against_at_least(self, m: float) -> float:
        """Returns the e-value against "the mean is at least m", as `against_at_most`."""
        return self._below.capital((self._high - m) / self._width)

    def _unit(self, block: Sequence[float | None]) -> Numbers:
        values = np.array([math.nan if value is None else value for value in block], dtype=np.float64)
        for given, value in zip(block, values, strict=True):
            if given is not None and not self._low <= value <= self._high:
                raise ValueError(f"{given} does not lie in [{self._low}, {self._high}]")
        if self._population is not None and self.drawn + values.size > self._population:
            raise ValueError(f"more than the {self._population} values of the population were drawn")
        return (values - self._low) / self._width

    def _tighten(self) -> None:
        """The running intersection; arithmetic has the last word where what is left cannot matter any more."""
        lower = max(self.lower, self._low + self._width * self._above.bound)
        upper = min(self.upper, self._low + self._width * (1.0 - self._below.bound))
        if lower > upper:
            lower, upper = self.lower, self.upper
        least, most = self._reachable()
        self.lower = min(max(lower, least), most)
        self.upper = max(min(upper, most), least)

    def _reachable(self) -> tuple[float, float]:
        """Returns the least and the largest mean that all values can still have; the mean itself at the end."""
        left = 0 if self._population is None else self._population - self.drawn
        if self._population is None or not self.n + left:
            return self._low, self._high
        return (
            (self._total + self._low * left) / (self.n + left),
            (self._total + self._high * left) / (self.n + left),
        )


class _Side:
    """The lower bound of values in [0, 1], and the capital at points that were asked for."""

    def __init__(self, alpha: float, population: int | None) -> None:
        self.bound = 0.0
        self._target = 1.0 / alpha
        self._population = population
        self._grid = Capital(np.arange(1, _CELLS) / _CELLS, population=population)
        self._asked: dict[float, Capital] = {}
        self._blocks: list[Numbers] = []

    def update(self, values: Numbers) -> None:
        """Bets on a block."""
        self._blocks.append(values)
        self._grid.update(values)
        for capital in self._asked.values():
            capital.update(values)
        self.bound = max(self.bound, self._crossing())
        behind = int(np.searchsorted(self._grid.points, self.bound)) - 3
        if behind > 0:
            self._grid.keep(slice(behind, None))

    def capital(self, m: float) -> float:
        """Returns the capital against "the mean is at most m" as of the last block."""
        if m >= 1.0:
            return 1.0
        if m < 0.0:
            return MOST
        if m not in self._asked:
            self._asked[m] = Capital(np.array([m]), population=self._population)
            for block in self._blocks:
                self._asked[m].update(block)
        return float(self._asked[m].total[0])

    def _crossing(self) -> float:
        """Returns the largest m that is surely ruled out.

        The logarithm of the capital is convex and falls in m. A line through two points of it lies below it outside of
        them: where such a line meets the target, the capital is at least the target.
        """
        total, points = self._grid.total, self._grid.points
        last = int(np.count_nonzero(total >= self._target)) - 1
        if last < 0:
            return 0.0
        found = float(points[last])
        if last + 1 == points.size:
            return found
        for at in (last - 1, last + 1):
            if at < 0 or at + 1 >= points.size or not (total[at] < MOST and total[at + 1] > 0.0):
                continue
            first, second = math.log(total[at]), math.log(total[at + 1])
            if first > second:
                meets = points[at] + (first - math.log(self._target)) / (first - second) / _CELLS
                found = max(found, float(min(meets, points[last + 1])))
        return found

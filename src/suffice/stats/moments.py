"""How many, their sum and their sum of squares: all that means and variances need, and what can be added up online."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec


class Moments(msgspec.Struct, frozen=True, array_like=True):
    """Sufficient statistics of numbers. Those of two disjoint lots add up to those of both together."""

    count: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    @staticmethod
    def of(values: Iterable[float]) -> Moments:
        """Returns the statistics of some numbers; the sums are correctly rounded, whatever the order.

        >>> Moments.of([1.0, 2.0, 3.0])
        Moments(count=3.0, total=6.0, squares=14.0)
        """
        numbers = list(values)
        return Moments(
            float(len(numbers)), math.fsum(numbers), math.fsum(number * number for number in numbers)
        )

    def plus(self, other: Moments) -> Moments:
        """Returns the statistics of both lots together."""
        return Moments(self.count + other.count, self.total + other.total, self.squares + other.squares)

    def shifted(self, by: float) -> Moments:
        """Returns the statistics of the same numbers, each plus `by`.

        >>> Moments.of([1.0, 3.0]).shifted(1.0) == Moments.of([2.0, 4.0])
        True
        """
        return Moments(
            self.count,
            self.total + self.count * by,
            self.squares + 2.0 * by * self.total + self.count * by * by,
        )

    @property
    def mean(self) -> float:
        """The mean; 0 of nothing."""
        return self.total / self.count if self.count > 0 else 0.0

    @property
    def spread(self) -> float:
        """The sum of squared differences from the mean; never negative."""
        return max(0.0, self.squares - self.total * self.mean)

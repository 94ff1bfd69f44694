"""Evidence that a mean has risen above what it may be, at whatever moment it rose: betting that begins again and again.

A gambler who began long ago has lost nearly all to a mean that kept its promise, and would need as long to win it back
after a change. So the capital of 1 is split beforehand: a part is bet from the first value on, and of the rest a piece
begins with each value. Each piece is multiplied by 1 at most in expectation as long as every value's mean, given the
past, is at most its limit; so is their sum, and (Ville's inequality) it ever reaches 1 / alpha with probability alpha
at most. Limits may differ from value to value.

Each piece is spread over fixed shares of the largest stake, as in `suffice.stats.betting`. All pieces meet the same
factors, so that one number per share is kept for all of them.

Source: Shin, Ramdas and Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", New England
Journal of Statistics in Data Science 2024 (begun pieces, section 2; here weighted so that the error of a whole life is
bounded, not the time between false alarms). The weights are a house heuristic.
"""

from __future__ import annotations

from collections.abc import Sequence

MOST = 1e200
"""Capital is not counted further."""

_SHARES = (0.95, 0.8, 0.45, 0.25, 0.12)
_REACH = 100
"""Values among which the moment of a change is about equally likely; later ones weigh less."""


class ChangeCapital:
    """The capital of bets against "the mean of each value, given the past, is at most its limit".

    Args:
        from_the_start: The part that is bet from the first value on, in [0, 1].

    >>> kept, broken = ChangeCapital(), ChangeCapital()
    >>> for _ in range(200):
    ...     kept.update(0.5, at_most=0.525)
    ...     broken.update(0.8, at_most=0.525)
    >>> kept.total < 1, broken.total > 1000
    (True, True)
    """

    __slots__ = ("_later", "_parts", "n")

    def __init__(self, *, from_the_start: float = 0.5) -> None:
        self._parts = [from_the_start / len(_SHARES)] * len(_SHARES)
        self._later = 1.0 - from_the_start
        self.n = 0
        """Values so far."""

    @property
    def total(self) -> float:
        """The capital that has begun; its expectation never exceeds 1."""
        return min(sum(self._parts), MOST)

    def update(self, value: float, *, at_most: float) -> None:
        """Bets on a value.

        Args:
            value: In [0, 1].
            at_most: The limit of its mean, in (0, 1]; where it is 1 there is nothing to bet on.

        Raises:
            ValueError: One of them is out of range.
        """
        if not 0.0 <= value <= 1.0 or not 0.0 < at_most <= 1.0:
            raise ValueError(f"a value in [0, 1] and a limit in (0, 1]: not {value} and {at_most}")
        # All pieces weigh `_later` together: the sum of reach / ((i + reach) (i + reach + 1)) from i = 0 on is 1.
        begun = self._later * _REACH / ((self.n + _REACH) * (self.n + 1 + _REACH)) / len(_SHARES)
        self._parts = [
            min((part + begun) * (1.0 - share + share * value / at_most), MOST)
            for part, share in zip(self._parts, _SHARES, strict=True)
        ]
        self.n += 1


def average(e_values: Sequence[float]) -> float:
    """Returns the mean of e-values, which is one again whatever depends on what; 0 if there is none.

    Source: Vovk and Wang, "E-values: calibration, combination and applications", Annals of Statistics 2021, section 3.

    >>> average([0.5, 99.5])
    50.0
    """
    return sum(e_values) / len(e_values) if e_values else 0.0

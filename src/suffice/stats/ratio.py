"""How much larger one quantity is than another over units that have both: a ratio of sums, with its standard error."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """Of all units' one quantity to all units' other."""

    value: float
    standard_error: float
    units: int

    def reach(self, level: float) -> float:
        """Returns half the width of a central interval, by Student's quantile.

        Args:
            level: In (0, 1), such as 0.95.

        >>> round(Ratio(value=1.5, standard_error=0.1, units=30).reach(0.95), 4)
        0.2045
        """
        # Here, because it is the only thing that needs scipy.
        from scipy.special import stdtrit  # type: ignore[import-untyped]  # noqa: PLC0415 -- see above

        return float(stdtrit(self.units - 1, (1 + level) / 2)) * self.standard_error


def ratio_of_sums(over: Sequence[float], under: Sequence[float]) -> Ratio | None:
    """Returns the ratio of two sums over the same units.

    Source: Cochran, "Sampling Techniques" (1977), section 6.4: the ratio estimate and its linearised variance. It is
    that of the units' own total, so that a few long units weigh as much as they do in what is paid.

    Args:
        over: Of each unit; none is negative.
        under: Of the same units in the same order; none is negative.

    Returns:
        `None` for fewer than two units, or if `under` sums to 0.

    >>> found = ratio_of_sums([30.0, 10.0], [20.0, 20.0])
    >>> found.value, round(found.standard_error, 3)
    (1.0, 0.5)
    """
    above, below = np.asarray(over, float), np.asarray(under, float)
    count, whole = len(below), float(below.sum())
    if count < 2 or whole <= 0:
        return None
    value = float(above.sum()) / whole
    left = above - value * below
    error = float(np.sqrt(count / (count - 1) * (left @ left))) / whole
    return Ratio(value=value, standard_error=error, units=count)

"""Many tests at once: which of them to believe so that few of those believed are wrong.

Source: Wang and Ramdas, "False discovery rate control with e-values", JRSS-B 2022, section 4 (e-BH). It needs no
assumption on how the tests depend on each other, and each may stop when it likes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def e_bh(e_values: Sequence[float], *, alpha: float) -> tuple[bool, ...]:
    """Tells which null hypotheses to reject, at a false discovery rate of `alpha` at most.

    Of m e-values the k largest are rejected, k the largest number for which the k-th is at least m / (alpha k).

    Args:
        e_values: Each expected to be at most 1 if its null hypothesis is true; not negative, infinity is allowed.
        alpha: The largest expected share of wrong rejections among all, in (0, 1].

    Returns:
        One answer for each, in their order; equal e-values share one.

    Raises:
        ValueError: An e-value is negative or no number, or `alpha` is out of range.

    >>> e_bh([90.0, 3.0, 35.0], alpha=0.05)
    (True, False, True)
    >>> e_bh([25.0], alpha=0.05), e_bh([25.0, 1.0], alpha=0.05)
    ((True,), (False, False))
    """
    threshold = bar(e_values, alpha=alpha)
    return tuple(value >= threshold for value in e_values)


def bar(e_values: Sequence[float], *, alpha: float) -> float:
    """Returns the least e-value that e-BH rejects among these; infinity if it rejects none.

    What a test that is not rejected would have to reach, the others as they are, is this or less: `needed`.

    Raises:
        ValueError: As of `e_bh`.
    """
    if not 0.0 < alpha <= 1.0:
        raise ValueError(f"alpha is in (0, 1]: not {alpha}")
    for value in e_values:
        if math.isnan(value) or value < 0.0:
            raise ValueError(f"an e-value is 0 or more: not {value}")
    ranked = sorted(e_values, reverse=True)
    for k in range(len(ranked), 0, -1):
        least = len(ranked) / (alpha * k)
        if ranked[k - 1] >= least:
            return least
    return math.inf


def needed(e_values: Sequence[float], index: int, *, alpha: float) -> float:
    """Returns how large one e-value has to be for e-BH to reject it, the others as they are.

    Returns:
        From 1 / alpha (all others are rejected with it) to m / alpha (none is).

    Raises:
        ValueError: As of `e_bh`.

    >>> needed([1.0, 1000.0], 0, alpha=0.05), needed([1.0, 1.0], 0, alpha=0.05)
    (20.0, 40.0)
    """
    raised = list(e_values)
    raised[index] = math.inf
    return bar(raised, alpha=alpha)

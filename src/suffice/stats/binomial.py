"""Exact bounds on a rate from a number of passes: for a sample whose size was fixed before it was looked at.

Source: Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 1934. One-sided.
"""

from __future__ import annotations


def rate_below(passes: int, n: int, alpha: float) -> float:
    """Returns the upper bound of the pass rate: with probability 1 - alpha it is not above.

    Args:
        passes: Of `n` tries; 0 to `n`.
        n: Fixed in advance, 1 or more.
        alpha: Error, in (0, 1).

    Returns:
        In (0, 1]; 1 if all passed.

    Raises:
        ValueError: A number is out of range.
    """
    _check(passes, n, alpha)
    if passes == n:
        return 1.0
    from scipy.special import betaincinv  # type: ignore[import-untyped]  # noqa: PLC0415 -- heavy

    return float(betaincinv(passes + 1, n - passes, 1.0 - alpha))


def rate_above(passes: int, n: int, alpha: float) -> float:
    """Returns the lower bound of the pass rate: with probability 1 - alpha it is not below.

    Returns:
        In [0, 1); 0 if none passed.

    Raises:
        ValueError: A number is out of range.
    """
    _check(passes, n, alpha)
    if passes == 0:
        return 0.0
    from scipy.special import betaincinv  # noqa: PLC0415 -- heavy, and only reports ask

    return float(betaincinv(passes, n - passes + 1, alpha))


def failure_bound(passes: int, n: int, alpha: float) -> float:
    """Returns the upper bound of the failure rate after a number of passes.

    >>> round(failure_bound(20, 20, 0.05), 3), round(failure_bound(299, 299, 0.05), 3)
    (0.139, 0.01)

    Raises:
        ValueError: A number is out of range.
    """
    _check(passes, n, alpha)
    return rate_below(n - passes, n, alpha)


def _check(passes: int, n: int, alpha: float) -> None:
    if n < 1 or not 0 <= passes <= n:
        raise ValueError(f"{passes} passes of {n}: there is at least one try, and no more passes than tries")
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha is in (0, 1): not {alpha}")

"""Money as exact integers, and every rounding rule there is.

Amounts are nano-dollars (1e-9 USD, `_nanos`). Rates are picodollars per token (1e-12 USD): one dollar per
million tokens is 1,000,000 picodollars a token, so a published price is an integer; a finer one (a twelfth of a dollar
per million tokens) is rounded to one, half to even. A call's cost is summed in picodollars and rounded once, half to
even, to nano-dollars.
"""

from __future__ import annotations

from decimal import Decimal

NANOS_PER_USD = 1_000_000_000
PICOS_PER_NANO = 1_000
_HALF = PICOS_PER_NANO // 2


def rate_from_usd_per_million(price: Decimal) -> int:
    """Turns a published price into picodollars per token; one that is finer is rounded, half to even.

    Args:
        price: US dollars per million tokens.

    >>> rate_from_usd_per_million(Decimal("0.075")), rate_from_usd_per_million(Decimal("0.0833333333333333"))
    (75000, 83333)
    """
    return round(price * 1_000_000)


def nanos_from_picos(picos: int) -> int:
    """Rounds picodollars to nano-dollars, half to even.

    >>> [nanos_from_picos(p) for p in (1499, 1500, 2500, -1500)]
    [1, 2, 2, -2]
    """
    quotient, remainder = divmod(picos + _HALF, PICOS_PER_NANO)
    return quotient if remainder or not quotient & 1 else quotient - 1


def nanos_from_usd(amount: float) -> int:
    """Returns a setting in US dollars as nano-dollars: as it was written, not as a binary fraction; cut, not rounded.

    >>> nanos_from_usd(0.1), nanos_from_usd(12.5), nanos_from_usd(1e-10)
    (100000000, 12500000000, 0)
    """
    return int(Decimal(repr(amount)) * NANOS_PER_USD)


def usd(nanos: int, *, places: int = 2) -> str:
    """Formats nano-dollars as US dollars with thousands separators, half to even.

    Args:
        nanos: Nano-dollars; may be negative.
        places: Decimal places, 0 to 9.

    >>> usd(1_234_567_890_000), usd(-5_000_000, places=3), usd(42, places=9)
    ('$1,234.57', '-$0.005', '$0.000000042')
    """
    amount = (Decimal(abs(nanos)) / NANOS_PER_USD).quantize(Decimal(1).scaleb(-places))
    sign = "-" if nanos < 0 and amount else ""
    return f"{sign}${amount:,f}"

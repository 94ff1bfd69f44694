"""How the fields of exports are read: strictly, since a count that is misread is money that is misread."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from suffice.money import NANOS_PER_USD

_MOST = 10**15
_MOST_UNIX_S = 32_503_680_000
CENT = Decimal("0.01")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_NANO_PLACES = 9


class FlawError(ValueError):
    """A line cannot be read; the message says why."""


def count(row: Mapping[str, Any], *names: str) -> int | None:
    """Returns a count under the first of these names that is there; `None` if none is, or it is empty.

    Raises:
        FlawError: It is below 0, no whole number, or absurd.
    """
    for name in names:
        value = row.get(name)
        if value is None or value == "":
            continue
        number = _decimal(name, value)
        if number < 0:
            raise FlawError(f"{name} is below 0: {value}")
        if number != number.to_integral_value() or number > _MOST:
            raise FlawError(f"{name} is no count: {value!r}")
        return int(number)
    return None


def needed(row: Mapping[str, Any], *names: str) -> int:
    """Returns a count that a line cannot do without.

    Raises:
        FlawError: It is not there, or cannot be read.
    """
    found = count(row, *names)
    if found is None:
        raise FlawError(f"{names[0]} is missing")
    return found


def amount(row: Mapping[str, Any], *names: str, unit: Decimal = Decimal(1)) -> tuple[int, int] | None:
    """Returns an amount in billionths of its currency, and half of its last decimal place in the same; else `None`.

    Args:
        row: The line.
        names: Where it may stand.
        unit: What 1 of it is in the currency: `CENT` where it counts cents.

    Raises:
        FlawError: It is below 0, or no number.
    """
    for name in names:
        value = row.get(name)
        if value is None or value == "":
            continue
        number = _decimal(name, _plain(value) if isinstance(value, str) else value)
        if number < 0:
            raise FlawError(f"{name} is below 0: {value}")
        nanos = int((number * unit * NANOS_PER_USD).to_integral_value())
        exponent = number.as_tuple().exponent
        # A number of JSON has no last place: it was written as short as it could be.
        places = -exponent if isinstance(exponent, int) and isinstance(value, str) else _NANO_PLACES
        half = Decimal(5).scaleb(-places - 1) * unit * NANOS_PER_USD
        return nanos, int(half) + 1
    return None


def text(row: Mapping[str, Any], *names: str) -> str:
    """Returns a text under the first of these names that has one; empty if none has."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def yes(value: object) -> bool:
    """Tells whether a flag is set: true, or the word."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def unix_ns(row: Mapping[str, Any], name: str) -> int:
    """Returns a Unix time in seconds as nanoseconds.

    Raises:
        FlawError: It is none.
    """
    seconds = needed(row, name)
    if seconds > _MOST_UNIX_S:
        raise FlawError(f"{name} is no Unix time in seconds: {seconds}")
    return seconds * NANOS_PER_USD


def iso_ns(row: Mapping[str, Any], name: str) -> int:
    """Returns an RFC 3339 time as Unix nanoseconds.

    Raises:
        FlawError: It is none, or has no zone.
    """
    value = row.get(name)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise FlawError(f"{name} is no time: {value!r}") from None
    if moment.tzinfo is None:
        raise FlawError(f"{name} has no zone: {value!r}")
    return int(moment.timestamp()) * NANOS_PER_USD


def day_or_moment(value: str) -> tuple[str, int | None]:
    """Returns a day in ISO form, or, of a time with a zone, an empty text and Unix nanoseconds.

    Raises:
        FlawError: It is neither.

    >>> day_or_moment("2026-11-03"), day_or_moment("1970-01-01T01:00:00+01:00")
    (('2026-11-03', None), ('', 0))
    """
    try:
        return date.fromisoformat(value).isoformat(), None
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise FlawError(f"{value!r} is no day such as 2026-11-03") from None
    if moment.tzinfo is None:
        return moment.date().isoformat(), None
    return "", int(moment.astimezone(UTC).timestamp()) * NANOS_PER_USD


def _plain(value: str) -> str:
    """An amount without its sign of dollars and its commas, as far as these can only part thousands."""
    bare = value.replace("$", "").strip()
    return bare.replace(",", "") if _THOUSANDS.fullmatch(bare) else bare


def _decimal(name: str, value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise FlawError(f"{name} is no number: {value!r}")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise FlawError(f"{name} is no number: {value!r}") from None
    if not number.is_finite():
        raise FlawError(f"{name} is no number: {value!r}")
    return number

"""The days that an export is divided into, in its own zone, and whether another zone would fit better. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise

import msgspec

from suffice.ledger.statement import Line

SLOT_NS = 15 * 60 * 1_000_000_000
"""Zones differ by quarters of an hour at the finest."""
_SECOND_NS = 1_000_000_000
_DAY_NS = 24 * 3600 * _SECOND_NS
_SHORTEST_DAY_NS = 23 * 3600 * _SECOND_NS
_OFF_THE_HOUR = (-570, -210, 210, 270, 330, 345, 390, 525, 570, 630, 765)
"""Minutes that zones in use are off UTC by and that are no whole hours."""
_MISFIT_PERCENT = 2
_TIMES_BETTER = 2


class Day(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A stretch of time that both sides are compared over."""

    start_ns: int
    end_ns: int


class OverlapError(ValueError):
    """Two lines are for stretches of time that overlap without being the same."""


def day_of(line: Line, zone: tzinfo) -> Day:
    """Returns the day of a line: its own bucket where that is a day or more, else the day of the zone."""
    if line.start_ns is None:
        return _local(date.fromisoformat(line.day), zone)
    if line.end_ns is not None and line.end_ns - line.start_ns >= _SHORTEST_DAY_NS:
        return Day(start_ns=line.start_ns, end_ns=line.end_ns)
    return _local(datetime.fromtimestamp(line.start_ns // _SECOND_NS, zone).date(), zone)


def days_of(lines: Sequence[Line], zone: tzinfo) -> list[Day]:
    """Returns the days of an export without gaps: a day that it leaves out is a day without usage.

    Raises:
        OverlapError: Lines of one kind overlap without being for the same time, or their days do.
    """
    for of_kind in (
        [line for line in lines if line.input_tokens is not None],
        [line for line in lines if line.nanos is not None],
    ):
        _apart({(line.start_ns, line.end_ns): line for line in of_kind if line.end_ns is not None})
    by_day = {day_of(line, zone): line for line in lines}
    found = sorted(by_day)
    for one, other in pairwise(found):
        if other.start_ns < one.end_ns:
            raise OverlapError(_overlap(by_day[one], by_day[other]))
    filled: list[Day] = found[:1]
    for day in found[1:]:
        filled += [*_between(filled[-1].end_ns, day.start_ns, zone), day]
    return filled


def better_offset(stated: Mapping[tuple[str, str], int], slots: Mapping[tuple[int, str], int]) -> int | None:
    """Returns the offset from UTC, in minutes, that an export's days fit far better; `None` if UTC will do.

    Args:
        stated: Tokens by day in ISO form and model.
        slots: The ledger's tokens by quarter of an hour since 1970 and model, half a day more at both ends.
    """
    whole = sum(stated.values())
    in_utc = _misfit(stated, slots, 0)
    if in_utc * 100 <= whole * _MISFIT_PERCENT:
        return None
    # Whole hours first: neighbours differ by little, and few zones are off them.
    offsets = [*sorted(range(-12 * 60, 14 * 60 + 1, 60), key=abs), *_OFF_THE_HOUR]
    best = min(offsets, key=lambda minutes: _misfit(stated, slots, minutes))
    return best if _misfit(stated, slots, best) * _TIMES_BETTER <= in_utc else None


def offset_name(minutes: int) -> str:
    """Returns an offset as `--zone` takes it.

    >>> offset_name(-480), offset_name(345)
    ('-08:00', '+05:45')
    """
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def _misfit(stated: Mapping[tuple[str, str], int], slots: Mapping[tuple[int, str], int], minutes: int) -> int:
    left = dict(stated)
    days = {day for day, _ in stated}
    names: dict[int, str] = {}
    for (slot, model), tokens in slots.items():
        number = (slot * 15 + minutes) // (24 * 60)
        if number not in names:
            names[number] = (date(1970, 1, 1) + timedelta(days=number)).isoformat()
        day = names[number]
        if day in days:
            left[day, model] = left.get((day, model), 0) - tokens
    return sum(abs(tokens) for tokens in left.values())


def _apart(found: Mapping[tuple[int | None, int | None], Line]) -> None:
    inorder = sorted((start or 0, end or 0, line.where) for (start, end), line in found.items())
    lines = {(start or 0, end or 0): line for (start, end), line in found.items()}
    for (start, end, _), (next_start, next_end, _) in pairwise(inorder):
        if next_start < end:
            raise OverlapError(_overlap(lines[start, end], lines[next_start, next_end]))


def _overlap(one: Line, other: Line) -> str:
    return f"{one.file}: {one.where} and {other.file}: {other.where} overlap without being for the same time"


def _between(start_ns: int, end_ns: int, zone: tzinfo) -> Iterator[Day]:
    while start_ns < end_ns:
        local = _local(datetime.fromtimestamp(start_ns // _SECOND_NS, zone).date(), zone)
        length = local.end_ns - start_ns if local.start_ns == start_ns else _DAY_NS
        until = min(start_ns + length, end_ns)
        yield Day(start_ns=start_ns, end_ns=until)
        start_ns = until


def _local(day: date, zone: tzinfo) -> Day:
    bounds = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    start, end = (int(bound.timestamp()) * _SECOND_NS for bound in bounds)
    return Day(start_ns=start, end_ns=end)

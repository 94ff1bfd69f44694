from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from suffice.ledger.days import SLOT_NS, Day, OverlapError, better_offset, day_of, days_of, offset_name
from suffice.ledger.statement import Line

DAY_NS = 86_400_000_000_000
HOUR_NS = 3_600_000_000_000
START_NS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 10**9


def bucket(start: int, end: int, *, input_tokens: int | None = 1, nanos: int | None = None) -> Line:
    return Line(
        where=f"{start}",
        file="f",
        start_ns=START_NS + start,
        end_ns=START_NS + end,
        input_tokens=input_tokens,
        nanos=nanos,
    )


def test_a_bucket_of_a_day_is_its_own_day_whatever_the_zone() -> None:
    line = bucket(8 * HOUR_NS, 32 * HOUR_NS)
    assert day_of(line, UTC) == Day(start_ns=START_NS + 8 * HOUR_NS, end_ns=START_NS + 32 * HOUR_NS)


def test_hours_make_days_of_the_zone() -> None:
    hour = bucket(2 * HOUR_NS, 3 * HOUR_NS)
    assert day_of(hour, UTC).start_ns == START_NS
    assert day_of(hour, timezone(timedelta(hours=-8))).start_ns == START_NS - 16 * HOUR_NS


def test_a_day_of_a_zone_has_as_many_hours_as_it_has() -> None:
    day = day_of(Line(where="1", day="2026-11-01"), ZoneInfo("America/Los_Angeles"))
    assert day.end_ns - day.start_ns == 25 * HOUR_NS


def test_a_day_that_is_left_out_is_there() -> None:
    days = days_of([Line(where=day, day=day) for day in ("2026-11-01", "2026-11-04")], UTC)
    assert [day.start_ns for day in days] == [START_NS + n * DAY_NS for n in range(4)]
    assert days_of([bucket(0, DAY_NS), bucket(3 * DAY_NS, 4 * DAY_NS)], UTC) == days


@pytest.mark.parametrize(
    "others",
    [
        [bucket(12 * HOUR_NS, 36 * HOUR_NS)],
        [bucket(HOUR_NS, 2 * HOUR_NS)],
        [bucket(-DAY_NS, 5 * DAY_NS)],
    ],
)
def test_lines_that_overlap_without_being_for_the_same_time_are_refused(others: list[Line]) -> None:
    with pytest.raises(OverlapError, match="overlap without being for the same time"):
        days_of([bucket(0, DAY_NS), *others], UTC)


def test_tokens_and_amounts_of_one_day_do_not_overlap() -> None:
    lines = [bucket(0, DAY_NS), bucket(0, DAY_NS, input_tokens=None, nanos=5)]
    assert len(days_of(lines, UTC)) == 1


@pytest.mark.parametrize(
    ("minutes", "unseen"), [(-480, 0.02), (-300, 0.02), (60, 0.0), (330, 0.02), (345, 0.0), (540, 0.02)]
)
def test_days_of_another_zone_are_recognised(minutes: int, unseen: float) -> None:
    rng = random.Random(minutes)
    slots: dict[tuple[int, str], int] = {}
    stated: dict[tuple[str, str], int] = {}
    for _ in range(3_000):
        at = START_NS + int(rng.triangular(0, 7, 2) * DAY_NS)
        tokens = rng.randrange(1, 5_000)
        slots[at // SLOT_NS, "m"] = slots.get((at // SLOT_NS, "m"), 0) + tokens
        day = f"{datetime.fromtimestamp(at // SLOT_NS * 900 + minutes * 60, UTC):%Y-%m-%d}"
        if rng.random() >= unseen:
            stated[day, "m"] = stated.get((day, "m"), 0) + tokens
    assert better_offset(stated, slots) == minutes


def test_days_of_utc_are_left_alone_also_with_traffic_that_one_side_lacks() -> None:
    slots = {(START_NS // SLOT_NS + n, "m"): 100 for n in range(960)}
    stated = {(f"2026-11-{1 + n:02}", "m"): 96 * 100 for n in range(10)}
    assert better_offset(stated, slots) is None
    assert better_offset({key: 2 * tokens for key, tokens in stated.items()}, slots) is None


def test_offsets_have_the_name_that_the_option_takes() -> None:
    assert offset_name(0) == "+00:00"

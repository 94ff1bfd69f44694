"""Which calls are drawn: uniformly, rare buckets whole, within bounds of memory."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from suffice.proxy.captures.sampling import MOST_RESERVOIRS, SHARED, Reservoirs

DAY = "2026-11-24"


def take(reservoirs: Reservoirs, calls: list[tuple[str, str]], day: str = DAY) -> dict[str, tuple[str, int]]:
    """Draws and keeps; returns what was written, by id."""
    written = {}
    for call_id, bucket in calls:
        lot = reservoirs.draw(call_id, bucket, day)
        if lot is not None:
            reservoirs.keep(*lot)
            written[call_id] = lot
    return written


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=60), st.integers(1, 8))
def test_the_smallest_lots_of_each_bucket_are_always_among_what_is_written(
    buckets: list[str], size: int
) -> None:
    calls = [(f"id-{number}", bucket) for number, bucket in enumerate(buckets)]
    everything = Reservoirs(per_bucket=1000, share=1.0)
    lots = take(everything, calls)
    written = take(Reservoirs(per_bucket=size, share=1.0), calls)
    for bucket in set(buckets):
        mine = [call_id for call_id, of in calls if of == bucket]
        sample = sorted(mine, key=lambda call_id: lots[call_id][1])[:size]
        assert set(sample) <= written.keys()


def test_a_rare_bucket_is_kept_whole_beside_a_frequent_one() -> None:
    calls = [(f"id-{n}", "rare" if n % 2000 == 7 else "frequent") for n in range(20_000)]
    written = Counter(lot[0] for lot in take(Reservoirs(per_bucket=50, share=1.0), calls).values())
    assert written["rare"] == 10
    # 50 * (1 + ln(20000 / 50)), about 350, are written, and thinned to 50 later.
    assert 250 < written["frequent"] < 450


def test_a_share_of_all_calls_takes_part() -> None:
    calls = [(f"id-{n}", "a") for n in range(20_000)]
    written = take(Reservoirs(per_bucket=100_000, share=0.01), calls)
    assert 140 < len(written) < 260
    assert take(Reservoirs(per_bucket=100_000, share=0.0), calls) == {}
    assert len(take(Reservoirs(per_bucket=100_000, share=1.0), calls)) == 20_000


def test_a_new_day_begins_new_samples_and_an_old_one_does_not_come_back() -> None:
    reservoirs = Reservoirs(per_bucket=1, share=1.0)
    take(reservoirs, [(f"id-{n}", "a") for n in range(1000)])
    assert take(reservoirs, [("id-x", "a")], day="2026-11-23") == {}
    assert len(take(reservoirs, [("id-x", "a")], day="2026-11-25")) == 1
    assert take(reservoirs, [(f"id-{n}", "a") for n in range(1000)], day=DAY).keys() != {"id-x"}


def test_a_call_that_was_drawn_and_not_kept_leaves_its_place() -> None:
    reservoirs = Reservoirs(per_bucket=1, share=1.0)
    assert reservoirs.draw("id-1", "a", DAY) == reservoirs.draw("id-1", "a", DAY)
    assert reservoirs.draw("id-2", "a", DAY) is not None
    assert reservoirs.draw("id-3", "a", DAY) is not None


def test_very_many_buckets_share_one_reservoir() -> None:
    reservoirs = Reservoirs(per_bucket=2, share=1.0)
    written = take(reservoirs, [(f"id-{n}", f"invented-{n}") for n in range(MOST_RESERVOIRS + 500)])
    named = Counter(lot[0] for lot in written.values())
    assert len(named) == MOST_RESERVOIRS + 1
    assert 2 <= named.pop(SHARED) < 60
    assert set(named.values()) == {1}

from __future__ import annotations

import msgspec
from entries import entry

from suffice.ledger.entry import RateCard
from suffice.ledger.pricing import charge
from suffice.ledger.statement import Booked, Counts, Line, Stated, enter, state, tier_name
from suffice.types import Usage


def test_a_part_that_is_not_told_is_taken_from_the_ledger_as_far_as_there_is_room() -> None:
    told = Counts(input_tokens=100, output_tokens=9, cache_read_tokens=None, cache_write_tokens=None)
    assert told.kinds((0, 60, 10, 5, 0)) == (25, 60, 15, 0, 9)
    assert told.kinds((0, 600, 0, 0, 0)) == (0, 100, 0, 0, 9)


def test_a_part_is_not_known_of_a_sum_with_one_that_does_not_tell_it() -> None:
    one = Counts(input_tokens=10, cache_read_tokens=5)
    other = Counts(input_tokens=10, cache_read_tokens=None)
    assert one.plus(other).cache_read_tokens is None
    assert one.plus(one).cache_read_tokens == 10


def test_lines_add_up_by_tier() -> None:
    stated = Stated(counts={})
    state(stated, Line(where="1", model="m", tier="default", requests=2, input_tokens=10, output_tokens=1))
    state(
        stated, Line(where="2", model="m", tier="flex", requests=1, input_tokens=5, output_tokens=1, nanos=7)
    )
    state(stated, Line(where="3", model="m", nanos=3, half_unit_nanos=1))
    assert stated.requests == 3
    assert (stated.nanos, stated.allowance_nanos) == (10, 1)
    assert {tier: one.input_tokens for tier, one in stated.counts.items()} == {"standard": 10, "flex": 5}


def test_what_is_charged_beside_tokens_is_noted_apart() -> None:
    stated = Stated(counts={})
    state(stated, Line(where="1", charge="web search tool calls", nanos=3))
    assert stated.charges_nanos == 3


def test_calls_of_the_ledger_add_up_by_what_is_known_of_them() -> None:
    booked = Booked(tiers={}, unpriced={})
    enter(booked, entry(1), late=True)
    enter(booked, entry(2, usage=None), late=True)
    estimated = Usage(input_tokens=4, output_tokens=1, source="estimated", service_tier="flex")
    enter(booked, entry(3, usage=estimated), late=False)
    enter(booked, entry(4, served_model="no-price", requested_model="no-price"), late=False)
    assert (booked.requests, booked.unknown, booked.estimated, booked.late_requests) == (4, 1, 1, 2)
    assert booked.tokens == (204, 0, 0, 0, 21)
    assert booked.priced_tokens == (104, 0, 0, 0, 11)
    assert booked.late_tokens == (100, 0, 0, 0, 10)
    assert booked.tiers == {"standard": (200, 0, 0, 0, 20), "flex": (4, 0, 0, 0, 1)}
    assert booked.unpriced == {"no_price": 1}


def test_searches_are_told_apart_from_tokens() -> None:
    booked = Booked(tiers={}, unpriced={})
    usage = Usage(input_tokens=100, output_tokens=10, web_searches=2)
    cost = charge(usage, RateCard(input=1_000_000, output=5_000_000, web_search=10_000_000_000))
    enter(booked, msgspec.structs.replace(entry(1, usage=usage), cost=cost), late=False)
    assert (booked.nanos, booked.searches_nanos) == (20_000_000 + 150_000, 20_000_000)


def test_the_ordinary_tier_has_one_name() -> None:
    assert {tier_name(name) for name in (None, "", "default", "auto", "standard")} == {"standard"}

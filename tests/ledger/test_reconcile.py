from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.ledger.entry import RateCard
from suffice.ledger.kinds import NOTHING, Kinds, picos_of, plus
from suffice.ledger.reconcile import CAUSES, Row, reconcile
from suffice.ledger.statement import Alternative, Booked, Cell, Counts, Stated
from suffice.money import nanos_from_picos

CARD = RateCard(input=2_500_000, output=15_000_000, cache_read=250_000)
FLEX = RateCard(input=1_250_000, output=7_500_000, cache_read=125_000)
CARDS = {"standard": CARD, "flex": FLEX}
TOKENS: Kinds = (1_000_000, 500_000, 0, 0, 100_000)

COUNT = st.integers(0, 10**7)
KINDS = st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT)
COUNTS = st.builds(
    Counts,
    input_tokens=COUNT,
    output_tokens=COUNT,
    cache_read_tokens=st.none() | COUNT,
    cache_write_tokens=st.none() | COUNT,
    cache_write_1h_tokens=st.none() | COUNT,
)
STATED = st.builds(
    Stated,
    counts=st.dictionaries(st.sampled_from([None, "standard", "flex"]), COUNTS, max_size=3),
    requests=st.none() | st.integers(0, 50),
    nanos=st.none() | st.integers(0, 10**10),
    allowance_nanos=st.integers(0, 1_000),
    charges_nanos=st.none() | COUNT,
)
NUMBER = st.integers(0, 9)
BOOKED = st.builds(
    Booked,
    requests=st.integers(0, 40),
    unknown=NUMBER,
    estimated=NUMBER,
    tokens=KINDS,
    estimated_tokens=KINDS,
    tiers=st.dictionaries(st.sampled_from(["standard", "flex", "batch"]), KINDS),
    nanos=st.integers(0, 10**10),
    searches_nanos=st.just(0) | st.integers(0, 10**9),
    priced_tokens=KINDS,
    unpriced=st.dictionaries(st.sampled_from(["unmatched_tier", "no_price"]), st.integers(1, 9)),
    late_requests=NUMBER,
    late_tokens=KINDS,
    trial_requests=NUMBER,
    trial_tokens=KINDS,
    trial_nanos=COUNT,
)
CELL = st.builds(
    Cell,
    stated=st.none() | STATED,
    booked=st.none() | BOOKED,
    cards=st.sampled_from([{}, CARDS, {"standard": CARD}]),
    alternatives=st.sampled_from([(), (Alternative(cause="price_date", note="n", card=FLEX),)]),
    has_tokens=st.booleans(),
    has_amounts=st.booleans(),
)


@settings(deadline=None)
@given(st.dictionaries(st.tuples(st.integers(-1, 3), st.sampled_from("ab")), CELL, max_size=6))
def test_causes_add_up_to_the_difference_whatever_the_sides_say(cells: dict[tuple[int, str], Cell]) -> None:
    for row in reconcile(cells, days=3):
        tokens: Kinds = NOTHING
        for part in row.causes:
            assert part.cause in CAUSES
            tokens = plus(tokens, part.tokens)
        assert row.tokens in {None, tokens}
        assert row.requests in {None, sum(part.requests for part in row.causes)}
        assert row.nanos in {None, sum(part.nanos for part in row.causes)}


@settings(deadline=None)
@given(st.lists(st.tuples(KINDS, st.integers(1, 9)), min_size=1, max_size=5))
def test_sides_that_are_the_same_differ_by_no_cause(days: list[tuple[Kinds, int]]) -> None:
    cells = {}
    for day, (tokens, calls) in enumerate(days):
        cells[day, "m"] = Cell(
            stated=stated(tokens, calls, worth(tokens)), booked=booked(tokens, calls), cards=CARDS
        )
    assert all(row.causes == () for row in reconcile(cells, days=len(days)))


def worth(tokens: Kinds, card: RateCard = CARD) -> int:
    return nanos_from_picos(picos_of(tokens, card) or 0)


def stated(
    tokens: Kinds, calls: int | None, nanos: int | None, *, tier: str | None = None, **more: Any
) -> Stated:
    plain, read, minutes, hour, out = tokens
    counts = Counts(
        input_tokens=plain + read + minutes + hour,
        output_tokens=out,
        cache_read_tokens=read,
        cache_write_tokens=minutes + hour,
        cache_write_1h_tokens=hour,
    )
    return Stated(counts={tier: counts}, requests=calls, nanos=nanos, **more)


def booked(tokens: Kinds, calls: int, **more: Any) -> Booked:
    given = {
        "nanos": worth(tokens),
        "priced_tokens": tokens,
        "tiers": {"standard": tokens},
        "requests": calls,
        "tokens": tokens,
        **more,
    }
    return Booked(**given)


def row(cell: Cell) -> Row:
    (only,) = reconcile({(0, "m"): cell}, days=1)
    return only


def dollars(found: Row) -> dict[str, int]:
    return {part.cause: part.nanos for part in found.causes}


def test_searches_on_a_line_of_their_own_are_no_difference_of_the_models() -> None:
    fees = 30_000_000
    with_searches = booked(TOKENS, 3, nanos=worth(TOKENS) + fees, searches_nanos=fees)
    apart = row(Cell(stated=stated(TOKENS, 3, worth(TOKENS)), booked=with_searches, cards=CARDS))
    assert dollars(apart) == {"other_charges": -fees}
    together = row(Cell(stated=stated(TOKENS, 3, worth(TOKENS) + fees), booked=with_searches, cards=CARDS))
    assert together.causes == ()


def test_another_price_is_found_beside_searches() -> None:
    fees, change = 30_000_000, worth(TOKENS, FLEX) - worth(TOKENS)
    with_searches = booked(TOKENS, 3, nanos=worth(TOKENS) + fees, searches_nanos=fees)
    then = (Alternative(cause="price_date", note="n", card=FLEX),)
    for nanos, causes in (
        (worth(TOKENS, FLEX), {"price_date": change, "other_charges": -fees}),
        (worth(TOKENS, FLEX) + fees, {"price_date": change}),
    ):
        cell = Cell(stated=stated(TOKENS, 3, nanos), booked=with_searches, cards=CARDS, alternatives=then)
        assert dollars(row(cell)) == causes


def test_unseen_calls_are_worth_what_their_tokens_cost() -> None:
    more = plus(TOKENS, (1000, 0, 0, 0, 50))
    found = row(Cell(stated=stated(more, 12, worth(more)), booked=booked(TOKENS, 10), cards=CARDS))
    assert dollars(found) == {"unseen_traffic": worth((1000, 0, 0, 0, 50))}
    assert found.causes[0].requests == 2


def test_a_price_of_another_date_is_recognised_when_it_gives_the_amount() -> None:
    old = RateCard(input=3_000_000, output=15_000_000, cache_read=300_000)
    cell = Cell(
        stated=stated(TOKENS, 10, worth(TOKENS, old)),
        booked=booked(TOKENS, 10),
        cards=CARDS,
        alternatives=(Alternative(cause="price_date", note="the price of then", card=old),),
    )
    (part,) = row(cell).causes
    assert (part.cause, part.note) == ("price_date", "the price of then")
    assert part.nanos == worth(TOKENS, old) - worth(TOKENS)


def test_a_price_that_nobody_has_stays_unexplained() -> None:
    cell = Cell(
        stated=stated(TOKENS, 10, worth(TOKENS) + 123_456_789),
        booked=booked(TOKENS, 10),
        cards=CARDS,
        alternatives=(Alternative(cause="price_date", note="n", card=FLEX),),
    )
    assert dollars(row(cell)) == {"unexplained": 123_456_789}


def test_the_same_tokens_at_another_tier_are_the_tier() -> None:
    cell = Cell(
        stated=stated(TOKENS, 10, worth(TOKENS, FLEX), tier="flex"), booked=booked(TOKENS, 10), cards=CARDS
    )
    assert dollars(row(cell)) == {"service_tier": worth(TOKENS, FLEX) - worth(TOKENS)}


def test_a_tier_that_the_ledger_could_not_price_is_the_tier() -> None:
    unpriced = booked(TOKENS, 10, nanos=0, priced_tokens=NOTHING, unpriced={"unmatched_tier": 10})
    cell = Cell(stated=stated(TOKENS, 10, 777_000_000), booked=unpriced, cards=CARDS)
    assert dollars(row(cell)) == {"service_tier": 777_000_000}
    no_price = booked(TOKENS, 10, nanos=0, priced_tokens=NOTHING, unpriced={"no_price": 10})
    cell = Cell(stated=stated(TOKENS, 10, 777_000_000), booked=no_price)
    assert dollars(row(cell)) == {"unknown_price": 777_000_000}


def test_cents_are_rounding_as_far_as_cents_allow() -> None:
    cell = Cell(
        stated=stated(TOKENS, 10, worth(TOKENS) + 4_000_000, allowance_nanos=5_000_000),
        booked=booked(TOKENS, 10),
        cards=CARDS,
    )
    assert dollars(row(cell)) == {"rounding": 4_000_000}
    cell = Cell(stated=stated(TOKENS, 10, worth(TOKENS) + 4_000_000), booked=booked(TOKENS, 10), cards=CARDS)
    assert dollars(row(cell)) == {"unexplained": 4_000_000}


def test_one_side_alone_has_one_cause() -> None:
    assert dollars(row(Cell(stated=stated(TOKENS, 3, 5), cards=CARDS))) == {"unseen_traffic": 5}
    found = row(Cell(booked=booked(TOKENS, 3)))
    assert dollars(found) == {"missing_from_export": -worth(TOKENS)}
    assert found.causes[0].requests == -3


def test_an_export_without_amounts_values_tokens_and_claims_no_difference() -> None:
    found = row(
        Cell(
            stated=stated(TOKENS, 12, None),
            booked=booked((0, 0, 0, 0, 0), 10),
            cards=CARDS,
            has_amounts=False,
        )
    )
    assert found.nanos is None
    assert dollars(found) == {"unseen_traffic": worth(TOKENS)}


def test_an_export_without_tokens_claims_nothing_about_them() -> None:
    found = row(Cell(stated=Stated(nanos=worth(TOKENS)), booked=booked(TOKENS, 10), cards=CARDS))
    assert found.tokens is None
    assert found.causes == ()


def test_charges_beside_tokens_have_their_own_cause() -> None:
    assert dollars(row(Cell(stated=Stated(nanos=40, charges_nanos=40)))) == {"other_charges": 40}


@pytest.mark.parametrize("as_ended", [True, False])
def test_late_calls_are_moved_where_the_provider_counts_calls_when_they_end(as_ended: bool) -> None:
    late: Kinds = (900, 0, 0, 0, 90)
    first, second = plus(TOKENS, late), TOKENS
    theirs = [TOKENS, plus(TOKENS, late)] if as_ended else [first, second]
    calls = [10, 11] if as_ended else [11, 10]
    cells = {
        (0, "m"): Cell(
            stated=stated(theirs[0], calls[0], worth(theirs[0])),
            booked=booked(first, 11, late_requests=1, late_tokens=late),
            cards=CARDS,
        ),
        (1, "m"): Cell(
            stated=stated(theirs[1], calls[1], worth(theirs[1])), booked=booked(second, 10), cards=CARDS
        ),
    }
    found = reconcile(cells, days=2)
    if not as_ended:
        assert [one.causes for one in found] == [(), ()]
        return
    assert [dollars(one) for one in found] == [{"day_boundary": -worth(late)}, {"day_boundary": worth(late)}]


def test_calls_of_the_day_before_may_come_in() -> None:
    late: Kinds = (900, 0, 0, 0, 90)
    cells = {
        (-1, "m"): Cell(booked=booked(late, 1, late_requests=1, late_tokens=late), cards=CARDS),
        (0, "m"): Cell(stated=stated(plus(TOKENS, late), 11, None), booked=booked(TOKENS, 10), cards=CARDS),
    }
    (found,) = reconcile(cells, days=1)
    assert [part.cause for part in found.causes] == ["day_boundary"]

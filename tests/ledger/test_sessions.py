from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import msgspec
from entries import entry
from hypothesis import given, settings
from hypothesis import strategies as st

from routed import APRIL_NS, MARCH_NS, MINUTE_NS, World, extra, legs, play
from suffice.ledger.leg import Leg, leg_of
from suffice.ledger.sessions import LOOK_BACK_NS, Key, Period, Sessions, Stratum, fold
from suffice.types import Outcome, Usage

MARCH = Period(since_ns=MARCH_NS, until_ns=APRIL_NS)
ALL = Period()


def folded(outcomes: Sequence[Outcome], period: Period = ALL, *, certified: bool = True) -> Sessions:
    served, others = legs(outcomes)
    return fold(served, others, period=period, certified=lambda *_: certified)


def call(number: int = 0, **fields: Any) -> Leg:
    given_ = {"arm": "routed", "propensity": 0.95, "bucket": "faq", "session": "s", "sent_model": "small"}
    return leg_of(
        entry(number, **{**given_, "served_model": "small", "received_ns": MARCH_NS + number, **fields})
    )


def stratum(*calls: Leg, period: Period = ALL) -> Stratum:
    (found,) = fold(calls, [], period=period, certified=lambda *_: True).strata.values()
    return found


def test_a_session_is_one_unit_and_costs_what_its_calls_cost() -> None:
    found = stratum(call(0, expected_nanos=9), call(1, expected_nanos=70), call(2, session="other"))
    unit = found.units["s"]
    assert (unit.calls, unit.cost_nanos, unit.arms) == (2, 2 * 120_000, {"routed"})
    assert unit.expected_nanos == 9, "of the first call: later ones know what was chosen"
    assert found.units["other"].expected_nanos is None
    assert (found.tally.calls, found.tally.modelled_nanos) == (3, 3 * 280_000)


@settings(max_examples=15)
@given(st.randoms(use_true_random=False))
def test_the_order_of_calls_does_not_matter(rng: random.Random) -> None:
    served, _ = legs(play(World(sessions=20)).outcomes)
    mixed = list(served)
    rng.shuffle(mixed)
    one, other = (fold(some, [], period=MARCH, certified=lambda *_: True) for some in (served, mixed))
    assert one == other


def test_a_call_split_in_two_changes_no_units_cost() -> None:
    outcomes = play(World(sessions=40)).outcomes
    split = []
    for one in outcomes:
        usage = one.usage or Usage(input_tokens=0, output_tokens=0)
        half = Usage(input_tokens=usage.input_tokens // 2, output_tokens=usage.output_tokens // 3)
        rest = Usage(
            input_tokens=usage.input_tokens - half.input_tokens,
            output_tokens=usage.output_tokens - half.output_tokens,
        )
        split.append(msgspec.structs.replace(one, usage=half))
        split.append(
            msgspec.structs.replace(one, id=one.id + "b", received_ns=one.received_ns + 1, usage=rest)
        )

    def units(found: Sessions) -> dict[str, tuple[int, int | None]]:
        (only,) = found.strata.values()
        return {name: (unit.cost_nanos, unit.expected_nanos) for name, unit in only.units.items()}

    assert units(folded(outcomes)) == units(folded(split))


def test_what_is_unknown_is_counted_and_never_zero() -> None:
    found = stratum(call(0), call(1, usage=None))
    assert (found.units["s"].unknown, found.units["s"].cost_nanos) == (1, 120_000)
    assert (found.tally.calls, found.tally.unknown) == (2, 1)
    estimated = Usage(input_tokens=100, output_tokens=10, source="estimated")
    assert stratum(call(usage=estimated)).units["s"].estimated == 1


def test_months_part_at_midnight_in_utc_and_add_up() -> None:
    calls = [call(number, received_ns=APRIL_NS + at) for number, at in enumerate((-MINUTE_NS, -1, 0, 1))]
    april = Period(since_ns=APRIL_NS, until_ns=None)
    before, after = stratum(*calls, period=MARCH), stratum(*calls, period=april)
    assert (before.units["s"].calls, after.units["s"].calls) == (2, 2)
    whole = stratum(*calls)
    assert whole.units["s"].cost_nanos == before.units["s"].cost_nanos + after.units["s"].cost_nanos
    assert {day for _, day in whole.parts if day.startswith("2026")} == {"2026-03-31", "2026-04-01"}


def test_a_session_across_months_is_expected_to_cost_what_its_very_first_call_was() -> None:
    calls = [
        call(0, received_ns=APRIL_NS - MINUTE_NS, expected_nanos=5),
        call(1, received_ns=APRIL_NS + 1, expected_nanos=99),
    ]
    april = Period(since_ns=APRIL_NS)
    assert april.look_back_ns == APRIL_NS - LOOK_BACK_NS
    unit = stratum(*calls, period=april).units["s"]
    assert (unit.calls, unit.expected_nanos) == (1, 5)


def test_use_cases_probabilities_and_certificates_are_strata_of_their_own() -> None:
    calls = [call(0), call(1, propensity=0.25), call(2, bucket="other"), call(3, arm="", propensity=None)]
    found = fold(calls, [], period=ALL, certified=lambda bucket, *_: bucket == "faq")
    assert set(found.strata) == {
        Key("faq", 0.95, certified=True),
        Key("faq", 0.25, certified=True),
        Key("other", 0.95, certified=False),
        Key("faq", None, certified=True),
    }
    assert found.strata[Key("faq", None, certified=True)].units == {}


def test_certificates_are_asked_for_the_candidate_and_the_moment_on_both_arms() -> None:
    asked = []
    fold(
        [call(0), call(1, arm="holdout", sent_model="", served_model="big", decided_model="small")],
        [],
        period=ALL,
        certified=lambda *what: bool(asked.append(what)),
    )
    assert asked == [("faq", "big", "small", MARCH_NS), ("faq", "big", "small", MARCH_NS + 1)]


def test_a_session_on_both_arms_is_seen() -> None:
    assert stratum(call(0), call(1, arm="holdout")).units["s"].arms == {"routed", "holdout"}


def test_what_was_never_served_is_overhead_and_a_shadow_is_one_of_a_pair() -> None:
    outcomes = play(World(sessions=30, calls=(1, 1))).outcomes
    parent = next(one for one in outcomes if one.arm == "routed")
    others = [
        extra(1, leg="shadow", parent=parent.id),
        extra(2, leg="shadow", parent="somebody else's"),
        extra(3, leg="discarded", sent_model="small", served_model="small"),
        extra(4, leg="discarded", usage=None),
        extra(5, leg="discarded", received_ns=APRIL_NS),
    ]
    found = folded([*outcomes, *others], MARCH)
    assert dict(found.overhead) == {"shadow": 2 * 400_000, "discarded": 120_000}
    assert dict(found.overhead_unknown) == {"discarded": 1}
    ((cost, parents),) = [(one.cost_nanos, one.id) for one in legs(outcomes)[0] if one.id == parent.id]
    (only,) = found.strata.values()
    assert (only.pairs, parents) == ([400_000 - (cost or 0)], parent.id)
    assert found.dearest_nanos == max(
        one.cost_nanos or 0 for part in legs([*outcomes, *others]) for one in part
    )


def test_nothing_is_nothing() -> None:
    assert folded([]) == Sessions()

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from talks import CARDS, Talk, kept, talks

from routed import APRIL_NS, MARCH_NS, MINUTE_NS
from suffice.ledger.entry import Entry
from suffice.ledger.leg import leg_of
from suffice.ledger.lost_cache import FEWEST_TURNS, LostCache, Turn, lost_caches, turn_of
from suffice.ledger.savings import Savings, savings
from suffice.ledger.sessions import Period, fold

MARCH = Period(since_ns=MARCH_NS, until_ns=APRIL_NS)


def holdout(turns: int = FEWEST_TURNS, cached: int = 800) -> Iterator[Entry]:
    """A session on the baseline, whose later turns find so much of 1,000 tokens in the cache."""
    for number in range(turns + 1):
        yield kept(number, "stays", 1_000, cached if number else 0, arm="holdout", propensity=0.8)


def routed(number: int, prompt: int, cached: int = 0, **fields: Any) -> Entry:
    return kept(number, "moves", prompt, cached, **{"arm": "routed", "propensity": 0.8, **fields})


def lost(*entries: Entry) -> tuple[LostCache, ...]:
    turns = [turn_of(one) for one in entries]
    return lost_caches(sorted(turns, key=lambda turn: (turn.received_ns, turn.id)), period=MARCH)


def test_a_change_of_model_loses_what_the_baseline_finds_in_its_cache() -> None:
    (one,) = lost(*holdout(), routed(0, 2_000), routed(1, 3_000, model="small"))
    assert (one.share, one.turns, one.unknown) == (0.8, 1, 0)
    # Of 2,000 tokens that were there before, the baseline would have found 1,600.
    assert one.paid_nanos == 1_600 * (150 - 75)
    assert one.modelled_nanos == 1_600 * (2_500 - 1_250)
    assert (one.unrouted_turns, one.unrouted_nanos) == (0, 0)


def test_a_session_that_is_on_one_model_from_its_beginning_loses_nothing_where_that_caches_as_well() -> None:
    turns = [routed(number, 1_000, 800 if number else 0, model="small") for number in range(5)]
    (one,) = lost(*holdout(), *turns)
    assert (one.turns, one.paid_nanos, one.modelled_nanos) == (4, 0, 0)


def test_what_comes_back_to_the_baseline_on_the_routed_arm_has_lost_its_cache_too() -> None:
    (one,) = lost(*holdout(), routed(0, 2_000, model="small"), routed(1, 2_000))
    assert (one.turns, one.paid_nanos) == (1, 1_600 * 1_250)
    assert one.modelled_nanos == one.paid_nanos, "which the modelled figure takes for no difference at all"


def test_turns_before_any_change_lose_nothing() -> None:
    assert lost(*holdout(), routed(0, 2_000), routed(1, 2_000), routed(2, 2_000)) == ()


def test_turns_that_no_candidate_could_serve_are_told_apart() -> None:
    """They have no arm, so that no measured cost holds what they lost."""
    entries = [*holdout(), routed(0, 2_000, model="small"), routed(1, 2_000, arm="", propensity=None)]
    (one,) = lost(*entries)
    assert (one.turns, one.paid_nanos, one.modelled_nanos) == (0, 0, 0)
    assert (one.unrouted_turns, one.unrouted_nanos) == (1, 1_600 * 1_250)


def test_without_a_holdout_they_may_have_lost_all_of_it_and_the_others_are_unknown() -> None:
    entries = [
        *holdout(FEWEST_TURNS - 1),
        routed(0, 2_000, model="small"),
        routed(1, 2_000, arm="", propensity=None),
        routed(2, 2_000, model="small"),
    ]
    (one,) = lost(*entries)
    assert (one.share, one.turns, one.unknown, one.paid_nanos) == (None, 0, 1, 0)
    assert one.unrouted_nanos == 2_000 * 1_250


@pytest.mark.parametrize("missing", [{"usage": None}, {"rates": None}, {"baseline_rates": None}])
def test_what_is_not_known_is_counted_and_is_not_zero(missing: dict[str, None]) -> None:
    turns = [turn_of(one) for one in (*holdout(), routed(50, 2_000), routed(51, 2_000, model="small"))]
    turns[-1] = msgspec.structs.replace(turns[-1], **missing)
    (one,) = lost_caches(turns, period=MARCH)
    assert (one.turns, one.unknown) == (0, 1)
    turns[-1] = msgspec.structs.replace(turns[-1], routed=False, arm="", usage=None)
    turns[-2] = msgspec.structs.replace(turns[-2], routed=True)
    (one,) = lost_caches(turns, period=MARCH)
    assert (one.unrouted_turns, one.unrouted_unknown) == (0, 1)


def test_a_price_list_without_cached_input_has_nothing_to_lose_of_its_own() -> None:
    (one,) = lost(*holdout(), routed(0, 2_000), routed(1, 3_000, model="bare"))
    assert (one.turns, one.paid_nanos, one.modelled_nanos) == (1, 0, 1_600 * 1_250)


def test_what_is_written_to_the_cache_anew_costs_what_writing_costs() -> None:
    (one,) = lost(*holdout(), routed(0, 2_000), routed(1, 2_000, model="writer", written=2_000))
    assert one.paid_nanos == 1_600 * (1_250 - 100)


def test_the_period_bounds_whose_losses_count_and_not_what_is_known() -> None:
    before = MARCH_NS - 1_000 * MINUTE_NS
    early = [
        *holdout(),
        routed(0, 2_000),
        routed(1, 2_000, model="small"),
    ]
    shifted = [
        msgspec.structs.replace(turn_of(one), received_ns=before + number) for number, one in enumerate(early)
    ]
    assert lost_caches(shifted, period=MARCH) == ()
    (one,) = lost_caches([*shifted, turn_of(routed(9, 2_000, model="small"))], period=MARCH)
    assert (one.turns, one.paid_nanos) == (1, 1_600 * 75)


def test_use_cases_and_baselines_are_told_apart() -> None:
    other = [
        kept(number, "other", 1_000, bucket="chat", arm="routed", propensity=0.8, model="small")
        for number in range(3)
    ]
    found = lost(*holdout(), routed(0, 2_000), routed(1, 2_000, model="small"), *other)
    assert [(one.bucket, one.baseline, one.turns, one.unknown) for one in found] == [
        ("chat", "big", 0, 2), ("faq", "big", 1, 0),
    ]  # fmt: skip


TOKENS = st.integers(0, 10**6)


@given(st.lists(st.tuples(TOKENS, TOKENS, st.sampled_from(["", "small", "bare"])), max_size=8), TOKENS)
def test_a_loss_is_never_negative_nor_more_than_all_that_could_be_read_again(
    turns: list[tuple[int, int, str]], share: int
) -> None:
    entries = [routed(n, i, min(i, c), model=m) for n, (i, c, m) in enumerate(turns)]
    every = lost(*holdout(cached=share % 1_001), *entries)
    most = sum(prompt for prompt, _, _ in turns)
    for one in every:
        assert 0 <= one.paid_nanos <= most * 1_250
        assert 0 <= one.modelled_nanos <= most * 1_250


def figures(talk: Talk) -> Savings:
    every = [leg_of(one) for one in talk.entries if one.outcome.arm or one.outcome.sent_model]
    sessions = fold(every, [], period=MARCH, certified=lambda *_: True)
    turns = sorted((turn_of(one) for one in talk.entries), key=lambda turn: (turn.received_ns, turn.id))
    return savings(sessions, {"trial": 7}, lost_cache=lost_caches(turns, period=MARCH))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_measured_figure_is_net_of_it_and_the_modelled_one_is_corrected_by_it(seed: int) -> None:
    talk = talks(random.Random(seed))
    found = figures(talk)
    kinds = {one.kind: one for one in found.overhead}
    assert kinds["lost_cache"].nanos == pytest.approx(talk.paid, rel=0.15)
    assert (kinds["lost_cache"].charged_nanos, found.overhead_nanos) == (0, 7)
    assert found.difference is not None
    assert found.difference.low_nanos <= talk.truth <= found.difference.high_nanos
    raw, corrected = found.modelled.modelled_nanos, found.modelled_less_cache_nanos
    assert raw > 1.07 * talk.truth
    assert corrected == pytest.approx(talk.truth, rel=0.015)


def test_calls_without_an_arm_are_charged_for_what_they_lost_and_for_nothing_else() -> None:
    talk = talks(random.Random(4), vetoed=0.3)
    found = figures(talk)
    kinds = {one.kind: one for one in found.overhead}
    assert kinds["lost_cache_unrouted"].nanos == pytest.approx(talk.aside, rel=0.1)
    assert found.overhead_nanos == kinds["lost_cache_unrouted"].nanos + 7
    assert found.difference is not None
    assert found.measured == found.difference.less(found.overhead_nanos)
    assert found.verified_nanos == found.measured.low_nanos


def test_unknown_ones_are_charged_as_the_dearest_call() -> None:
    entries = [
        *holdout(),
        routed(20, 2_000, model="small"),
        routed(21, 2_000, arm="", propensity=None, usage=None),
    ]
    found = figures(Talk(entries=entries))
    line = next(one for one in found.overhead if one.kind == "lost_cache_unrouted")
    dearest = max(one.cost.nanos or 0 for one in entries)
    assert (line.nanos, line.unknown, line.charged_nanos) == (0, 1, dearest)
    assert found.overhead_bounded


def test_a_turn_is_what_its_entry_says() -> None:
    one = turn_of(routed(1, 2_000, 30, model="small"))
    assert isinstance(one, Turn)
    assert (one.routed, one.arm, one.requested_model) == (True, "routed", "big")
    assert (one.rates, one.baseline_rates) == (CARDS["small"], CARDS["big"])
    assert one.usage is not None
    assert one.usage.cache_read_tokens == 30
    assert not turn_of(routed(1, 2_000)).routed

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.policy.stickiness import change_pays, lost_cache_nanos, model_of_turn, turns_left
from suffice.types import Candidate, Decision, Estimate, Rates, Terms

SMALL = Candidate(
    model="small",
    provider="openai",
    tier="mini",
    rates=(
        Rates(above_tokens=1_000_000, input=2_000_000, cache_read=200_000, output=1),
        Rates(input=1_000_000, cache_read=100_000, output=1),
    ),
)
COUNTS = st.lists(st.integers(0, 1_000), max_size=12)


@given(reached=COUNTS, turn=st.integers(0, 15))
def test_there_is_always_this_turn_and_never_more_than_are_known(reached: list[int], turn: int) -> None:
    assert 1 <= turns_left(reached, turn) <= max(1, len(reached) - turn)


def test_of_halving_conversations_some_two_turns_are_left() -> None:
    assert turns_left([2**power for power in range(10, -1, -1)], 0) == pytest.approx(2, abs=0.01)


def test_more_who_got_further_than_to_the_turn_before_do_not_add_turns() -> None:
    assert turns_left([10, 40, 10], 0) == 3.0


def test_the_lost_cache_is_what_reading_anew_costs_more() -> None:
    assert lost_cache_nanos(10_000, 12_000, SMALL) == 10_000 * 900
    assert lost_cache_nanos(10_000, 1_200_000, SMALL) == 10_000 * 1_800, "rates go by the prompt's length"
    assert lost_cache_nanos(10_000, 12_000, msgspec.structs.replace(SMALL, rates=())) == 0
    assert (
        lost_cache_nanos(10_000, 12_000, msgspec.structs.replace(SMALL, rates=(Rates(input=9, output=1),)))
        == 0
    )


@given(
    stay=st.integers(0, 10**9),
    switch=st.integers(0, 10**9),
    lost=st.integers(0, 10**9),
    turns=st.floats(1, 50),
)
def test_a_change_that_pays_pays_still_more_with_more_turns_and_less_to_lose(
    stay: int, switch: int, lost: int, turns: float
) -> None:
    def pays(lost: int, turns: float) -> bool:
        return change_pays(stay_nanos=stay, switch_nanos=switch, lost_nanos=lost, turns=turns, margin=0.25)

    if pays(lost, turns):
        assert stay > switch
        assert pays(lost // 2, turns + 1)


def decision(**fields: object) -> Decision:
    given: dict[str, object] = {
        "baseline": "big",
        "model": "small",
        "reason": "certified_suffices",
        "baseline_cost_nanos": 30_000_000,
        "input_tokens_estimated": 20_000,
        "cached_tokens_estimated": 19_000,
        "terms": Terms(evidence="certified"),
        "estimates": (
            Estimate(model="small", p_good=None, certified=True, cost_nanos=10_000_000),
            Estimate(model="other", p_good=None, certified=True, cost_nanos=12_000_000),
            Estimate(model="unproved", p_good=None, cost_nanos=9_000_000),
        ),
        **fields,
    }
    return Decision(**given)  # type: ignore[arg-type] -- as a test says


def test_a_conversation_stays_where_it_is_until_a_change_pays() -> None:
    # 20 million nano-dollars a turn are gained, 17.1 million are lost once, and a quarter more is asked for.
    assert model_of_turn(decision(), "big", SMALL, turns=1.0, margin=0.25) == "big"
    assert model_of_turn(decision(), "big", SMALL, turns=1.1, margin=0.25) == "small"


def test_between_two_that_may_serve_the_same_holds() -> None:
    assert model_of_turn(decision(), "other", SMALL, turns=2, margin=0.25) == "other"
    assert model_of_turn(decision(), "other", SMALL, turns=20, margin=0.25) == "small"


@pytest.mark.parametrize("before", ["small", "unproved", "gone"])
def test_what_may_not_serve_is_not_held_on_to(before: str) -> None:
    assert model_of_turn(decision(), before, SMALL, turns=1, margin=0.25) == "small"


def test_without_a_cache_to_lose_the_cheaper_one_serves() -> None:
    assert model_of_turn(decision(cached_tokens_estimated=0), "big", SMALL, turns=1, margin=0.25) == "small"
    assert model_of_turn(decision(baseline_cost_nanos=None), "big", SMALL, turns=1, margin=0.25) == "small"

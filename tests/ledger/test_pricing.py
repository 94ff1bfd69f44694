from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from entries import entry, outcome, price_of
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.entry import Cost, RateCard
from suffice.ledger.pricing import NOTHING_SENT, charge, entry_of, unknown
from suffice.types import Usage

RATE = st.integers(0, 10**8)
CARD = st.builds(RateCard, input=RATE, output=RATE, cache_read=RATE, cache_write=RATE, cache_write_1h=RATE)
TOKENS = st.integers(0, 10**6)


@given(CARD, TOKENS, TOKENS, TOKENS, TOKENS, TOKENS)
def test_a_cost_is_exact_and_rounded_once(
    card: RateCard, plain: int, read: int, written: int, written_1h: int, out: int
) -> None:
    usage = Usage(
        input_tokens=plain + read + written + written_1h,
        output_tokens=out,
        cache_read_tokens=read,
        cache_write_tokens=written + written_1h,
        cache_write_1h_tokens=written_1h,
    )
    exact = Fraction(
        plain * card.input
        + read * (card.cache_read or 0)
        + written * (card.cache_write or 0)
        + written_1h * (card.cache_write_1h or 0)
        + out * card.output,
        1000,
    )
    assert charge(usage, card).nanos == round(exact)


@pytest.mark.parametrize(
    "fields",
    [
        {"cache_read_tokens": 1},
        {"cache_write_tokens": 1, "cache_write_1h_tokens": 1},
        {"input_audio_tokens": 1},
        {"output_audio_tokens": 1},
        {"web_searches": 1},
    ],
)
def test_a_kind_of_use_without_a_rate_leaves_the_cost_unknown(fields: dict[str, Any]) -> None:
    cost = charge(
        Usage(input_tokens=10, output_tokens=10, **fields), RateCard(input=1, output=1, version="v")
    )
    assert (cost.nanos, cost.grade, cost.unknown_because) == (None, "unknown", "unpriced_unit")
    assert cost.price_version == "v"


def test_cached_audio_that_no_report_tells_apart_is_unknown() -> None:
    usage = Usage(input_tokens=10, output_tokens=0, cache_read_tokens=8, input_audio_tokens=8)
    assert charge(usage, RateCard(input=1, output=1, cache_read=1, input_audio=1)).grade == "unknown"


def test_cache_writes_without_a_rate_of_their_own_are_ordinary_input() -> None:
    usage = Usage(input_tokens=10, output_tokens=0, cache_write_tokens=4)
    assert charge(usage, RateCard(input=1_000, output=0)).nanos == 10


@pytest.mark.parametrize(("source", "grade"), [("reported", "measured"), ("estimated", "modelled")])
def test_estimated_usage_is_modelled_money(source: Any, grade: str) -> None:
    usage = Usage(input_tokens=1, output_tokens=1, source=source)
    assert charge(usage, RateCard(input=1, output=1)).grade == grade


@pytest.mark.parametrize(
    "fields",
    [
        {"status": 429},
        {"status": 500},
        {"ending": "client_left", "status": 429},
        {"ending": "refused", "status": 413},
        {"ending": "upstream_unreachable", "status": 502},
        {"ending": "client_left", "status": None, "fault": NOTHING_SENT},
        {"api": "passthrough", "method": "GET"},
    ],
)
def test_what_no_provider_worked_for_is_not_billed(fields: dict[str, Any]) -> None:
    assert entry(usage=None, **fields).cost == Cost(nanos=0, grade="not_billed")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ending": "client_left", "status": None},
        {"ending": "upstream_broke", "status": 504, "fault": "upstream_timeout"},
        {"ending": "internal_fault"},
        {"api": "passthrough", "method": "POST"},
    ],
)
def test_no_usage_is_an_unknown_cost_and_never_zero(fields: dict[str, Any]) -> None:
    assert entry(usage=None, **fields).cost == unknown("no_usage")


def test_the_served_models_price_counts_and_the_requested_ones_if_that_has_none() -> None:
    assert entry(served_model="small").cost.nanos == 100 * 750 + 10 * 4_500
    assert entry(served_model="big-2026-01-01").cost.nanos == 100 * 2_500 + 10 * 15_000
    assert entry(served_model=None).cost.nanos == 100 * 2_500 + 10 * 15_000


def test_the_decided_model_is_priced_for_the_same_tokens() -> None:
    made = entry(decided_model="small")
    assert made.shadow_cost is not None
    assert (made.shadow_cost.nanos, made.shadow_cost.grade) == (100 * 750 + 10 * 4_500, "modelled")
    assert entry().shadow_cost is None
    assert entry(decided_model=None).shadow_cost is None


def test_a_routed_call_costs_what_the_model_that_was_asked_costs_and_has_the_baselines_cost_beside_it() -> (
    None
):
    routed = {"sent_model": "small", "decided_model": "small", "arm": "routed"}
    made = entry(served_model="small", **routed)
    assert made.cost.nanos == 100 * 750 + 10 * 4_500
    assert made.baseline_cost is not None
    assert (made.baseline_cost.nanos, made.baseline_cost.grade) == (100 * 2_500 + 10 * 15_000, "modelled")
    assert made.shadow_cost is None, "the choice was served: nothing is left to project"
    # A dated name without a price is the model that was asked for, not the one that the client named.
    assert entry(served_model="small-2026-01-01", **routed).cost.nanos == made.cost.nanos


def test_a_call_that_asked_the_baseline_has_no_baseline_beside_it() -> None:
    for sent in ("", "big"):
        made = entry(sent_model=sent, decided_model="small", arm="holdout")
        assert made.baseline_cost is None
        assert made.shadow_cost is not None


def test_a_baseline_without_a_price_leaves_only_the_baselines_cost_unknown() -> None:
    made = entry(requested_model="unheard-of", sent_model="small", served_model="small")
    assert made.cost.nanos == 100 * 750 + 10 * 4_500
    assert made.baseline_cost == unknown("no_price")


@pytest.mark.parametrize("leg", ["discarded", "shadow"])
def test_a_call_that_was_never_served_is_cost_alone(leg: str) -> None:
    made = entry(
        leg=leg, parent="id-00000001", sent_model="small", served_model="small", decided_model="tiny"
    )
    assert made.cost.nanos == 100 * 750 + 10 * 4_500
    assert (made.baseline_cost, made.shadow_cost) == (None, None)


def test_an_entry_is_a_pure_function_of_its_outcome() -> None:
    assert entry_of(outcome(7), price_of) == entry_of(outcome(7), price_of)


def test_each_model_is_priced_at_the_provider_that_has_it() -> None:
    def price(usage: Usage, *, provider: str, model: str, at_ns: int) -> Cost:
        known = {("openai", "big"): "big", ("anthropic", "small"): "small"}.get((provider, model))
        return (
            unknown("no_price")
            if known is None
            else price_of(usage, provider=provider, model=known, at_ns=at_ns)
        )

    crossed = {"requested_provider": "openai", "provider": "anthropic", "served_model": "small"}
    routed = entry_of(
        outcome(**crossed, sent_model="small", decided_model="small", decided_provider="anthropic"), price
    )
    assert routed.cost.nanos == 100 * 750 + 10 * 4_500
    assert routed.baseline_cost is not None
    assert routed.baseline_cost.nanos == 100 * 2_500 + 10 * 15_000
    kept = entry_of(outcome(decided_model="small", decided_provider="anthropic"), price)
    assert kept.shadow_cost is not None
    assert kept.shadow_cost.nanos == routed.cost.nanos
    elsewhere = entry_of(
        outcome(requested_provider="anthropic", provider="openai", decided_model="small"), price
    )
    assert elsewhere.shadow_cost is not None
    assert elsewhere.shadow_cost.nanos == routed.cost.nanos, "the choice is the asked provider's"

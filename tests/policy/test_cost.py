from __future__ import annotations

from typing import Any

import pytest
from asks import candidate, chat, request
from cases import NOTES
from hypothesis import given
from hypothesis import strategies as st

from suffice.features import read
from suffice.money import nanos_from_picos
from suffice.policy.cost import (
    LEAST_CACHED_TOKENS,
    USUAL_OUTPUT_TOKENS,
    Tokens,
    Verbosity,
    charges,
    expected_cost,
    tokens_of,
    whole_prices,
)
from suffice.types import Rates

BIG = candidate("big", "flagship", 10)


def talk(*said: tuple[str, str]) -> Tokens:
    messages = [{"role": role, "content": text} for role, text in said]
    return tokens_of(read(request({"messages": messages})))


def test_cost_is_tokens_times_rates_rounded_once() -> None:
    tokens = Tokens(input=7, cached=0, output=3)
    assert expected_cost(tokens, BIG) == 7 * 10_000 + 3 * 60_000
    odd = candidate("odd", "nano", 1, rates=(Rates(input=333, output=333),))
    assert expected_cost(Tokens(input=1, cached=0, output=1), odd) == 1
    assert expected_cost(tokens, candidate("free", "nano", 0, rates=())) is None


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**9), st.integers(0, 10**9))
def test_cost_is_exact(sent: int, output: int, rate_in: int, rate_out: int) -> None:
    priced = candidate("any", "nano", 1, rates=(Rates(input=rate_in, output=rate_out),))
    cost = expected_cost(Tokens(input=sent, cached=0, output=output), priced)
    assert cost == nanos_from_picos(sent * rate_in + output * rate_out)


def test_a_long_prompt_pays_the_rates_of_its_length_for_all_of_it() -> None:
    tiers = (
        Rates(above_tokens=200_000, input=4_000_000, output=20_000_000),
        Rates(input=2_000_000, output=10_000_000),
    )
    priced = candidate("long", "flagship", 1, rates=tiers)
    at, above = (expected_cost(Tokens(input=n, cached=0, output=10), priced) for n in (200_000, 200_001))
    assert at == 200_000 * 2_000 + 10 * 10_000
    assert above == 200_001 * 4_000 + 10 * 20_000


def test_cached_input_has_its_own_rate_where_there_is_one() -> None:
    rates = Rates(input=2_000_000, output=0, cache_read=200_000)
    tokens = Tokens(input=3_000, cached=2_000, output=0)
    assert expected_cost(tokens, candidate("a", "mini", 1, rates=(rates,))) == 1_000 * 2_000 + 2_000 * 200
    without = Rates(input=2_000_000, output=0)
    assert expected_cost(tokens, candidate("b", "mini", 1, rates=(without,))) == 3_000 * 2_000


def test_a_wordy_model_pays_for_its_words() -> None:
    tokens = Tokens(input=0, cached=0, output=301)
    assert expected_cost(tokens, BIG, 1.5) == round(301 * 1.5) * 60_000


def test_a_bucket_of_its_own_comes_before_all_others() -> None:
    known = Verbosity({("", "big"): 2.0, ("faq", "big"): 0.5})
    assert [known.of(bucket, "big") for bucket in ("faq", "code")] == [0.5, 2.0]
    assert Verbosity().of("faq", "big") == 1.0


@pytest.mark.parametrize(
    ("question", "more", "output"),
    [
        ("Hi", {}, USUAL_OUTPUT_TOKENS),
        ("Hi", {"max_tokens": 10}, 10),
        ("Hi", {"max_tokens": 90_000}, USUAL_OUTPUT_TOKENS),
        ("Hi", {"n": 3}, 3 * USUAL_OUTPUT_TOKENS),
        ("Hi", {"n": 3, "max_tokens": 10}, 30),
        ("Answer briefly.", {}, 40),
        ("Answer briefly.", {"max_tokens": 5}, 5),
    ],
)
def test_an_answer_is_as_long_as_the_request_says(question: str, more: dict[str, Any], output: int) -> None:
    assert tokens_of(read(chat(question, **more))).output == output


def test_only_a_long_history_with_an_answer_in_it_is_taken_as_cached() -> None:
    assert talk(("user", NOTES), ("user", "And?")).cached == 0
    assert talk(("user", "Hi"), ("assistant", "Hello"), ("user", "And?")).cached == 0
    long = talk(("user", NOTES), ("assistant", "Read."), ("user", "And?"))
    assert LEAST_CACHED_TOKENS <= long.cached < long.input
    fresh = talk(("user", "Hi"), ("assistant", "Hello"), ("user", NOTES))
    assert fresh.cached == 0


TIERED = (
    Rates(above_tokens=200_000, input=4_000_000, output=20_000_000, cache_read=400_000),
    Rates(input=2_000_000, output=10_000_000, cache_read=200_000),
)
PLAIN = (Rates(input=333_000, output=1_000_000),)


@given(st.integers(0, 400_000), st.integers(0, 400_000), st.integers(0, 10**6))
def test_where_whole_prices_hold_a_call_costs_what_it_costs_at_its_rates(
    sent: int, cached: int, output: int
) -> None:
    models = [candidate("long", "flagship", 1, rates=TIERED), candidate("plain", "mini", 1, rates=PLAIN)]
    tokens = Tokens(input=sent, cached=min(sent, cached), output=output)
    prices, longest = whole_prices(models)
    assert longest == 200_000
    same = charges(tokens, prices) == [expected_cost(tokens, one) for one in models]
    assert same == (sent <= longest)


@pytest.mark.parametrize(
    "rates",
    [(), (Rates(input=333, output=1_000),), (Rates(above_tokens=10, input=1_000, output=1_000),)],
)
def test_there_are_no_whole_prices_where_one_model_has_none(rates: tuple[Rates, ...]) -> None:
    models = [candidate("plain", "mini", 1, rates=PLAIN), candidate("other", "nano", 1, rates=rates)]
    assert whole_prices(models) == ((), -1)
    assert whole_prices(models[:1]) == (((333, 1_000, 0),), 1 << 62)

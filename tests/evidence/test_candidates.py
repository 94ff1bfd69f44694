from __future__ import annotations

import msgspec
import pytest
from sums import BIG, GOOD, HAIKU, market_at

from suffice.evidence.caller import Target
from suffice.evidence.candidates import UNKNOWN_OUTPUT_TOKENS, asked_of, can_ask, vetoes, why_not
from suffice.types import LoggedCall

MARKET = market_at("http://127.0.0.1:9")
BASELINE = Target(provider="openai", model=BIG)
MINI = Target(provider="openai", model=GOOD)


def call(**request: object) -> LoggedCall:
    body = {"messages": [{"role": "user", "content": "hi"}], **request}
    return LoggedCall(id="u", source="test", model=BIG, request=body)


def why(text: str) -> str | None:
    return why_not(MARKET, BASELINE, "chat_completions", Target.parse(text))


def test_a_priced_model_of_the_same_wire_format_can_be_tried() -> None:
    assert why(f"openai/{GOOD}") is None
    assert why(f"other/{HAIKU}") is None


@pytest.mark.parametrize(
    ("candidate", "said"),
    [
        ("nowhere/x", "no provider nowhere is configured"),
        ("openai/gpt-4o", "it is the baseline"),
        ("anthropic/unheard-of", "another wire format"),
        ("unpriced/llama", "no price"),
        ("openai/no-such-model", "no price"),
    ],
)
def test_each_reason_is_said_in_words(candidate: str, said: str) -> None:
    assert said in (why(candidate) or "")


def test_a_provider_may_serve_the_api_of_another() -> None:
    assert why("anthropic/claude-haiku-4-5") is None
    claude = Target(provider="anthropic", model="claude-opus-5")
    assert "another wire format" in (why_not(MARKET, claude, "messages", MINI) or "")
    assert "another wire format" in (why_not(MARKET, BASELINE, "responses", claude) or "")


def test_a_name_alone_means_the_baselines_provider_if_it_has_it() -> None:
    assert MARKET.parse(GOOD, BASELINE) == MINI
    assert MARKET.parse("claude-haiku-4-5", BASELINE).provider == "anthropic"
    assert MARKET.parse("some-new-model", BASELINE) == Target(provider="openai", model="some-new-model")
    assert MARKET.parse("other/vendor/model", BASELINE) == Target(provider="other", model="vendor/model")
    assert MARKET.parse("vendor/model", BASELINE) == Target(provider="openai", model="vendor/model")


def test_siblings_are_the_catalogs_and_an_unknown_model_has_none() -> None:
    assert Target(provider="openai", model="gpt-4o-mini") in MARKET.siblings(BASELINE)
    assert MARKET.siblings(Target(provider="openai", model="unheard-of")) == []


def test_models_of_providers_that_may_serve_are_tried_beside_the_siblings() -> None:
    market = msgspec.structs.replace(MARKET, across=("anthropic", "gemini", "openai"))
    found = market.siblings(BASELINE)
    assert found[: len(MARKET.siblings(BASELINE))] == MARKET.siblings(BASELINE)
    others = {str(one) for one in found if one.provider != "openai"}
    assert {"anthropic/claude-haiku-4-5", "gemini/gemini-2.5-flash"} <= others
    assert "anthropic/claude-opus-5" not in others, "it is no smaller one"
    assert market.siblings(BASELINE, "responses") == MARKET.siblings(BASELINE)


def test_a_log_without_a_provider_finds_the_models_home() -> None:
    assert MARKET.home_of("", BIG, "chat_completions") == BASELINE
    assert MARKET.home_of("other", BIG, "chat_completions") == Target(provider="other", model=BIG)
    assert MARKET.home_of("anthropic", BIG, "chat_completions") == BASELINE, "that speaks another wire format"
    assert MARKET.home_of("", "unheard-of", "chat_completions") == Target(
        provider="openai", model="unheard-of"
    )
    assert MARKET.home_of("", "unheard-of", "messages") is None


def test_limits_and_costs_come_from_the_catalog_and_the_price_book() -> None:
    assert MARKET.most_output_tokens(Target(provider="other", model="claude-3-haiku-20240307")) == 4096
    assert MARKET.most_output_tokens(Target(provider="openai", model="x")) == UNKNOWN_OUTPUT_TOKENS
    assert MARKET.nanos(MINI, 100, 10) == 100 * 150 + 10 * 600
    assert MARKET.nanos(MINI, None, 10) is None
    assert MARKET.name_of(MINI) == "gpt-4o-mini"
    assert MARKET.name_of(Target(provider="openai", model="x")) == "x"


def test_what_a_request_needs_vetoes_who_cannot() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    turbo = Target(provider="openai", model="gpt-3.5-turbo-0125")
    unknown = Target(provider="openai", model="unheard-of")
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]
    calls = [call(), call(tools=[tool]), call(messages=picture), call(max_tokens=10_000)]
    said = [reasons for _, reasons in vetoes(MARKET, calls, BASELINE, [MINI, turbo, unknown])]
    assert said[0] == {}
    assert MINI not in said[1]
    assert said[2] == {turbo: "it cannot see images"}
    assert turbo in said[3]
    assert all(unknown not in reasons for reasons in said)


def test_state_at_the_provider_vetoes_everybody() -> None:
    pinned = LoggedCall(
        id="u",
        source="test",
        model=BIG,
        api="responses",
        request={"input": "hi", "previous_response_id": "r"},
    )
    ((_, said),) = vetoes(MARKET, [pinned], BASELINE, [MINI])
    assert set(said) == {BASELINE, MINI}


def test_trials_ask_in_three_apis() -> None:
    assert can_ask("messages")
    assert not can_ask("embeddings")


def test_a_candidate_is_asked_what_route_mode_would_ask_it() -> None:
    request = {
        "model": "gpt-4o",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 9,
        "stream": True,
    }
    logged = LoggedCall(id="1", source="test", provider="openai", model="gpt-4o", request=request)
    market = MARKET
    same = {"model": "gpt-4o", "messages": request["messages"], "max_tokens": 9}
    assert asked_of(market, logged, Target(provider="openai", model="gpt-4o")) == same
    renamed = asked_of(market, logged, Target(provider="openai", model="gpt-5.4-mini"))
    assert renamed["model"] == "gpt-5.4-mini"
    assert "max_tokens" not in renamed
    assert renamed["max_completion_tokens"] == 9
    # A model that nobody knows is asked as it was logged.
    assert asked_of(market, logged, Target(provider="openai", model="our-own"))["max_tokens"] == 9


def test_what_a_candidate_would_not_honour_keeps_it_from_being_tried() -> None:
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], "stop": ["END"]}
    logged = LoggedCall(id="1", source="test", provider="openai", model="gpt-4o", request=request)
    small, other = (Target(provider="openai", model=name) for name in ("gpt-4o-mini", "gpt-5.4-nano"))
    baseline = Target(provider="openai", model="gpt-4o")
    ((_, said),) = vetoes(MARKET, [logged], baseline, [small, other])
    assert list(said) == [other]

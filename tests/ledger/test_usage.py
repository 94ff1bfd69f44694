from __future__ import annotations

from typing import Any, cast

import msgspec
import pytest
from asks import JSON
from hypothesis import given
from hypothesis import strategies as st

from suffice.ledger.entry import RateCard
from suffice.ledger.pricing import charge
from suffice.ledger.usage import MOST_TOKENS, read_usage, with_hosted
from suffice.types import ClientApi, Usage

CHAT: dict[str, Any] = {
    "prompt_tokens": 1_000,
    "completion_tokens": 300,
    "total_tokens": 1_300,
    "prompt_tokens_details": {"cached_tokens": 640, "audio_tokens": 10},
    "completion_tokens_details": {
        "reasoning_tokens": 128,
        "audio_tokens": 5,
        "accepted_prediction_tokens": 0,
    },
}
RESPONSES: dict[str, Any] = {
    "input_tokens": 1_000,
    "input_tokens_details": {"cached_tokens": 640},
    "output_tokens": 300,
    "output_tokens_details": {"reasoning_tokens": 128},
    "total_tokens": 1_300,
}
MESSAGES: dict[str, Any] = {
    "input_tokens": 50,
    "cache_creation_input_tokens": 300,
    "cache_read_input_tokens": 650,
    "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
    "output_tokens": 300,
    "server_tool_use": {"web_search_requests": 2},
    "service_tier": "standard",
}


@pytest.mark.parametrize(
    ("api", "reported", "tier", "usage"),
    [
        (
            "chat_completions",
            CHAT,
            "flex",
            Usage(
                input_tokens=1_000,
                output_tokens=300,
                cache_read_tokens=640,
                reasoning_tokens=128,
                input_audio_tokens=10,
                output_audio_tokens=5,
                service_tier="flex",
            ),
        ),
        (
            "responses",
            RESPONSES,
            None,
            Usage(input_tokens=1_000, output_tokens=300, cache_read_tokens=640, reasoning_tokens=128),
        ),
        (
            "messages",
            MESSAGES,
            None,
            Usage(
                input_tokens=1_000,
                output_tokens=300,
                cache_read_tokens=650,
                cache_write_tokens=300,
                cache_write_1h_tokens=200,
                web_searches=2,
                service_tier="standard",
            ),
        ),
        ("embeddings", {"prompt_tokens": 8, "total_tokens": 8}, None, Usage(input_tokens=8, output_tokens=0)),
        # Reasoning beside the output: the total gives it away.
        (
            "chat_completions",
            {
                "prompt_tokens": 10,
                "completion_tokens": 20,
                "total_tokens": 130,
                "completion_tokens_details": {"reasoning_tokens": 100},
            },
            None,
            Usage(input_tokens=10, output_tokens=120, reasoning_tokens=100),
        ),
        # Hidden thinking that only the total counts.
        (
            "chat_completions",
            {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 80},
            None,
            Usage(input_tokens=10, output_tokens=70),
        ),
        (
            "chat_completions",
            {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "prompt_cache_hit_tokens": 6},
            None,
            Usage(input_tokens=10, output_tokens=2, cache_read_tokens=6),
        ),
        (
            "chat_completions",
            {"prompt_tokens": 19, "completion_tokens": 21, "total_tokens": 40, "cached_tokens": 10},
            None,
            Usage(input_tokens=19, output_tokens=21, cache_read_tokens=10),
        ),
        # Said in two places it counts once.
        (
            "chat_completions",
            {**CHAT, "cached_tokens": 640, "prompt_cache_hit_tokens": 640, "prompt_tokens_details": {}},
            None,
            Usage(
                input_tokens=1_000,
                output_tokens=300,
                cache_read_tokens=640,
                reasoning_tokens=128,
                output_audio_tokens=5,
            ),
        ),
        (
            "messages",
            {"input_tokens": 5, "output_tokens": 7, "cache_read_input_tokens": None},
            None,
            Usage(input_tokens=5, output_tokens=7),
        ),
    ],
)
def test_each_convention_is_read_into_one(
    api: ClientApi, reported: object, tier: str | None, usage: Usage
) -> None:
    assert read_usage(api, reported, service_tier=tier) == usage


SUMMED_UP = {
    "type": "compaction",
    "input_tokens": 180_000,
    "cache_read_input_tokens": 20_000,
    "cache_creation_input_tokens": 70,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 70},
    "output_tokens": 3_500,
}
MESSAGE = {"type": "message", "input_tokens": 50, "output_tokens": 300}


def test_what_summing_up_a_conversation_took_is_added_to_anthropics_totals() -> None:
    reported = {**MESSAGES, "iterations": [SUMMED_UP, MESSAGE]}
    assert read_usage("messages", reported) == Usage(
        input_tokens=1_000 + 200_070,
        output_tokens=300 + 3_500,
        cache_read_tokens=650 + 20_000,
        cache_write_tokens=300 + 70,
        cache_write_1h_tokens=200 + 70,
        web_searches=2,
        service_tier="standard",
    )


@pytest.mark.parametrize("iterations", [None, [], [MESSAGE, MESSAGE], "two", [None]])
def test_iterations_of_the_answer_itself_are_in_the_totals(iterations: object) -> None:
    assert read_usage("messages", {**MESSAGES, "iterations": iterations}) == read_usage("messages", MESSAGES)


def test_what_another_model_did_on_the_way_is_a_tier_without_a_price() -> None:
    advice = {"type": "advisor_message", "model": "claude-opus-5", "input_tokens": 900, "output_tokens": 60}
    usage = read_usage("messages", {**MESSAGES, "iterations": [MESSAGE, advice, MESSAGE]})
    assert usage is not None
    assert (usage.input_tokens, usage.service_tier) == (1_000, "advisor_message")


def test_a_summary_without_counts_is_unknown() -> None:
    assert read_usage("messages", {**MESSAGES, "iterations": [{"type": "compaction"}]}) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"prompt_tokens": -1},
        {"prompt_tokens": "10"},
        {"prompt_tokens": 1.5},
        {"prompt_tokens": True},
        {"prompt_tokens": MOST_TOKENS + 1},
        {"prompt_tokens": None},
        {"completion_tokens": -5},
        {"prompt_tokens_details": {"cached_tokens": 1_001}},
        {"prompt_tokens_details": {"cached_tokens": "many"}},
        {"completion_tokens_details": {"reasoning_tokens": 301}},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_unknown_and_never_zero(bad: dict[str, Any]) -> None:
    assert read_usage("chat_completions", {**CHAT, **bad}) is None


@pytest.mark.parametrize("reported", [None, [], "text", 7, {}])
def test_no_report_is_unknown(reported: object) -> None:
    for api in ("chat_completions", "responses", "messages", "embeddings"):
        assert read_usage(cast("ClientApi", api), reported) is None


NAMES = [*CHAT, *RESPONSES, *MESSAGES]


@given(
    st.sampled_from(["chat_completions", "responses", "messages", "embeddings"]),
    st.dictionaries(st.sampled_from(NAMES), JSON | st.integers(-5, 50), max_size=8),
)
def test_any_report_is_read_or_unknown_and_subsets_fit(api: str, reported: dict[str, Any]) -> None:
    usage = read_usage(cast("ClientApi", api), reported)
    if usage is not None:
        assert 0 <= usage.cache_read_tokens + usage.cache_write_tokens <= usage.input_tokens
        assert 0 <= usage.reasoning_tokens <= usage.output_tokens


@pytest.mark.parametrize(
    ("said", "tier"),
    [
        ({}, "standard"),
        ({"speed": "standard", "inference_geo": "global"}, "standard"),
        ({"inference_geo": "not_available"}, "standard"),
        ({"speed": "fast"}, "fast"),
        ({"inference_geo": "us"}, "us"),
        ({"service_tier": "priority", "speed": "fast"}, "priority+fast"),
        ({"service_tier": None, "speed": "fast", "inference_geo": "us"}, "fast+us"),
        ({"service_tier": "batch", "speed": 7}, "batch"),
    ],
)
def test_what_anthropic_charges_more_for_is_part_of_the_tier(said: dict[str, Any], tier: str) -> None:
    usage = read_usage("messages", {**MESSAGES, **said})
    assert usage is not None
    assert usage.service_tier == tier


def test_what_the_provider_ran_by_itself_is_without_a_price_where_nobody_knows_one() -> None:
    usage = Usage(input_tokens=3, output_tokens=2)
    card = RateCard(input=1_000, output=1_000)
    assert charge(usage, card).nanos == 5
    searched = with_hosted(usage, {"web_search": 2})
    assert (searched.web_searches, searched.service_tier) == (2, None)
    assert charge(searched, card).unknown_because == "unpriced_unit"
    assert charge(searched, msgspec.structs.replace(card, web_search=10_000_000)).nanos == 20_005
    assert with_hosted(usage, {"file_search": 1}).service_tier == "default+file_search"

"""The price book, against published prices typed in here: US dollars per million tokens, as of 2026-11-24."""

from __future__ import annotations

import socket
from decimal import Decimal

import pytest
from genai_prices import data_snapshot

from suffice.catalog.prices import BUILT_IN, PriceBook, price_ids
from suffice.types import Usage

AT_NS = 1_795_478_400_000_000_000
BOOK = PriceBook(
    {
        "openai": "openai",
        "anthropic": "anthropic",
        "gemini": "google",
        "mine": "deepseek",
        "sonar": "perplexity",
    }
)
MILLION = 1_000_000

PUBLISHED = [
    ("openai", "gpt-5.4", "2.50", ".25", "15"),
    ("openai", "gpt-5.4-2026-03-05", "2.50", ".25", "15"),
    ("openai", "gpt-5.4-mini", ".75", ".075", "4.50"),
    ("openai", "gpt-5.4-nano", ".20", ".02", "1.25"),
    ("openai", "gpt-6-luna", ".10", ".01", ".50"),
    ("anthropic", "claude-haiku-4-5", "1", ".10", "5"),
    ("anthropic", "claude-haiku-4-5-20251001", "1", ".10", "5"),
    ("anthropic", "claude-sonnet-5", "2", ".20", "10"),
    ("anthropic", "claude-opus-5", "5", ".50", "25"),
    ("gemini", "gemini-3-flash-preview", ".50", ".05", "3"),
    ("gemini", "gemini-2.5-flash", ".30", ".03", "2.50"),
    ("openai", "gpt-4o-2024-08-06", "2.50", "1.25", "10"),
    ("openai", "gpt-4o-mini-2024-07-18", ".15", ".075", ".60"),
    ("anthropic", "claude-3-5-sonnet-20240620", "3", ".30", "15"),
    ("anthropic", "claude-3-haiku-20240307", ".25", ".03", "1.25"),
]


def nanos(provider: str, model: str, at_ns: int = AT_NS, **usage: object) -> int | None:
    made = Usage(**{"input_tokens": 0, "output_tokens": 0, **usage})  # type: ignore[arg-type] -- by name
    return BOOK.cost(made, provider=provider, model=model, at_ns=at_ns).nanos


def in_thousands(usd: str) -> int:
    """Nano-dollars of a thousand tokens at so many dollars per million."""
    return int(Decimal(usd) * MILLION)


def test_a_count_below_zero_has_no_price() -> None:
    cost = BOOK.cost(Usage(input_tokens=-1, output_tokens=1), provider="openai", model="gpt-5.4", at_ns=AT_NS)
    assert (cost.nanos, cost.grade, cost.unknown_because) == (None, "unknown", "unpriced_unit")


@pytest.mark.parametrize(("provider", "model", "into", "cached", "out"), PUBLISHED)
def test_published_prices_stay(provider: str, model: str, into: str, cached: str, out: str) -> None:
    assert nanos(provider, model, input_tokens=1_000) == in_thousands(into)
    assert nanos(provider, model, output_tokens=1_000) == in_thousands(out)
    assert nanos(provider, model, input_tokens=1_000, cache_read_tokens=1_000) == in_thousands(cached)


def test_cache_writes_have_their_own_price_at_anthropic() -> None:
    written = nanos("anthropic", "claude-haiku-4-5", input_tokens=1_000, cache_write_tokens=1_000)
    hour = nanos(
        "anthropic",
        "claude-haiku-4-5",
        input_tokens=1_000,
        cache_write_tokens=1_000,
        cache_write_1h_tokens=1_000,
    )
    assert (written, hour) == (in_thousands("1.25"), in_thousands("2"))


def test_a_long_prompt_costs_double_in_and_half_more_out() -> None:
    assert nanos("openai", "gpt-5.4", input_tokens=272_000) == 272_000 * 2_500
    assert nanos("openai", "gpt-5.4", input_tokens=272_001) == 272_001 * 5_000
    assert nanos("openai", "gpt-5.4", input_tokens=300_000, output_tokens=10) == 300_000 * 5_000 + 10 * 22_500


@pytest.mark.parametrize(
    ("tier", "into"),
    [
        ("flex", "1.25"),
        ("batch", "1.25"),
        ("priority", "5"),
        ("default", "2.50"),
        ("auto", "2.50"),
        (None, "2.50"),
    ],
)
def test_the_tier_that_served_sets_the_price(tier: str | None, into: str) -> None:
    assert nanos("openai", "gpt-5.4", input_tokens=1_000, service_tier=tier) == in_thousands(into)


@pytest.mark.parametrize(
    ("tier", "known"), [(None, True), ("on_demand", True), ("flex", True), ("performance", False)]
)
def test_groqs_name_for_its_standard_tier_is_known(tier: str | None, known: bool) -> None:
    usage = Usage(input_tokens=1_000, output_tokens=0, service_tier=tier)
    cost = PriceBook({"groq": "groq"}).cost(usage, provider="groq", model="llama-3.1-8b-instant", at_ns=AT_NS)
    assert cost.nanos == (in_thousands(".05") if known else None)


def test_anthropics_fast_mode_and_batches_have_their_own_prices() -> None:
    fast = nanos("anthropic", "claude-opus-5", input_tokens=1_000, service_tier="fast")
    batch = nanos("anthropic", "claude-opus-5", input_tokens=1_000, service_tier="batch")
    assert (fast, batch) == (in_thousands("10"), in_thousands("2.50"))


@pytest.mark.parametrize(
    ("provider", "model", "tier", "because"),
    [
        ("anthropic", "claude-opus-5", "us", "unmatched_tier"),
        ("anthropic", "claude-opus-5", "batch+fast", "unmatched_tier"),
        ("anthropic", "claude-haiku-4-5", "fast", "unmatched_tier"),
        ("anthropic", "claude-opus-5", "priority", "unmatched_tier"),
        ("openai", "gpt-5.4", "scale", "unmatched_tier"),
        ("openai", "gpt-3.5-turbo-0125", "flex", "unmatched_tier"),
        ("openai", "no-such-model", None, "no_price"),
        ("nobody", "gpt-5.4", None, "no_price"),
        ("mine", "deepseek-chat", None, "disputed_price"),
        ("openai", "mistral-large-latest", None, "disputed_price"),
        # A fee a request, dearer than its tokens; images among the output, twelve times as dear as text.
        ("sonar", "sonar", None, "unpriced_unit"),
        ("sonar", "sonar-deep-research", None, "unpriced_unit"),
        ("gemini", "gemini-2.5-flash-image", None, "unpriced_unit"),
        # A search for every call, which no usage counts.
        ("openai", "gpt-4o-mini-search-preview-2025-03-11", None, "unpriced_unit"),
        ("openai", "gpt-5-search-api", None, "unpriced_unit"),
    ],
)
def test_what_is_not_certain_is_unknown(provider: str, model: str, tier: str | None, because: str) -> None:
    usage = Usage(input_tokens=10, output_tokens=10, service_tier=tier)
    cost = BOOK.cost(usage, provider=provider, model=model, at_ns=AT_NS)
    assert (cost.nanos, cost.grade, cost.unknown_because) == (None, "unknown", because)


def test_a_price_is_that_of_its_day() -> None:
    # Flex processing has prices since 2026-10-12; before that day it is unknown, not standard.
    before = AT_NS - 90 * 86_400_000_000_000
    assert nanos("openai", "gpt-5.4", before, input_tokens=1_000, service_tier="flex") is None
    assert nanos("openai", "gpt-5.4", before, input_tokens=1_000) == in_thousands("2.50")


def test_the_version_names_book_model_and_tier() -> None:
    usage = Usage(input_tokens=1, output_tokens=1, service_tier="flex")
    version = BOOK.cost(usage, provider="openai", model="gpt-5.4", at_ns=AT_NS).price_version
    assert version is not None
    assert version.startswith("genai-prices ")
    assert version.endswith(": openai/gpt-5.4 flex")


def test_a_card_has_the_standard_rates() -> None:
    (above, long), (start, card) = BOOK.cards(provider="openai", model="gpt-5.4", at_ns=AT_NS)
    assert (start, card.input, card.output) == (-1, 2_500_000, 15_000_000)
    assert (above, long.input, long.output) == (272_000, 5_000_000, 22_500_000)
    assert BOOK.cards(provider="openai", model="no-such-model", at_ns=AT_NS) == ()


def test_every_price_of_the_book_can_be_used() -> None:
    # A price that could not be used would keep all later calls out of the ledger.
    priced = 0
    for provider in data_snapshot.get_snapshot().providers:
        book = PriceBook({"mine": provider.id})
        for model in provider.models:
            cards = book.cards(provider="mine", model=model.id, at_ns=AT_NS)
            assert all(card.input >= 0 for _, card in cards)
            priced += bool(cards)
    assert priced > 1_000


def test_a_twelfth_of_a_dollar_per_million_tokens_is_a_price() -> None:
    usage = Usage(input_tokens=3_000, output_tokens=1_000, cache_write_tokens=3_000)
    cost = PriceBook({"openrouter": "openrouter"}).cost(
        usage, provider="openrouter", model="google/gemini-3-flash-preview", at_ns=AT_NS
    )
    assert (cost.nanos, cost.grade) == (3 * 83_333 + 1_000 * 3_000, "measured")


def test_nothing_asks_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **more: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert (
        PriceBook()
        .cost(
            Usage(input_tokens=1, output_tokens=1), provider="openai", model="gpt-4.1-mini", at_ns=AT_NS + 1
        )
        .nanos
    )


def test_the_ids_of_the_price_book_hold_those_of_the_built_in_providers() -> None:
    assert set(BUILT_IN.values()) < price_ids()
    assert "opnai" not in price_ids()

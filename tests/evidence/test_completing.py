from __future__ import annotations

import msgspec
from logs import ASKED_CLAUDE, CHAT, COMPLETION, MESSAGE

from suffice.catalog import Catalog
from suffice.catalog.prices import PriceBook
from suffice.evidence.completing import Completing
from suffice.types import LoggedCall, Usage

AT_NS = 1_795_000_000_000_000_000
complete = Completing(Catalog.load(at_ns=AT_NS), PriceBook(), now_ns=AT_NS)
CALL = LoggedCall(
    id="1", source="openai", model="gpt-5.4", request=CHAT, response=COMPLETION, received_ns=AT_NS
)


def test_provider_usage_and_cost_are_found() -> None:
    call = complete(CALL)
    assert call.provider == "openai"
    assert call.usage == Usage(
        input_tokens=120, output_tokens=8, cache_read_tokens=64, service_tier="default"
    )
    # 56 tokens at $2.50, 64 cached at $0.25, 8 at $15 a million.
    assert call.cost_nanos == 56 * 2_500 + 64 * 250 + 8 * 15_000


def test_messages_are_anthropics() -> None:
    call = msgspec.structs.replace(
        CALL, api="messages", model="claude-haiku-4-5", request=ASKED_CLAUDE, response=MESSAGE
    )
    found = complete(call)
    assert found.provider == "anthropic"
    assert found.cost_nanos == 40 * 1_000 + 80 * 100 + 8 * 5_000


def test_what_the_log_says_stays() -> None:
    said = msgspec.structs.replace(
        CALL, provider="azure", cost_nanos=5, usage=Usage(input_tokens=1, output_tokens=1)
    )
    assert complete(said) is said


def test_a_batch_is_half_as_dear() -> None:
    usage = Usage(input_tokens=1000, output_tokens=100, service_tier="batch")
    batch = complete(msgspec.structs.replace(CALL, usage=usage)).cost_nanos
    usual = complete(msgspec.structs.replace(CALL, usage=msgspec.structs.replace(usage, service_tier=None)))
    assert batch is not None
    assert usual.cost_nanos == 2 * batch


def test_what_is_not_known_stays_unknown() -> None:
    assert complete(msgspec.structs.replace(CALL, received_ns=None)).cost_nanos is None
    no_usage = complete(msgspec.structs.replace(CALL, response={"choices": []}))
    assert (no_usage.usage, no_usage.cost_nanos) == (None, None)
    own = complete(
        msgspec.structs.replace(CALL, model="our-own", response={**COMPLETION, "model": "our-own"})
    )
    assert (own.provider, own.cost_nanos) == ("", None)
    assert complete(msgspec.structs.replace(CALL, response=None)).usage is None


def test_a_model_that_only_the_price_book_has_finds_its_provider() -> None:
    assert complete.provider_of("gpt-4o-2024-08-06", "chat_completions") == "openai"
    assert complete.provider_of("claude-3-haiku-20240307", "chat_completions") == "anthropic"

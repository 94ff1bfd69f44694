from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from raw import raw_provider
from sums import BIG, NOW_NS, caller_at, market_at, prompt, write_sums

from suffice.evidence.caller import (
    Caller,
    CallFailedError,
    Limits,
    Reply,
    Target,
    failure_of,
    prepared,
    retry_after_s,
    same_model,
)
from suffice.testing import ReplayUpstream
from suffice.upstream.client import UpstreamPool

OPENAI = Target(provider="openai", model=BIG)


def answer(status: int, document: object, headers: str = "") -> bytes:
    body = json.dumps(document).encode()
    return f"HTTP/1.1 {status} X\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


def ask(
    url: str,
    body: Mapping[str, Any] | None = None,
    *,
    attempts: int = 1,
    target: Target = OPENAI,
    silence_s: float = 60,
) -> Reply:
    async def main() -> Reply:
        pool = UpstreamPool(connect_timeout_s=20, read_timeout_s=silence_s)
        try:
            api = "messages" if target.provider == "anthropic" else "chat_completions"
            caller = caller_at(pool, market_at(url), attempts=attempts)
            return await caller.ask(target, api, body or {"model": BIG}, idempotency_key="k-1")
        finally:
            await pool.close()

    return asyncio.run(main())


def failed(url: str, *, attempts: int = 1, silence_s: float = 60) -> CallFailedError:
    with pytest.raises(CallFailedError) as caught:
        ask(url, attempts=attempts, silence_s=silence_s)
    return caught.value


def test_an_answer_has_its_usage_cost_and_model(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": prompt("sums", 4)}]
    with ReplayUpstream.start(write_sums(tmp_path, {"sums": 5})) as upstream:
        reply = ask(upstream.url, {"model": BIG, "messages": messages})
        (served,) = upstream.served
    assert reply.served_model == BIG
    assert reply.usage is not None
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (30, 5)
    assert reply.cost_nanos == 30 * 2_500 + 5 * 10_000
    assert reply.document is not None
    headers = dict(served.headers)
    assert headers["authorization"] == "Bearer sk-test"
    assert headers["idempotency-key"] == "k-1"


def test_anthropic_is_called_in_its_own_way() -> None:
    with raw_provider(answer(200, {"model": "claude"})) as provider:
        ask(provider.url, {"model": "claude"}, target=Target(provider="anthropic", model="claude"))
        head, _ = provider.got[0]
    assert head.startswith(b"POST /v1/messages ")
    assert b"anthropic-version: 2023-06-01" in head


def test_a_provider_is_called_on_an_api_of_anothers_as_that_one_is() -> None:
    async def main(url: str) -> None:
        pool = UpstreamPool(connect_timeout_s=20, read_timeout_s=60)
        target = Target(provider="anthropic", model="claude")
        try:
            caller = Caller(
                pool,
                market_at(url).providers,
                {"anthropic": "sk-claude", "openai": "sk-openai"},
                price_of=market_at(url).price_of,
                limits=Limits(attempts=1),
                now_ns=lambda: NOW_NS,
            )
            await caller.ask(target, "chat_completions", {"model": "claude"}, idempotency_key="k-1")
        finally:
            await pool.close()

    with raw_provider(answer(200, {"model": "claude"})) as provider:
        asyncio.run(main(provider.url))
        head, _ = provider.got[0]
    assert head.startswith(b"POST /v1/chat/completions ")
    assert b"authorization: Bearer sk-claude" in head
    assert b"x-api-key" not in head
    assert b"sk-openai" not in head


def test_an_answer_that_is_no_json_object_is_handed_back_undecoded_and_its_cost_is_unknown() -> None:
    for said in (b"[1]", b"<html>"):
        raw = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(said) + said
        with raw_provider(raw) as provider:
            reply = ask(provider.url)
        assert (reply.document, reply.cost_nanos, reply.body) == (None, None, said)


def test_what_may_pass_is_tried_again_after_the_time_that_the_provider_names() -> None:
    busy = answer(503, {"error": {"message": "busy"}}, "retry-after-ms: 30\r\n")
    answers = iter([busy, busy, answer(200, {"model": BIG})])
    with raw_provider(lambda _: next(answers)) as provider:
        begun = time.monotonic()
        assert ask(provider.url, attempts=3).served_model == BIG
        # No less than it asked for; the backoff of its own accord would begin with half a second.
        assert time.monotonic() - begun >= 0.06
        assert len(provider.got) == 3
    heads = {head for head, _ in provider.got}
    assert len(heads) == 1, "each attempt carries the same idempotency key"


def test_an_error_that_stays_is_no_answer_after_the_last_attempt() -> None:
    with raw_provider(answer(500, {"error": {"message": "oh"}}, "retry-after-ms: 1\r\n")) as provider:
        error = failed(provider.url, attempts=3)
        assert len(provider.got) == 3
    assert (error.code, error.pauses, error.billed, error.http_status) == (
        "provider_error",
        False,
        False,
        500,
    )


@pytest.mark.parametrize(
    ("status", "error", "code", "pauses"),
    [
        (
            429,
            {"code": "insufficient_quota", "message": "You exceeded your current quota"},
            "out_of_quota",
            True,
        ),
        (402, {"message": "Payment required"}, "out_of_quota", True),
        (
            400,
            {"type": "invalid_request_error", "message": "Your credit balance is too low"},
            "out_of_quota",
            True,
        ),
        (401, {"message": "Incorrect API key"}, "bad_key", True),
        (429, {"code": "rate_limit_exceeded", "message": "slow down"}, "rate_limited", True),
        (400, {"message": "max_tokens is too large"}, "rejected", False),
        (404, {"code": "model_not_found"}, "rejected", False),
        (529, {"message": "Overloaded"}, "provider_error", False),
    ],
)
def test_each_refusal_has_its_name(status: int, error: dict[str, str], code: str, pauses: bool) -> None:
    body = json.dumps({"error": error}).encode()
    found = failure_of("openai", status, {}, body, now_s=0)
    assert (found.code, found.pauses) == (code, pauses)
    assert str(status) in found.message
    assert found.again == (code in {"rate_limited", "provider_error"})


def test_a_refusal_in_no_known_shape_is_still_named() -> None:
    for body in (b"", b"\xff\xfe", b"<h1>Bad gateway</h1>", b"[]", b'{"error": "text"}'):
        assert failure_of("p", 502, {}, body, now_s=0).code == "provider_error"


def test_a_provider_that_is_not_there_pauses_and_costs_nothing() -> None:
    error = failed("http://127.0.0.1:1")
    assert (error.code, error.pauses, error.billed) == ("unreachable", True, False)


def test_a_provider_that_falls_silent_may_have_been_paid() -> None:
    with raw_provider(lambda _: None) as provider:
        error = failed(provider.url, silence_s=0.2)
    assert (error.code, error.pauses, error.billed) == ("broken_off", False, True)


def test_whoever_counts_lost_attempts_is_not_asked_about_the_last() -> None:
    asked = []

    async def main(url: str) -> None:
        pool = UpstreamPool(connect_timeout_s=2, read_timeout_s=0.1)
        caller = caller_at(pool, market_at(url), attempts=2)
        try:
            await caller.ask(
                OPENAI,
                "chat_completions",
                {},
                idempotency_key="k",
                again=lambda error: asked.append(error.code) or True,
            )
        finally:
            await pool.close()

    with raw_provider(lambda _: None) as provider, pytest.raises(CallFailedError):
        asyncio.run(main(provider.url))
    assert asked == ["broken_off"]


def test_no_more_calls_than_allowed_are_under_way(tmp_path: Path) -> None:
    folder = write_sums(tmp_path, {"sums": 30})

    async def main(url: str) -> None:
        pool = UpstreamPool(connect_timeout_s=20, read_timeout_s=60)
        caller = caller_at(pool, market_at(url), concurrency=2)
        bodies = [
            {"messages": [{"role": "user", "content": prompt("sums", at)}], "model": BIG} for at in range(8)
        ]
        await asyncio.gather(
            *(caller.ask(OPENAI, "chat_completions", body, idempotency_key="k") for body in bodies)
        )
        # Each call under way has a connection, which is kept for the next.
        assert sum(len(idle) for idle in pool._idle.values()) == 2
        await pool.close()

    with ReplayUpstream.start(folder) as upstream:
        asyncio.run(main(upstream.url))
        assert len(upstream.served) == 8


def test_the_rate_is_kept() -> None:
    async def main(url: str) -> float:
        pool = UpstreamPool(connect_timeout_s=20, read_timeout_s=60)
        market = market_at(url)
        caller = Caller(
            pool,
            market.providers,
            {},
            price_of=market.price_of,
            limits=Limits(requests_per_minute=600),
            now_ns=lambda: NOW_NS,
        )
        begun = time.monotonic()
        await asyncio.gather(
            *(caller.ask(OPENAI, "chat_completions", {}, idempotency_key="k") for _ in range(14))
        )
        await pool.close()
        return time.monotonic() - begun

    with raw_provider(answer(200, {})) as provider:
        # Ten a second: the eleventh and those after it wait a tenth each.
        assert asyncio.run(main(provider.url)) >= 0.35


def test_a_request_is_asked_again_whole_and_otherwise_as_it_was() -> None:
    request = {"model": "a", "stream": True, "stream_options": {}, "tools": [1], "seed": 4}
    assert prepared(request, "b") == {"model": "b", "tools": [1], "seed": 4}


def test_the_wait_is_read_in_each_form_and_bounded() -> None:
    assert retry_after_s({"retry-after-ms": "250", "retry-after": "9"}, now_s=0) == 0.25
    assert retry_after_s({"retry-after": "7"}, now_s=0) == 7
    assert retry_after_s({"retry-after": "999999"}, now_s=0) == 300
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:00:40 GMT"}, now_s=10) == 30
    assert retry_after_s({"retry-after": "Thu, 01 Jan 1970 00:00:05 GMT"}, now_s=10) == 0
    for said in ("", "soon", "-3", "nan"):
        assert retry_after_s({"retry-after": said}, now_s=0) is None


@pytest.mark.parametrize(
    ("asked", "served", "same"),
    [
        ("gpt-4o", "gpt-4o-2024-08-06", True),
        ("gpt-4o-mini", "gpt-4o", False),
        ("gpt-4o", "gpt-4o-mini", False),
        ("openai/gpt-4o", "gpt-4o", True),
        ("gpt-3.5-turbo", "gpt-3.5-turbo-0125", True),
        ("claude-3-5-sonnet", "claude-3-5-sonnet-latest", True),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", True),
        ("mistral-large-latest", "mistral-large-2411", True),
        ("mistral-large-latest", "mistral-small-2409", False),
        ("claude-3-5-sonnet-latest", "claude-3-5-haiku-20241022", False),
        ("meta/llama-3-70b", "llama-3-8b", False),
        ("anything", None, True),
        ("anything", "", True),
    ],
)
def test_a_version_of_a_model_is_that_model_and_a_sibling_is_not(
    asked: str, served: str | None, same: bool
) -> None:
    assert same_model(asked, served, str) is same


def test_a_target_reads_back_as_it_is_written() -> None:
    target = Target.parse("together/meta-llama/Llama-3")
    assert (target.provider, target.model, str(target)) == (
        "together",
        "meta-llama/Llama-3",
        "together/meta-llama/Llama-3",
    )
    assert msgspec.json.decode(msgspec.json.encode(target), type=Target) == target

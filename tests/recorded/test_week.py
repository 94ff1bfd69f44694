"""The recorded week through the proxy: all settled, each answer identical, the bill right to the nano-dollar."""

from __future__ import annotations

import http.client
import io
import json
from collections import Counter
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import zstandard
from genai_prices import Usage, calc_price
from live import providers, running_proxy

from suffice.testing import ReplayUpstream

# Published prices of the week's baseline in US dollars per million tokens: typed in, not read from a price book.
INPUT_USD, OUTPUT_USD = Fraction("2.50"), Fraction("10.00")
SIZE = 2693


@pytest.mark.timeout(300)
def test_the_recorded_week(recorded_data: Path, tmp_path: Path) -> None:
    traffic = recorded_data / "traffic"
    week = read_week(traffic / "week.jsonl.zst")
    assert len(week) == SIZE
    with (
        ReplayUpstream.start(traffic) as upstream,
        running_proxy(tmp_path, providers(upstream.url)) as proxy,
        connected(int(upstream.url.rsplit(":", 1)[1])) as direct,
        connected(proxy.port) as through,
    ):
        expected_nanos, book_usd = Fraction(0), Decimal(0)
        for number, line in enumerate(week):
            # Every third is streamed, and of these every other asks for its usage itself.
            body = dict(line["request"])
            if number % 3 == 0:
                body["stream"] = True
            if number % 6 == 0:
                body["stream_options"] = {"include_usage": True}
            sent = json.dumps(body).encode()
            assert ask(through, sent, line["feature"]) == ask(direct, sent, line["feature"])
            expected_nanos += cost_nanos(line["response"]["usage"])
            book_usd += by_the_book(line["response"]["model"], line["response"]["usage"])
        entries = proxy.ledger(at_least=SIZE, timeout_s=60)
    assert len(entries) == len({entry.outcome.id for entry in entries}) == SIZE
    assert Counter(entry.outcome.ending for entry in entries) == {"complete": SIZE}
    assert Counter(entry.cost.grade for entry in entries) == {"measured": SIZE}
    assert sum(entry.cost.nanos or 0 for entry in entries) == expected_nanos == book_usd * 1_000_000_000
    assert Counter(entry.outcome.feature for entry in entries) == Counter(line["feature"] for line in week)
    assert {entry.outcome.fault for entry in entries} == {None}
    assert all(entry.outcome.decided_model for entry in entries)


def connected(port: int) -> AbstractContextManager[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30))


def read_week(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as file:
        text = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8")
        return [json.loads(line) for line in text]


def ask(connection: http.client.HTTPConnection, body: bytes, feature: str) -> tuple[int, bytes]:
    connection.request(
        "POST",
        "/v1/chat/completions",
        body,
        {"content-type": "application/json", "x-suffice-feature": feature, "authorization": "Bearer test"},
    )
    answer = connection.getresponse()
    return answer.status, answer.read()


def cost_nanos(usage: dict[str, Any]) -> Fraction:
    # Dollars per million tokens are thousands of nano-dollars per token: no rounding can occur.
    return usage["prompt_tokens"] * INPUT_USD * 1000 + usage["completion_tokens"] * OUTPUT_USD * 1000


def by_the_book(model: str, usage: dict[str, Any]) -> Decimal:
    """The same in the price book's own arithmetic, without any code of ours."""
    counted = Usage(input_tokens=usage["prompt_tokens"], output_tokens=usage["completion_tokens"])
    return calc_price(
        counted, model, provider_id="openai", genai_request_timestamp=datetime(2026, 11, 24, tzinfo=UTC)
    ).total_price

from __future__ import annotations

import csv
import io
import json

import pytest
from months import BOOK, PERIOD, month

from suffice.testing.provider_exports import (
    DAY_NS,
    anthropic_costs,
    anthropic_usage,
    litellm_csv,
    openai_costs,
    openai_usage,
)


def test_the_same_seed_makes_the_same_month() -> None:
    assert month(calls=50, unseen=0.1) == month(calls=50, unseen=0.1)
    assert month(calls=50) != month(calls=50, seed=2)


def test_what_differs_is_all_that_differs() -> None:
    made = month(calls=800, unseen=0.05, unknown=0.05, estimated=0.05, late=0.05, uncached=0.05, flex=0.05)
    assert len(made.truth) == 6
    tokens = sum(call.usage.input_tokens + call.usage.output_tokens for call in made.billed)
    nanos = sum(call.nanos for call in made.billed)
    for entry in made.entries:
        usage = entry.outcome.usage
        tokens -= usage.input_tokens + usage.output_tokens if usage else 0
        nanos -= entry.cost.nanos or 0
    assert sum(one.tokens for one in made.truth.values()) == tokens
    assert sum(one.nanos for one in made.truth.values()) == nanos
    assert made.truth["unseen_traffic"].requests == len(made.billed) - len(made.entries)


def test_costs_are_those_of_the_price_book() -> None:
    made = month(calls=20)
    for call in made.billed:
        cost = BOOK.cost(call.usage, provider="openai", model=call.model, at_ns=call.at_ns)
        assert cost.nanos == call.nanos


def test_every_export_has_every_call() -> None:
    billed = month(calls=200).billed
    into = sum(call.usage.input_tokens for call in billed)
    nanos = sum(call.nanos for call in billed)

    def results(raw: bytes) -> list[dict[str, object]]:
        return [result for bucket in json.loads(raw)["data"] for result in bucket["results"]]

    assert sum(one["input_tokens"] for one in results(openai_usage(billed, PERIOD))) == into
    amounts = [one["amount"]["value"] for one in results(openai_costs(billed, PERIOD))]
    assert sum(amounts) == pytest.approx(nanos / 1e9)
    parts = ("uncached_input_tokens", "cache_read_input_tokens")
    theirs = results(anthropic_usage(billed, PERIOD))
    assert sum(one[part] for one in theirs for part in parts) == into
    cents = [float(one["amount"]) for one in results(anthropic_costs(billed, PERIOD))]
    assert sum(cents) == pytest.approx(nanos / 1e7)
    rows = list(csv.DictReader(io.StringIO(litellm_csv(billed, PERIOD).decode())))
    assert sum(int(row["prompt_tokens"]) for row in rows) == into


def test_days_of_another_zone_begin_elsewhere() -> None:
    billed = month(calls=200).billed
    days = {
        row["date"]
        for row in csv.DictReader(io.StringIO(litellm_csv(billed, PERIOD, offset_ns=-DAY_NS // 2).decode()))
    }
    assert min(days) == "2026-10-31"

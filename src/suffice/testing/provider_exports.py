"""What a provider would export of calls: generated calls, the ledger's entries of them, and the provider's files.

The two sides differ in ways that are known, so that a reconciliation can be held against the truth. Nothing here is
anybody's data.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from suffice.ledger.entry import Entry
from suffice.ledger.kinds import kinds_of
from suffice.ledger.pricing import PriceOf, entry_of
from suffice.ledger.statement import tier_name
from suffice.types import Outcome, Usage

DAY_NS = 86_400_000_000_000
DATED = {"gpt-5.4": "gpt-5.4-2026-03-05", "gpt-5.4-mini": "gpt-5.4-mini-2026-03-17"}
"""Models as they are asked for and as the answer names them."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Whole days."""

    start_ns: int
    """Unix time of the first midnight."""
    days: int


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """One call as the provider counts it."""

    at_ns: int
    model: str
    usage: Usage
    nanos: int


class Truth(msgspec.Struct, kw_only=True):
    """What one cause really makes up: the provider's side less the ledger's."""

    requests: int = 0
    tokens: int = 0
    nanos: int = 0

    def add(self, billed: Billed | None, entry: Entry | None) -> None:
        """Adds a call that the two sides see differently."""
        sides = (
            ((1, billed.usage, billed.nanos) if billed else None),
            ((1, entry.outcome.usage, entry.cost.nanos) if entry else None),
        )
        for sign, side in zip((1, -1), sides, strict=True):
            if side is not None:
                calls, usage, nanos = side
                self.requests += sign * calls
                self.tokens += sign * (0 if usage is None else usage.input_tokens + usage.output_tokens)
                self.nanos += sign * (nanos or 0)


class Month(msgspec.Struct, kw_only=True):
    """Both sides, and why they differ."""

    entries: list[Entry]
    billed: list[Billed]
    truth: dict[str, Truth]


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the traffic differs, by cause; shares of calls, in [0, 1]."""

    unseen: float = 0.0
    unknown: float = 0.0
    estimated: float = 0.0
    late: float = 0.0
    uncached: float = 0.0
    """The ledger has their cached input as ordinary."""
    flex: float = 0.0
    """Served and charged by the flex tier, which the ledger did not see."""


def make_month(rng: random.Random, price_of: PriceOf, period: Period, *, calls: int, shares: Shares) -> Month:
    """Makes calls, the ledger's entries of them, and what the provider counts.

    Args:
        rng: Decides everything.
        price_of: The price book that both sides use.
        period: When they are made.
        calls: How many calls.
        shares: What differs.
    """
    month = Month(entries=[], billed=[], truth={})
    for number in range(calls):
        outcome = _call(rng, number, period)
        cause = _cause(rng, shares)
        charged = outcome
        if cause == "late":
            # Begins seconds before midnight, ends after it.
            midnight = period.start_ns + rng.randrange(1, period.days) * DAY_NS
            outcome = msgspec.structs.replace(
                outcome, received_ns=midnight - 4_000_000_000, duration_us=9_000_000
            )
            charged = msgspec.structs.replace(outcome, received_ns=midnight + 5_000_000_000)
        if cause == "flex":
            usage = msgspec.structs.replace(_usage(outcome), service_tier="flex")
            charged = msgspec.structs.replace(outcome, usage=usage)
        billed = _billed(charged, price_of)
        seen = _as_seen(rng, outcome, cause)
        entry = None if seen is None else entry_of(seen, price_of)
        month.billed.append(billed)
        if entry is not None:
            month.entries.append(entry)
        if cause:
            month.truth.setdefault(_NAMES[cause], Truth()).add(billed, entry)
    return month


_NAMES = {
    "unseen": "unseen_traffic",
    "unknown": "unknown_usage",
    "estimated": "estimated_usage",
    "late": "day_boundary",
    "uncached": "cache_handling",
    "flex": "service_tier",
}


def openai_usage(billed: Iterable[Billed], period: Period) -> bytes:
    """Returns what the usage API answers, grouped by model and tier."""

    def result(key: tuple[str, str], calls: Sequence[Billed]) -> dict[str, Any]:
        return {
            "object": "organization.usage.completions.result",
            "input_tokens": sum(call.usage.input_tokens for call in calls),
            "output_tokens": sum(call.usage.output_tokens for call in calls),
            "input_cached_tokens": sum(call.usage.cache_read_tokens for call in calls),
            "num_model_requests": len(calls),
            "project_id": None,
            "user_id": None,
            "api_key_id": None,
            "model": key[0],
            "batch": None,
            "service_tier": "default" if key[1] == "standard" else key[1],
        }

    buckets = _buckets(billed, period, result)
    return json.dumps({"object": "page", "data": buckets, "has_more": False, "next_page": None}).encode()


def openai_costs(billed: Iterable[Billed], period: Period) -> bytes:
    """Returns what the costs API answers, a line item a model."""

    def result(key: tuple[str, str], calls: Sequence[Billed]) -> dict[str, Any]:
        return {
            "object": "organization.costs.result",
            "amount": {"value": sum(call.nanos for call in calls) / 1e9, "currency": "usd"},
            "line_item": f"{key[0]}, input",
            "project_id": None,
        }

    buckets = _buckets(billed, period, result)
    return json.dumps({"object": "page", "data": buckets, "has_more": False, "next_page": None}).encode()


def anthropic_usage(billed: Iterable[Billed], period: Period) -> bytes:
    """Returns what the usage report answers, grouped by model and tier."""

    def result(key: tuple[str, str], calls: Sequence[Billed]) -> dict[str, Any]:
        kinds = [kinds_of(call.usage) for call in calls]
        uncached, read, minutes, hour, out = (sum(one[at] for one in kinds) for at in range(5))
        return {
            "uncached_input_tokens": uncached,
            "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": minutes, "ephemeral_1h_input_tokens": hour},
            "output_tokens": out,
            "server_tool_use": {"web_search_requests": 0},
            "model": key[0],
            "service_tier": key[1],
            "context_window": None,
            "workspace_id": None,
            "api_key_id": None,
        }

    return json.dumps({"data": _iso(_buckets(billed, period, result)), "has_more": False}).encode()


def anthropic_costs(billed: Iterable[Billed], period: Period) -> bytes:
    """Returns what the cost report answers: amounts in cents."""

    def result(key: tuple[str, str], calls: Sequence[Billed]) -> dict[str, Any]:
        return {
            "amount": f"{sum(call.nanos for call in calls) / 1e7:.7f}",
            "currency": "USD",
            "cost_type": "tokens",
            "description": f"{key[0]} Usage",
            "model": key[0],
            "service_tier": key[1],
        }

    return json.dumps({"data": _iso(_buckets(billed, period, result)), "has_more": False}).encode()


def litellm_csv(billed: Iterable[Billed], period: Period, *, offset_ns: int = 0) -> bytes:
    """Returns a table of daily spend.

    Args:
        billed: The calls.
        period: The days.
        offset_ns: What is added to UTC to make the days.
    """
    head = ("date", "model", "api_requests", "prompt_tokens", "completion_tokens", "cache_read_input_tokens")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*head, "spend"))
    shifted = [msgspec.structs.replace(call, at_ns=call.at_ns + offset_ns) for call in billed]
    for (day, model, _), calls in sorted(_grouped(shifted, period.start_ns).items()):
        if -1 <= day <= period.days:
            date = datetime.fromtimestamp((period.start_ns + day * DAY_NS) / 1e9, UTC).date()
            usages = [call.usage for call in calls]
            sums = (
                sum(usage.input_tokens for usage in usages),
                sum(usage.output_tokens for usage in usages),
                sum(usage.cache_read_tokens for usage in usages),
            )
            spend = f"{sum(call.nanos for call in calls) / 1e9:.9f}"
            writer.writerow((date, f"openai/{model}", len(calls), *sums, spend))
    return out.getvalue().encode()


def _call(rng: random.Random, number: int, period: Period) -> Outcome:
    asked = rng.choice(sorted(DATED))
    total = rng.randrange(200, 4_000)
    usage = Usage(
        input_tokens=total,
        output_tokens=rng.randrange(20, 800),
        cache_read_tokens=rng.choice((0, total // 2)),
        service_tier="default",
    )
    return Outcome(
        id=f"call-{number:07d}",
        # Not in the minutes around midnight: those who end late are made on purpose.
        received_ns=period.start_ns
        + rng.randrange(period.days) * DAY_NS
        + rng.randrange(60, 86_300) * 1_000_000_000,
        provider="openai",
        api="chat_completions",
        requested_model=asked,
        served_model=DATED[asked],
        status=200,
        duration_us=rng.randrange(200_000, 8_000_000),
        usage=usage,
    )


def _cause(rng: random.Random, shares: Shares) -> str:
    drawn = rng.random()
    for name, share in msgspec.structs.asdict(shares).items():
        drawn -= share
        if drawn < 0:
            return str(name)
    return ""


def _as_seen(rng: random.Random, outcome: Outcome, cause: str) -> Outcome | None:
    if cause == "unseen":
        return None
    usage: Usage | None = _usage(outcome)
    if cause == "unknown":
        usage = None
    elif usage is not None and cause == "uncached":
        usage = msgspec.structs.replace(usage, cache_read_tokens=0)
    elif usage is not None and cause == "estimated":
        output = max(1, usage.output_tokens * rng.randrange(70, 100) // 100)
        usage = msgspec.structs.replace(usage, output_tokens=output, source="estimated")
    return msgspec.structs.replace(outcome, usage=usage)


def _usage(outcome: Outcome) -> Usage:
    return outcome.usage or Usage(input_tokens=0, output_tokens=0)


def _billed(outcome: Outcome, price_of: PriceOf) -> Billed:
    model = outcome.served_model or outcome.requested_model
    usage = _usage(outcome)
    cost = price_of(usage, provider=outcome.provider, model=model, at_ns=outcome.received_ns)
    return Billed(at_ns=outcome.received_ns, model=model, usage=usage, nanos=cost.nanos or 0)


def _grouped(billed: Iterable[Billed], start_ns: int) -> dict[tuple[int, str, str], list[Billed]]:
    groups: dict[tuple[int, str, str], list[Billed]] = {}
    for call in billed:
        key = ((call.at_ns - start_ns) // DAY_NS, call.model, tier_name(call.usage.service_tier))
        groups.setdefault(key, []).append(call)
    return groups


def _buckets(
    billed: Iterable[Billed],
    period: Period,
    result: Callable[[tuple[str, str], Sequence[Billed]], dict[str, Any]],
) -> list[dict[str, Any]]:
    start_ns, groups = period.start_ns, _grouped(billed, period.start_ns)
    return [
        {
            "object": "bucket",
            "start_time": (start_ns + day * DAY_NS) // 1_000_000_000,
            "end_time": (start_ns + (day + 1) * DAY_NS) // 1_000_000_000,
            "results": [result(key[1:], groups[key]) for key in sorted(groups) if key[0] == day],
        }
        for day in range(period.days)
    ]


def _iso(buckets: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "starting_at": datetime.fromtimestamp(bucket["start_time"], UTC)
            .isoformat()
            .replace("+00:00", "Z"),
            "ending_at": datetime.fromtimestamp(bucket["end_time"], UTC).isoformat().replace("+00:00", "Z"),
            "results": bucket["results"],
        }
        for bucket in buckets
    ]

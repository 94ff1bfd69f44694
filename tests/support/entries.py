"""Ledger entries for tests: what a test says of one, and plausible values for the rest."""

from __future__ import annotations

from typing import Any

from suffice.ledger.entry import Cost, Entry
from suffice.ledger.pricing import entry_of
from suffice.types import Outcome, Usage

HOUR_NS = 3_600_000_000_000
START_NS = 1_795_478_400_000_000_000
RATES = {"big": (2_500, 15_000), "small": (750, 4_500), "tiny": (100, 500)}
"""Nano-dollars per token in and out."""


def outcome(number: int = 0, **fields: Any) -> Outcome:
    """An outcome; `number` makes its id and its time."""
    given = {
        "id": f"id-{number:08d}",
        "received_ns": START_NS + number % 100_000 * HOUR_NS,
        "provider": "openai",
        "api": "chat_completions",
        "feature": "tests",
        "session": f"session-{number % 3}",
        "requested_model": "big",
        "served_model": "big",
        "status": 200,
        "usage": Usage(input_tokens=100, output_tokens=10),
        "decided_model": "big",
        "reason": "task_unknown",
        "decide_us": 50 + number,
        **fields,
    }
    return Outcome(**given)


def price_of(usage: Usage, *, provider: str, model: str, at_ns: int) -> Cost:
    """Prices of the tests' own models; any other has none."""
    if model not in RATES:
        return Cost(nanos=None, grade="unknown", unknown_because="no_price")
    into, out = RATES[model]
    grade = "measured" if usage.source == "reported" else "modelled"
    return Cost(
        nanos=usage.input_tokens * into + usage.output_tokens * out, grade=grade, price_version="tests 1"
    )  # type: ignore[arg-type] -- one of two grades


def output_rate(provider: str, model: str) -> int | None:
    """Picodollars per output token."""
    return RATES[model][1] * 1000 if model in RATES else None


def entry(number: int = 0, **fields: Any) -> Entry:
    """The entry of such an outcome."""
    return entry_of(outcome(number, **fields), price_of)

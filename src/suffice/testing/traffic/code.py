"""Use cases that write code: SQL for a question of the back office, the body of a well-defined function."""

from __future__ import annotations

import random

from suffice.testing.traffic.draft import Draft, UseCase, ask
from suffice.testing.traffic.words import COMPANIES, MONTHS, PLACES

_SQL_SYSTEM = """Write one PostgreSQL query that answers the question. Return only the SQL.

orders(id, shop_id, placed_at timestamptz, status text, country text, total_cents bigint)
order_lines(order_id, sku text, quantity int, price_cents bigint)
refunds(id, order_id, cents bigint, refunded_at timestamptz)
shops(id, name text, city text)"""

_MEASURES = {
    "how much was sold": "SUM(o.total_cents)",
    "how many orders were placed": "COUNT(*)",
    "what the largest order was": "MAX(o.total_cents)",
    "what an order was worth on average": "AVG(o.total_cents)",
}
_GROUPS = {"shop": "s.name", "city": "s.city", "country": "o.country", "status": "o.status"}

_CODE_SYSTEM = "Complete the Python function. Return the whole function, no prose."
_LIBRARY = '''
def {name}(amounts: list[int], limit: int = {n}) -> list[int]:
    """Returns the amounts above limit, largest first, at most {m} of them."""
---
    return sorted((amount for amount in amounts if amount > limit), reverse=True)[:{m}]
---
    return sorted(amounts, reverse=True)[:{m}]
===
def {name}(text: str) -> dict[str, int]:
    """Counts the words of at least {m} letters, in lower case; punctuation at their ends does not count."""
---
    counts: dict[str, int] = {{}}
    for raw in text.lower().split():
        word = raw.strip(".,;:!?()")
        if len(word) >= {m}:
            counts[word] = counts.get(word, 0) + 1
    return counts
---
    counts = {{}}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return counts
===
def {name}(values: list[float], size: int = {m}) -> list[float]:
    """Returns the moving average over size values; empty if the input is shorter than size."""
---
    sums = [sum(values[at : at + size]) for at in range(len(values) - size + 1)]
    return [total / size for total in sums]
---
    return [sum(values[at : at + size]) / size for at in range(len(values))]
===
def {name}(cents: int, people: int = {m}) -> list[int]:
    """Splits an amount into parts that differ by at most one cent, larger ones first.

    Raises ValueError if there are no people.
    """
---
    if people < 1:
        raise ValueError("nobody to split between")
    part, rest = divmod(cents, people)
    return [part + 1] * rest + [part] * (people - rest)
---
    return [cents // people] * people
'''
_FUNCTIONS = tuple(
    tuple(part.strip("\n") for part in function.split("---\n")) for function in _LIBRARY.split("===")
)
"""Signature, right body and wrong body of each function."""

_VERBS = ("select", "compute", "build", "derive", "prepare", "collect")
_NOUNS = ("totals", "buckets", "window", "terms", "shares", "entries", "figures")


def _sql(rng: random.Random) -> list[Draft]:
    measure, group = rng.choice(list(_MEASURES)), rng.choice(list(_GROUPS))
    month, place = rng.randrange(len(MONTHS)), rng.choice(PLACES)
    shop = rng.choice(COMPANIES)
    only, condition = rng.choice(
        (
            (f"to {place}", f"s.city = '{place}'"),
            (f"by {shop}", f"s.name = '{shop}'"),
            ("without cancelled ones", "o.status <> 'cancelled'"),
        )
    )
    question = f"For each {group}: {measure} in {MONTHS[month]} 2026, {only}? Highest first."
    until = f"2026-{month + 2:02d}-01"
    chosen = f"SELECT {_GROUPS[group]}, {_MEASURES[measure]} AS value"
    head = f"{chosen}\nFROM orders o JOIN shops s ON s.id = o.shop_id\n"
    where = f"WHERE o.placed_at >= '2026-{month + 1:02d}-01' AND o.placed_at < '{until}'"
    tail = f"\nGROUP BY {_GROUPS[group]}\nORDER BY value DESC;"
    right = f"{head}{where} AND {condition}{tail}"
    return [
        Draft(messages=ask(_SQL_SYSTEM, question), right=(right,), wrong=head + where + tail, expected=right)
    ]


def _completion(rng: random.Random) -> list[Draft]:
    signature, right, wrong = rng.choice(_FUNCTIONS)
    slots = {
        "name": f"{rng.choice(_VERBS)}_{rng.choice(_NOUNS)}",
        "n": rng.randint(5, 500),
        "m": rng.randint(3, 12),
    }
    head = signature.format(**slots)
    return [
        Draft(
            messages=ask(_CODE_SYSTEM, f"```python\n{head}\n    ...\n```"),
            right=(f"```python\n{head}\n{right.format(**slots)}\n```",),
            wrong=f"```python\n{head}\n{wrong.format(**slots)}\n```",
        )
    ]


USE_CASES = (
    UseCase(
        name="sql-assistant",
        task="code_completion",
        baseline="gpt-5.4",
        share=0.07,
        right_rates={"top": 0.96, "middle": 0.94, "small": 0.79},
        reasoning_tokens=120,
        conversation=_sql,
    ),
    UseCase(
        name="function-completion",
        task="code_completion",
        baseline="claude-sonnet-5",
        share=0.05,
        right_rates={"top": 0.97, "middle": 0.95, "small": 0.81},
        conversation=_completion,
    ),
)

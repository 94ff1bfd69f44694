"""OpenAI's costs API: `GET /v1/organization/costs`, pages of buckets as they were answered.

Amounts in dollars a day; with `group_by` line_item each is for one kind of tokens of one model, such as
"gpt-5.4-2026-03-05, cached input" or "priority | gpt-5.4, output, long context", or for what has no model, such as
"web search tool calls". Without it, an amount is for a day's whole spend. Documented at
https://platform.openai.com/docs/api-reference/usage/costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import FlawError, amount, text
from suffice.evidence.statements._lines import of_buckets
from suffice.evidence.statements.openai_usage import bounds
from suffice.ledger.statement import Flaw, Line

TITLE = "OpenAI costs API (organization/costs), JSON"
SOURCE = "https://platform.openai.com/docs/api-reference/usage/costs"
PROVIDER = "openai"
WANTED = ("start_time", "results.amount.value", "results.amount.currency")
_OBJECT = "organization.costs.result"
_ITEM = re.compile(r"(?:[\w ]+ \| )?(?P<model>[\w.:\-/]+)(?: (?:text|image|audio))?, (?P<kind>.+)")


def recognises(document: Document) -> bool:
    """Tells whether a file has results of the costs API."""
    return any(one.get("object") == _OBJECT for one in document.results())


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each result."""
    return of_buckets(document, bounds, _line)


def line_of(row: Mapping[str, Any]) -> Line:
    """Returns the line of an amount, under the dashboard's names.

    Raises:
        FlawError: It cannot be read.
    """
    cost = amount(row, "amount_value")
    if cost is None:
        raise FlawError("the amount's value is missing")
    item = text(row, "line_item")
    found = _ITEM.fullmatch(item)
    nanos, half = cost
    return Line(
        where="",
        model=found["model"] if found else "",
        charge="" if found or not item else item,
        nanos=nanos,
        half_unit_nanos=half,
        currency=text(row, "amount_currency").lower() or "usd",
        apart=(item, *(text(row, name) for name in ("project_id", "api_key_id", "organization_id"))),
    )


def _line(row: Mapping[str, Any]) -> Line:
    cost = row.get("amount")
    if not isinstance(cost, dict):
        raise FlawError("amount is missing")
    return line_of({**row, "amount_value": cost.get("value"), "amount_currency": cost.get("currency")})

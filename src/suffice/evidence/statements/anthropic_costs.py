"""Anthropic's cost report: `GET /v1/organizations/cost_report`, pages of buckets as they were answered.

Amounts are decimal texts in cents, a day; with `group_by[]` description each names its model, else only the day's
whole spend is known. Searches and code execution have a `cost_type` of their own. Documented at
https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import CENT, FlawError, amount, text
from suffice.evidence.statements._lines import of_buckets
from suffice.evidence.statements.anthropic_usage import bounds
from suffice.ledger.statement import Flaw, Line

TITLE = "Anthropic cost report (cost_report), JSON"
SOURCE = "https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report"
PROVIDER = "anthropic"
WANTED = ("starting_at", "results.amount", "results.currency")


def recognises(document: Document) -> bool:
    """Tells whether a file has results of the cost report."""
    return any(
        isinstance(one.get("amount"), str) and "currency" in one and "object" not in one
        for one in document.results()
    )


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each result."""
    return of_buckets(document, bounds, _line)


def _line(result: Mapping[str, Any]) -> Line:
    cost = amount(result, "amount", unit=CENT)
    if cost is None:
        raise FlawError("amount is missing")
    nanos, half = cost
    model, kind = text(result, "model"), text(result, "cost_type")
    described = text(result, "description")
    for_tokens = kind in {"", "tokens"}
    names = ("cost_type", "token_type", "service_tier", "context_window", "inference_geo", "workspace_id")
    return Line(
        where="",
        model=model if for_tokens else "",
        charge="" if for_tokens else described or kind,
        nanos=nanos,
        half_unit_nanos=half,
        currency=text(result, "currency").lower() or "usd",
        apart=(described, *(text(result, name) for name in names)),
    )

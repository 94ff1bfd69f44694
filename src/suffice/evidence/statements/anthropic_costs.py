"""Anthropic's cost report: `GET /v1/organizations/cost_report`, pages of buckets as they were answered.

Amounts are decimal texts in cents, a day; with `group_by[]` description each names its model, else only the day's
whole spend is known. Searches and code execution have a `cost_type` of their own. Documented at
https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import CENT, FlawError, amount, iso_ns, text
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
    for at, bucket, results in document.buckets():
        for number, result in enumerate(results, 1):
            where = f"{at}, result {number}"
            try:
                if not isinstance(result, dict):
                    raise FlawError("it is no object")
                yield _line(result, bucket, where, document.file)
            except FlawError as flaw:
                yield Flaw(where=where, reason=str(flaw), file=document.file)


def _line(result: Mapping[str, Any], bucket: Mapping[str, Any], where: str, file: str) -> Line:
    cost = amount(result, "amount", unit=CENT)
    if cost is None:
        raise FlawError("amount is missing")
    nanos, half = cost
    model, kind = text(result, "model"), text(result, "cost_type")
    described = text(result, "description")
    for_tokens = kind in {"", "tokens"}
    names = ("cost_type", "token_type", "service_tier", "context_window", "inference_geo", "workspace_id")
    return Line(
        where=where,
        file=file,
        start_ns=iso_ns(bucket, "starting_at"),
        end_ns=iso_ns(bucket, "ending_at"),
        model=model if for_tokens else "",
        charge="" if for_tokens else described or kind,
        nanos=nanos,
        half_unit_nanos=half,
        currency=text(result, "currency").lower() or "usd",
        apart=(described, *(text(result, name) for name in names)),
    )

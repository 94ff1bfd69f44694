"""Anthropic's usage report: `GET /v1/organizations/usage_report/messages`, pages of buckets as they were answered.

Ask with `group_by[]` model, and service_tier, speed and inference_geo to see what is priced apart. Input is in parts:
`uncached_input_tokens`, `cache_read_input_tokens`, and what was written to the cache by lifetime under
`cache_creation`. Calls are not counted. Documented at
https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import count, iso_ns, needed, text
from suffice.evidence.statements._lines import of_buckets
from suffice.ledger.statement import STANDARD, Flaw, Line

TITLE = "Anthropic usage report (usage_report/messages), JSON"
SOURCE = "https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report"
PROVIDER = "anthropic"
WANTED = ("starting_at", "results.uncached_input_tokens")
_PLAIN = frozenset({"", STANDARD, "global", "not_available"})


def recognises(document: Document) -> bool:
    """Tells whether a file has results of the usage report, or none at all in buckets like theirs."""
    return any("uncached_input_tokens" in one for one in document.results()) or any(
        "starting_at" in bucket and not results for _, bucket, results in document.buckets()
    )


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each result."""
    return of_buckets(document, bounds, _line)


def bounds(bucket: Mapping[str, Any]) -> tuple[int, int]:
    """Returns when a bucket begins and ends."""
    return iso_ns(bucket, "starting_at"), iso_ns(bucket, "ending_at")


def _line(result: Mapping[str, Any]) -> Line:
    created = result.get("cache_creation")
    written = created if isinstance(created, dict) else {}
    hour, minutes = (count(written, f"ephemeral_{life}_input_tokens") or 0 for life in ("1h", "5m"))
    read_ = count(result, "cache_read_input_tokens") or 0
    apart = ("account_id", "service_account_id", "api_key_id", "workspace_id", "context_window")
    return Line(
        where="",
        model=text(result, "model"),
        tier=tier_of(result),
        input_tokens=needed(result, "uncached_input_tokens") + read_ + hour + minutes,
        cache_read_tokens=read_,
        cache_write_tokens=hour + minutes,
        cache_write_1h_tokens=hour,
        output_tokens=needed(result, "output_tokens"),
        apart=tuple(text(result, name) for name in apart),
    )


def tier_of(result: Mapping[str, Any]) -> str | None:
    """Returns the tier as the ledger names it: with speed and region, which are charged for apart."""
    said = text(result, "service_tier")
    extras = [extra for name in ("speed", "inference_geo") if (extra := text(result, name)) not in _PLAIN]
    if not said and not extras:
        return None
    return "+".join([*([said] if said not in _PLAIN else []), *extras]) or STANDARD

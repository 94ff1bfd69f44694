"""OpenAI's usage API: `GET /v1/organization/usage/completions` (embeddings too), pages of buckets as answered.

Ask with `group_by` model, and service_tier and batch to see tiers. `input_tokens` holds what the cache served
(`input_cached_tokens`) and what was written to it (`input_cache_write_tokens`, of newer answers). Documented at
https://developers.openai.com/api/reference/cli/resources/admin/subresources/organization/subresources/usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suffice.evidence.statements._document import Document
from suffice.evidence.statements._fields import FlawError, count, needed, text, unix_ns, yes
from suffice.evidence.statements._lines import of_buckets
from suffice.ledger.statement import Flaw, Line

TITLE = "OpenAI usage API (organization/usage/completions), JSON"
SOURCE = "https://platform.openai.com/docs/api-reference/usage/completions"
PROVIDER = "openai"
WANTED = ("start_time", "results.input_tokens")
_OBJECT = "organization.usage."


def recognises(document: Document) -> bool:
    """Tells whether a file has usage results of OpenAI's, or none at all in buckets like theirs."""
    return any(str(one.get("object")).startswith(_OBJECT) for one in document.results()) or any(
        "start_time" in bucket and not results for _, bucket, results in document.buckets()
    )


def read(document: Document) -> Iterator[Line | Flaw]:
    """Yields a line for each result."""
    return of_buckets(document, bounds, line_of)


def bounds(bucket: Mapping[str, Any]) -> tuple[int, int]:
    """Returns when a bucket begins and ends."""
    return unix_ns(bucket, "start_time"), unix_ns(bucket, "end_time")


def line_of(row: Mapping[str, Any]) -> Line:
    """Returns the line of a result: the API and the dashboard have the same names.

    Raises:
        FlawError: It cannot be read.
    """
    total = needed(row, "input_tokens")
    cached = count(row, "input_cached_tokens")
    written = count(row, "input_cache_write_tokens")
    if (cached or 0) + (written or 0) > total:
        raise FlawError(f"more was cached than sent: input_tokens {total}, input_cached_tokens {cached}")
    return Line(
        where="",
        model=text(row, "model"),
        tier="batch" if yes(row.get("batch")) else text(row, "service_tier") or None,
        requests=count(row, "num_model_requests"),
        input_tokens=total,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        cache_write_1h_tokens=0 if written is not None else None,
        output_tokens=count(row, "output_tokens") or 0,
        apart=tuple(text(row, name) for name in ("project_id", "user_id", "api_key_id", "api_source")),
    )

"""Anthropic message batches: the requests and the results, joined by their `custom_id`.

A request has custom_id and params (the body of the Messages API), one a line or all under `requests` as they were sent;
a result line has custom_id and result, whose type is succeeded, errored, canceled or expired. Both have to be imported
together; batches that use the same ids are imported one by one. Documented at
https://docs.claude.com/en/api/creating-message-batches and https://docs.claude.com/en/api/retrieving-message-batch-results.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    SkippedError,
    UnreadableError,
    both_sides,
    feature_of,
    identity,
    mapping,
    text,
)
from suffice.evidence.importers._pairs import Known, call_of
from suffice.ledger.usage import read_usage
from suffice.types import LoggedCall, Usage

TITLE = "Anthropic message batches, requests and results together"
SOURCE = "https://docs.claude.com/en/api/retrieving-message-batch-results"

join = both_sides


def recognises(record: Entry) -> bool:
    """Tells whether a record is a request or a result of a batch, or the body that created one."""
    requests = record.get("requests")
    if isinstance(requests, list):
        return any(isinstance(one, dict) and recognises(one) for one in requests[:3])
    return "custom_id" in record and ("params" in record or "result" in record)


def expand(record: Entry) -> Iterable[Entry]:
    """Yields the requests of a body, or the record itself."""
    requests = record.get("requests")
    if isinstance(requests, list):
        return [one if isinstance(one, dict) else {"item": one} for one in requests]
    return (record,)


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns one side of a call, or the call of a joined entry.

    Raises:
        UnreadableError: There is no custom_id, or the call cannot be read.
        SkippedError: The call did not succeed.
    """
    key = text(entry.get("custom_id"))
    if not key:
        raise UnreadableError("no_custom_id")
    if "params" not in entry:
        if "result" not in entry:
            raise UnreadableError("no_batch_line")
        return Part(key=key, kind="output", entry=entry)
    if "result" not in entry:
        return Part(key=key, kind="input", entry=entry)
    result = mapping(entry["result"])
    if result.get("type") != "succeeded":
        raise SkippedError("failed_call")
    body, answer = mapping(entry["params"]), mapping(result.get("message"))
    known = Known(
        id=identity(entry, answer.get("id")),
        source="anthropic-batch",
        api="messages",
        feature=feature_of(options, entry, body.get("metadata")),
        usage=_usage(answer),
    )
    return call_of(body, answer, known)


def _usage(answer: Entry) -> Usage | None:
    usage = read_usage("messages", answer.get("usage"))
    # Messages say the tier themselves; where an export has dropped it, a batch is a batch.
    if usage is not None and usage.service_tier is None:
        return msgspec.structs.replace(usage, service_tier="batch")
    return usage

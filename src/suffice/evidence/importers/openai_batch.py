"""OpenAI batch files: the input and the output, joined by their `custom_id`.

An input line has custom_id, method, url and body; an output line has custom_id, error and response (status_code,
request_id, body). Both have to be imported together, as files or as one folder; batches that use the same ids are
imported one by one. Batch prices hold. Documented at
https://platform.openai.com/docs/api-reference/batch/request-input and
https://platform.openai.com/docs/api-reference/batch/request-output.
"""

from __future__ import annotations

from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    SkippedError,
    UnreadableError,
    api_of_path,
    both_sides,
    count,
    feature_of,
    identity,
    itself,
    mapping,
    text,
)
from suffice.evidence.importers._pairs import Known, api_of, call_of
from suffice.ledger.usage import read_usage
from suffice.types import LoggedCall

TITLE = "OpenAI batch files, input and output together"
SOURCE = "https://platform.openai.com/docs/api-reference/batch/request-output"

expand, join = itself, both_sides


def recognises(record: Entry) -> bool:
    """Tells whether a record is a line of a batch's input or output."""
    return "custom_id" in record and ("body" in record or "response" in record)


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns one side of a call, or the call of a joined entry.

    Raises:
        UnreadableError: There is no custom_id, or the call cannot be read.
        SkippedError: The call failed, or is no chat.
    """
    key = text(entry.get("custom_id"))
    if not key:
        raise UnreadableError("no_custom_id")
    if "body" not in entry:
        if "response" not in entry and "error" not in entry:
            raise UnreadableError("no_batch_line")
        return Part(key=key, kind="output", entry=entry)
    if "response" not in entry:
        return Part(key=key, kind="input", entry=entry)
    response = mapping(entry["response"])
    if entry.get("error") or not response:
        raise SkippedError("failed_call")
    body, answer = mapping(entry["body"]), mapping(response.get("body"))
    api = api_of_path(entry.get("url")) or api_of(body, answer)
    known = Known(
        id=identity(entry, answer.get("id")),
        source="openai-batch",
        api=api,
        feature=feature_of(options, entry, body.get("metadata")),
        status=count(response.get("status_code")),
        usage=read_usage(api, answer.get("usage"), service_tier="batch"),
    )
    return call_of(body, answer, known)

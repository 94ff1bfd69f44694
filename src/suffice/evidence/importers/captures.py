"""suffice's own captures: files of the folder `captures` in the data directory, opened with the key of `[captures]`.

A captured call is what is imported; provider, use case, session, usage and cost are those that the proxy saw. Of each
day only what belongs to its sample is read. Documented in docs/captures.md.
"""

from __future__ import annotations

import msgspec

from suffice.evidence.captured import CAPTURED
from suffice.evidence.importers._entries import (
    Entry,
    Options,
    Part,
    UnreadableError,
    feature_of,
    itself,
    whole,
)
from suffice.types import LoggedCall

TITLE = "Captures of suffice's own proxy"
SOURCE = "docs/captures.md"

expand, join = itself, whole


def recognises(record: Entry) -> bool:
    """Tells whether a record is a captured call."""
    return CAPTURED in record


def read(entry: Entry, options: Options) -> LoggedCall | Part:
    """Returns the captured call.

    Raises:
        UnreadableError: It is none.
    """
    try:
        call = msgspec.convert(entry.get(CAPTURED), LoggedCall)
    except msgspec.ValidationError as error:
        raise UnreadableError(f"no_capture: {error}") from error
    if not options.feature_field:
        return call
    return msgspec.structs.replace(
        call, feature=feature_of(options, call.request, call.request.get("metadata"))
    )

"""OpenAI's Responses: usage comes unasked in the event that ends the stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.proxy.sse import data_of
from suffice.proxy.transcript import Envelope, Transcript, Verdict

_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_STARTS = frozenset({"response.created", "response.queued", "response.in_progress"})


class _Event(msgspec.Struct):
    type: Any = None
    response: Envelope | None = None


_decode = msgspec.json.Decoder(_Event).decode

TELLING = (b'"response":', b".done")
UNASKED = b""


def see(event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:  # noqa: ARG001 -- nothing is asked for here
    """Reads one event into the transcript; see `suffice.proxy.wire`."""
    head = event[:160]
    if b".delta" in head:
        transcript.keep(event)
        return Verdict.FORWARD, event
    if b'"response"' not in event:
        return Verdict.FORWARD, event
    try:
        read = _decode(data_of(event))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Verdict.FORWARD, event
    if read.response is not None and (read.type in _ENDS or read.type in _STARTS):
        transcript.take(read.response)
    if read.type in _ENDS:
        transcript.note_hosted(event)
    return (Verdict.LAST if read.type in _ENDS else Verdict.FORWARD), event


def ask_for_usage(body: bytes, read: Mapping[str, Any]) -> bytes | None:  # noqa: ARG001 -- the API always reports
    """Returns `None`: this API reports usage without being asked."""
    return None

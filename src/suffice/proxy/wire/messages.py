"""Anthropic's Messages: input usage comes with the first event, output usage with the last but one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from suffice.proxy.sse import data_of
from suffice.proxy.transcript import Envelope, Transcript, Verdict


class _Event(msgspec.Struct):
    type: Any = None
    message: Envelope | None = None
    usage: Any = None


_decode = msgspec.json.Decoder(_Event).decode

TELLING = (b"message_", b'_tokens"')
UNASKED = b""


def see(event: bytes, transcript: Transcript, asked: bool) -> tuple[Verdict, bytes]:  # noqa: ARG001 -- nothing is asked for here
    """Reads one event into the transcript; see `suffice.proxy.wire`."""
    head = event[:80]
    if b"content_block_delta" in head:
        transcript.keep(event)
        return Verdict.FORWARD, event
    if b"message_" not in head:
        return Verdict.FORWARD, event
    try:
        read = _decode(data_of(event))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Verdict.FORWARD, event
    if read.type == "message_start" and read.message is not None:
        transcript.take(read.message, complete=False)
    elif read.type == "message_delta":
        # Its counts are cumulative: what it repeats replaces what the start said.
        transcript.take(Envelope(usage=read.usage))
    return (Verdict.LAST if read.type == "message_stop" else Verdict.FORWARD), event


def ask_for_usage(body: bytes, read: Mapping[str, Any]) -> bytes | None:  # noqa: ARG001 -- the API always reports
    """Returns `None`: this API reports usage without being asked."""
    return None
